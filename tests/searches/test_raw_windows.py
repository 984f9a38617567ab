"""Windows events in XML, as Splunk's add-on free input and as other tools write them."""

from __future__ import annotations

import csv
from xml.sax.saxutils import escape

import pytest

from tests.searches.raw_world import APP, row

SECURITY = "Microsoft-Windows-Security-Auditing"
CHANGE, SIGN_IN = "aiscore_change_windows", "aiscore_authentication_windows"
PROCESS = "aiscore_processes_windows"


def event(
    number: int, provider: str = SECURITY, *, quote: str = "'", failed: bool = False, sid: str = "", **data: str
) -> str:
    """An event as the Windows Event Log renders it, on one line as Splunk keeps it."""
    keywords = "0x8010000000000000" if failed else "0x8020000000000000"
    fields = "".join(f"<Data Name={quote}{name}{quote}>{escape(value)}</Data>" for name, value in data.items())
    security = f"<Security UserID={quote}{sid}{quote}/>" if sid else "<Security/>"
    return (
        f"<Event xmlns={quote}http://schemas.microsoft.com/win/2004/08/events/event{quote}><System>"
        f"<Provider Name={quote}{provider}{quote} Guid={quote}{{0}}{quote}/><EventID>{number}</EventID>"
        f"<Keywords>{keywords}</Keywords><Channel>Security</Channel><Computer>HOST1.example.org</Computer>"
        f"{security}</System><EventData>{fields}</EventData></Event>"
    )


def sign_in(number: int, provider: str = SECURITY, **data: str) -> tuple[object, ...]:
    """user, src, dest, app and action of an event."""
    found = row(event(number, provider, **data), SIGN_IN)
    assert found.pop("ai_form") == "windows" and "ai_left_out" not in found
    return tuple(found.get(name) for name in ("user", "src", "dest", "app", "action"))


HOST = "host1.example.org"
TARGET = {"TargetUserName": "Ana", "TargetDomainName": "CORP", "IpAddress": "203.0.113.7"}


@pytest.mark.parametrize(
    ("kind", "app"),
    [("2", "interactive"), ("3", "network"), ("5", "service"), ("8", "network in cleartext"), ("10", "remote desktop")]
    + [("13", "13")],
)
def test_sign_ins(kind: str, app: str) -> None:
    assert sign_in(4624, **TARGET, LogonType=kind) == ("ana", "203.0.113.7", HOST, app, "success")
    assert sign_in(4625, **TARGET, LogonType=kind) == ("ana", "203.0.113.7", HOST, app, "failure")


def test_where_a_sign_in_comes_from() -> None:
    named = {"TargetUserName": "ana", "IpAddress": "-", "WorkstationName": "WS7", "LogonType": "3"}
    assert sign_in(4624, **named)[1] == "ws7"
    assert sign_in(4624, TargetUserName="ana", IpAddress="::1", LogonType="2")[1] == HOST
    assert sign_in(4624, TargetUserName="ana", IpAddress="127.0.0.1", LogonType="2")[1] == HOST
    assert sign_in(4624, TargetUserName="ana", IpAddress="-", WorkstationName="-", LogonType="2")[1] is None


def test_kerberos_ntlm_and_remote_desktop() -> None:
    asked = {"TargetUserName": "ana@CORP.EXAMPLE", "IpAddress": "::ffff:203.0.113.7", "ServiceName": "FILES$"}
    assert sign_in(4768, **asked, Status="0x0") == ("ana", "203.0.113.7", HOST, "Kerberos ticket", "success")
    assert sign_in(4768, **asked, Status="0x6")[4] == "failure"
    assert sign_in(4769, **asked, Status="0x0") == ("ana", "203.0.113.7", "files$", "Kerberos service", "success")
    assert sign_in(4771, **asked, Status="0x18")[3:] == ("Kerberos ticket", "failure")
    checked = {"TargetUserName": "CORP\\ana", "Workstation": "WS7"}
    assert sign_in(4776, **checked, Status="0x0") == ("ana", "ws7", HOST, "NTLM", "success")
    assert sign_in(4776, **checked, Status="0xc000006a")[4] == "failure"
    refused = {"AccountName": "ana", "ClientAddress": "203.0.113.7"}
    assert sign_in(4825, **refused) == ("ana", "203.0.113.7", HOST, "remote desktop", "failure")
    other = {"SubjectUserName": "bo", "TargetUserName": "ana", "TargetServerName": "FILES", "IpAddress": "-"}
    assert sign_in(4648, **other) == ("ana", None, "files", "other credentials", "success")
    manager = "Microsoft-Windows-TerminalServices-RemoteConnectionManager"
    text = event(1149, manager).replace(
        "<EventData></EventData>",
        "<UserData><EventXML xmlns='Event_NS'><Param1>ana</Param1><Param2>CORP</Param2><Param3>203.0.113.7</Param3>"
        "</EventXML></UserData>",
    )
    found = row(text, SIGN_IN)
    assert (found["user"], found["src"], found["app"]) == ("ana", "203.0.113.7", "remote desktop")


