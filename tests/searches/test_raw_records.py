"""Records that come several in one event, or wrapped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.searches import test_raw_azure, test_raw_cloudtrail, test_raw_o365, test_raw_windows
from tests.searches.raw_world import mapped

FORMS = "aiscore_change_forms"
ENTERED_S = 1_900_000_000.0
"""When the event was indexed as having happened."""
RECORD_S = 1_770_091_506.0
"""2026-02-03T04:05:06Z, what the records say."""


def trail(name: str) -> dict[str, Any]:
    return dict(json.loads(test_raw_cloudtrail.record(eventName=name)))


def audit(name: str) -> dict[str, Any]:
    return test_raw_o365.record(Operation=name)


def activity(name: str) -> dict[str, Any]:
    at = {"time": "2026-02-03T04:05:06.1234567Z", "category": "Administrative", "operationName": name}
    return at | {"resourceId": test_raw_azure.RESOURCE}


def commands(text: str, times: tuple[float, ...] = (RECORD_S, RECORD_S)) -> list[str]:
    """The operations of an event; its rows have these times."""
    found = mapped([text], FORMS, [ENTERED_S])
    assert found["_time"].to_list() == list(times) and found["ai_left_out"].null_count() == found.height
    return list(found["command"])


@pytest.mark.parametrize("indent", [None, 2])
def test_lists(indent: int | None) -> None:
    two = [trail("CreateUser"), trail("DeleteUser")]
    for text in (
        {"Records": two},
        two,
        {"messageType": "DATA_MESSAGE", "logEvents": [{"message": json.dumps(one)} for one in two]},
    ):
        assert commands(json.dumps(text, indent=indent)) == ["CreateUser", "DeleteUser"]
    two = [activity("a.b/c/write"), activity("a.b/c/delete")]
    for text in ({"records": two}, {"body": {"records": two}, "x-opt-offset": "7"}, {"value": two, "nextLink": "x"}):
        assert commands(json.dumps(text, indent=indent)) == ["a.b/c/write", "a.b/c/delete"]
    two = [audit("Set-Mailbox"), audit("New-InboxRule")]
    rows = [{"RecordType": 1, "Operations": "x", "AuditData": json.dumps(one)} for one in two]
    graph = {"value": [{"id": "1", "operation": "x", "auditData": one} for one in two]}
    for text in (two, rows, graph):
        assert commands(json.dumps(text, indent=indent)) == ["Set-Mailbox", "New-InboxRule"]


@pytest.mark.parametrize("between", ["\n", "\r\n", "\n\n  "])
@pytest.mark.parametrize("indent", [None, 2])
def test_one_after_the_other(between: str, indent: int | None) -> None:
    two = [json.dumps(trail(name), indent=indent) for name in ("CreateUser", "DeleteUser")]
    assert commands(between.join(two)) == ["CreateUser", "DeleteUser"]
    assert commands(two[0], (ENTERED_S,)) == ["CreateUser"]


def test_events_in_xml() -> None:
    made = "<TimeCreated SystemTime='2026-02-03T04:05:06.123Z'/><Keywords>"
    events = [test_raw_windows.event(number).replace("<Keywords>", made) for number in (4720, 4726)]
    wanted = ["user account created", "user account deleted"]
    assert commands("\n".join(events)) == commands(f"<Events>{''.join(events)}</Events>") == wanted
    assert commands(events[0], (ENTERED_S,)) == wanted[:1]


def test_what_wraps_one_record() -> None:
    """An EventBridge event, a row of an audit search, a message of an event hub: their time is the event's."""
    bridged = {"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": trail("CreateUser")}
    assert commands(json.dumps(bridged), (ENTERED_S,)) == ["CreateUser"]
    row = {"Identity": "1", "Operations": "x", "AuditData": json.dumps(audit("Set-Mailbox"))}
    assert commands(json.dumps(row), (ENTERED_S,)) == ["Set-Mailbox"]
    assert commands(json.dumps({"body": activity("a.b/c/write")}), (ENTERED_S,)) == ["a.b/c/write"]


def test_fields_of_these_names_do_not_wrap() -> None:
    made = trail("CreateUser") | {"requestParameters": {"body": {"a": 1}, "Records": [{"a": 1}], "userName": "bo"}}
    assert commands(json.dumps(made), (ENTERED_S,)) == ["CreateUser"]
    made = trail("CreateUser") | {"body": "text", "value": ["text"]}
    assert commands(json.dumps(made), (ENTERED_S,)) == ["CreateUser"]
    script = test_raw_windows.event(4720, TargetUserName="if (a) {\n}\n{\n}")
    assert commands(script, (ENTERED_S,)) == ["user account created"]


@pytest.mark.parametrize(
    "text",
    ['{"Records": [{"eventName": "a"', '{"Records": []}', '{"records":[]}\n', "[]", '[{"Operation": ']
    + ['[{"CreationTime": "2026-02-03T04:05:06", "RecordType": 1, "Operation": "a", "Workload": "b", "UserId": "c'],
)
def test_a_list_without_records_says_so(text: str) -> None:
    (found,) = mapped([text], FORMS).to_dicts()
    assert (found["ai_form"], found["ai_left_out"]) == ("list", "a list of records that is empty or cut short")


@pytest.mark.parametrize("text", ["", "{}", "text", '{"value": [1, 2]}', '["a"]', "[2026-02-03] text"])
def test_other_events_stay_one(text: str) -> None:
    (found,) = mapped([text], FORMS, [ENTERED_S]).to_dicts()
    assert (found["_raw"], found["_time"], found["ai_form"], found["ai_left_out"]) == (text, ENTERED_S, None, None)
