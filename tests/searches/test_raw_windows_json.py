"""Windows events as JSON of three writers: the same fields as from XML."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.searches.raw_world import row

SECURITY = "Microsoft-Windows-Security-Auditing"
CHANGE, SIGN_IN = "aiscore_change_windows", "aiscore_authentication_windows"
PROCESS = "aiscore_processes_windows"
HOST = "host1.example.org"


def nxlog(number: int, provider: str, failed: bool, data: dict[str, Any]) -> dict[str, Any]:
    """NXLog: everything beside one another. AccountName is the log's own account, not the event's."""
    audit = "AUDIT_FAILURE" if failed else "AUDIT_SUCCESS"
    head = {"EventTime": "2026-02-03 04:05:06", "Hostname": HOST.upper(), "Keywords": -9214364837600034816}
    head |= {"EventType": audit, "EventID": number, "SourceName": provider, "AccountName": "SYSTEM"}
    return head | data | {"Message": 'Subject:\r\n\tAccount Name:\t\tno "one"', "SourceModuleName": "eventlog"}


def winlogbeat(number: int, provider: str, failed: bool, data: dict[str, Any]) -> dict[str, Any]:
    """Winlogbeat: the data below winlog.event_data, numbers as text."""
    found = {"channel": "Security", "computer_name": HOST, "event_data": data, "event_id": str(number)}
    found |= {"keywords": ["Audit Failure" if failed else "Audit Success"], "provider_name": provider}
    return {"@timestamp": "2026-02-03T04:05:06Z", "host": {"hostname": "other"}, "winlog": found}


def dumped(number: int, provider: str, failed: bool, data: dict[str, Any]) -> dict[str, Any]:
    """evtx_dump: the XML as it is."""
    keywords = "0x8010000000000000" if failed else "0x8020000000000000"
    name = {"#attributes": {"Name": provider, "Guid": "x"}}
    event = {"#attributes": {"Qualifiers": 16384}, "#text": number} if number > 7000 else number
    system = {"Provider": name, "EventID": event, "Keywords": keywords, "Computer": HOST}
    return {"Event": {"System": system, "EventData": data}}


WRITERS = (nxlog, winlogbeat, dumped)


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("indent", [None, 2])
def test_all_writers_say_the_same(writer: Any, indent: int | None) -> None:
    def of(macro: str, number: int, provider: str = SECURITY, failed: bool = False, **data: Any) -> dict[str, object]:
        found = row(json.dumps(writer(number, provider, failed, data), indent=indent), macro)
        assert found["ai_form"] == "windows"
        return found

    for kind in (3, "3"):
        found = of(
            SIGN_IN, 4624, TargetUserName="Ana", IpAddress="::ffff:203.0.113.7", LogonType=kind, WorkstationName="-"
        )
        wanted = {"user": "ana", "src": "203.0.113.7", "dest": HOST, "app": "network", "action": "success"}
        assert found == wanted | {"ai_form": "windows"}
    assert of(SIGN_IN, 4768, failed=True, TargetUserName="ana")["action"] == "failure"
    made = of(CHANGE, 4720, TargetUserName='a"b\\c', SubjectUserName="Bo", SamAccountName="")
    assert (made["user"], made["object"], made["status"]) == ("bo", 'a"b\\c', "success")
    assert of(CHANGE, 4720, failed=True, SubjectUserName="bo")["status"] == "failure"
    assert of(CHANGE, 7045, "Service Control Manager", ServiceName="svc")["object"] == "svc"
    sysmon = {
        "Image": "C:\\Win\\Net.exe",
        "CommandLine": 'net "a: b"',
        "User": "CORP\\ana",
        "ParentImage": "C:\\cmd.exe",
    }
    found = of(PROCESS, 1, "Microsoft-Windows-Sysmon", **sysmon)
    assert (found["user"], found["process"], found["process_name"], found["parent_process_name"]) == (
        "ana",
        'net "a: b"',
        "net.exe",
        "cmd.exe",
    )
    assert str(of(CHANGE, 5140)["ai_left_out"]).endswith("belongs to no recipe")


def test_behind_the_header_of_syslog() -> None:
    text = "<14>Feb  3 04:05:06 host1 nxWinEvt: " + json.dumps(nxlog(4720, SECURITY, False, {"SubjectUserName": "bo"}))
    assert row(text, CHANGE)["user"] == "bo"


@pytest.mark.parametrize(
    "text", ['{"EventID": 4624}', '{"event_id": "7", "Hostname": "a"}', '{"EventID": "x", "SourceName": "y"}']
)
def test_what_is_no_event_is_left_as_it_was(text: str) -> None:
    assert row(text, CHANGE) == row(text, SIGN_IN) == row(text, PROCESS) == {}