def test_a_failed_audit_is_a_failure() -> None:
    assert row(event(4768, failed=True, TargetUserName="ana"), SIGN_IN)["action"] == "failure"
    assert row(event(4720, failed=True, TargetUserName="ana"), CHANGE)["status"] == "failure"


def test_every_field_of_a_change() -> None:
    made = event(4728, SubjectUserName="Admin1", TargetUserName="Domain Admins", MemberName="CN=ana")
    assert row(made, CHANGE) == {
        "user": "admin1",
        "command": "member added to global group",
        "object_category": "group",
        "object": "domain admins",
        "action": "modified",
        "status": "success",
        "dest": HOST,
        "ai_form": "windows",
    }


@pytest.mark.parametrize(
    ("number", "provider", "data", "wanted"),
    [
        (4720, SECURITY, {"TargetUserName": "new", "SubjectUserName": "bo"}, ("bo", "new", "created", "user")),
        (
            4781,
            SECURITY,
            {"OldTargetUserName": "old", "TargetUserName": "", "SubjectUserName": "bo"},
            ("bo", "old", "modified", "user"),
        ),
        (4697, SECURITY, {"ServiceName": "svc", "SubjectUserName": "bo"}, ("bo", "svc", "created", "service")),
        (7045, "Service Control Manager", {"ServiceName": "svc"}, ("s-1-5-9", "svc", "created", "service")),
        (4698, SECURITY, {"TaskName": "\\t", "SubjectUserName": "bo"}, ("bo", "\\t", "created", "scheduled task")),
        (5136, SECURITY, {"ObjectDN": "CN=x", "SubjectUserName": "bo"}, ("bo", "cn=x", "modified", "directory")),
        (
            4719,
            SECURITY,
            {"SubcategoryGuid": "{a}", "SubjectUserName": "HOST1$"},
            ("host1$", "{a}", "modified", "audit policy"),
        ),
        (
            13,
            "Microsoft-Windows-Sysmon",
            {"TargetObject": "HKLM\\x", "RuleName": "r"},
            ("host1$", "hklm\\x", "modified", "registry"),
        ),
        (
            13,
            "Microsoft-Windows-Sysmon",
            {"TargetObject": "HKLM\\x", "User": "CORP\\bo"},
            ("bo", "hklm\\x", "modified", "registry"),
        ),
        (
            2004,
            "Microsoft-Windows-Windows Firewall With Advanced Security",
            {"RuleName": "r", "ModifyingUser": "S-1-5-8"},
            ("s-1-5-8", "r", "modified", "firewall"),
        ),
    ],
)
def test_changes_of_many_kinds(number: int, provider: str, data: dict[str, str], wanted: tuple[str, ...]) -> None:
    found = row(event(number, provider, sid="S-1-5-9", **data), CHANGE)
    assert tuple(found[name] for name in ("user", "object", "action", "object_category")) == wanted


@pytest.mark.parametrize(("number", "channel"), [(1102, "Security"), (104, "System")])
def test_a_cleared_log(number: int, channel: str) -> None:
    text = event(number, "Microsoft-Windows-Eventlog").replace(
        "<EventData></EventData>",
        "<UserData><LogFileCleared xmlns='http://manifests.microsoft.com/win/2004/08/windows/eventlog'>"
        f"<SubjectUserName>bo</SubjectUserName><Channel>{channel}</Channel></LogFileCleared></UserData>",
    )
    found = row(text, CHANGE)
    assert (found["user"], found["action"], found["object_category"]) == ("bo", "cleared", "log")


def test_a_started_process() -> None:
    security = {"SubjectUserName": "ana", "TargetUserName": "-", "NewProcessName": "C:\\Win\\Net.exe"}
    more = {"ParentProcessName": "C:\\Win\\cmd.exe", "CommandLine": 'net "a & b" <c>'}
    wanted = {
        "user": "ana",
        "dest": HOST,
        "process_path": "C:\\Win\\Net.exe",
        "process_name": "net.exe",
        "process": 'net "a & b" <c>',
        "parent_process_name": "cmd.exe",
        "ai_form": "windows",
    }
    assert row(event(4688, **security, **more), PROCESS) == wanted
    sysmon = {"User": "CORP\\ana", "Image": "C:\\Win\\Net.exe", "ParentImage": "C:\\Win\\cmd.exe"}
    sysmon |= {"CommandLine": 'net "a & b" <c>', "OriginalFileName": "NET.EXE"}
    found = row(event(1, "Microsoft-Windows-Sysmon", **sysmon), PROCESS)
    assert found == wanted | {"original_file_name": "net.exe"}
    # Without command lines in the policy the path is all there is; another account's start is that account's.
    alone = row(event(4688, SubjectUserName="HOST1$", TargetUserName="bo", NewProcessName="C:\\a.exe"), PROCESS)
    assert (alone["process"], alone["user"]) == ("C:\\a.exe", "bo") and "parent_process_name" not in alone
    assert "processes" in str(row(event(4688), CHANGE)["ai_left_out"])


def test_other_writers_of_the_same_xml() -> None:
    made = {"SubjectUserName": "bo", "TargetUserName": "R&D <1>"}
    once = row(event(4720, **made), CHANGE)
    assert once["object"] == "r&d <1>"
    assert row(event(4720, quote='"', **made), CHANGE) == once
    assert row(event(4720, **made).replace("><", ">\n  <"), CHANGE) == once


def test_values_as_others_write_them() -> None:
    """A status with all its zeros, a workstation as a path, an element without text, one without a name."""
    asked = {"TargetUserName": "ana", "IpAddress": "203.0.113.7"}
    assert sign_in(4768, **asked, Status="0x00000000")[4] == sign_in(4768, **asked, Status="0")[4] == "success"
    assert sign_in(4776, TargetUserName="ana", Workstation="\\\\WS7", Status="0x0")[1] == "ws7"
    empty = event(4720, SubjectUserName="bo", TargetUserName="-").replace(">-</Data>", "/>")
    assert row(empty, CHANGE)["user"] == "bo" and "object" not in row(empty, CHANGE)
    nameless = event(4720, SubjectUserName="bo").replace("</EventData>", "<Data>other</Data></EventData>")
    assert row(nameless, CHANGE)["user"] == "bo"


def test_an_event_without_computer_is_not_lost() -> None:
    found = row(
        event(4720, SubjectUserName="bo").replace("<Computer>HOST1.example.org</Computer>", "<Computer/>"), CHANGE
    )
    assert (found["user"], found["ai_form"], "dest" in found) == ("bo", "windows", False)


def test_fields_that_are_missing_or_empty() -> None:
    assert row(event(4720), CHANGE)["user"] == "host1$"
    assert "object" not in row(event(4720, SubjectUserName="bo", TargetUserName="-"), CHANGE)
    assert row(event(4624), SIGN_IN)["user"] == "unknown"


def test_events_of_other_recipes_and_of_none_say_so() -> None:
    assert (
        row(event(4624), CHANGE)["ai_left_out"] == "event 4624 (account signed in): the recipe authentication reads it"
    )
    assert row(event(5140), CHANGE)["ai_left_out"] == "event 5140 (share accessed): belongs to no recipe"
    assert row(event(9, "Some-Provider"), SIGN_IN)["ai_left_out"] == "event 9 of Some-Provider: belongs to no recipe"
    no_provider = event(9).replace(f"<Provider Name='{SECURITY}' Guid='{{0}}'/>", "")
    assert row(no_provider, CHANGE)["ai_left_out"] == "event 9 of no provider: belongs to no recipe"


@pytest.mark.parametrize(
    "text", ["", "{}", "<Event/>", "<EventID>4624</EventID>", "An account was logged on. EventCode=4624"]
)
def test_what_is_no_event_is_left_as_it_was(text: str) -> None:
    assert row(text, CHANGE) == row(text, SIGN_IN) == row(text, PROCESS) == {}


def test_the_lookup_says_of_each_event_one_thing() -> None:
    with (APP / "lookups" / "aiscore_windows_events.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({(one["provider"], one["event"]) for one in rows}) == len(rows) > 150
    for one in rows:
        assert (
            one["event"].isdecimal() and one["what"] and one["recipe"] in ("", "authentication", "processes", "change")
        )
        assert (one["recipe"] == "change") == bool(one["action"]) == bool(one["object_category"])
