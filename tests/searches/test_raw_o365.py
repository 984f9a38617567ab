"""Microsoft 365 unified audit records: as JSON, as a line of the CSV export, and cut short."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.searches.raw_world import row

CHANGE, SIGN_IN = "aiscore_change_o365", "aiscore_authentication_o365"
TENANT = "11111111-2222-3333-4444-555555555555"


def record(**changed: Any) -> dict[str, Any]:
    """A record with the fields of the common schema of the Management Activity API."""
    found = {
        "CreationTime": "2026-02-03T04:05:06",
        "Id": "0",
        "Operation": "New-InboxRule",
        "OrganizationId": TENANT,
        "RecordType": 1,
        "ResultStatus": "True",
        "UserType": 2,
        "Workload": "Exchange",
        "UserId": "Ana@Example.org",
        "ObjectId": "EU/ana\\rule 1",
        "ClientIP": "203.0.113.7:50012",
    } | changed
    return {name: value for name, value in found.items() if value is not ...}


def made(macro: str = CHANGE, **changed: Any) -> dict[str, object]:
    """The fields of a record as JSON."""
    return row(json.dumps(record(**changed)), macro)


def exported(**changed: Any) -> str:
    """A record as Export-Csv writes the result of Search-UnifiedAuditLog."""
    inside = json.dumps(record(**changed), separators=(",", ":")).replace('"', '""')
    return f'"outlook.office365.com","ExchangeAdmin","2/3/2026 4:05:06 AM","ana","{inside}","1","1","True"'


def test_every_field_of_an_operation() -> None:
    wanted = {
        "user": "ana@example.org",
        "command": "New-InboxRule",
        "object_category": "Exchange",
        "object": "EU/ana\\rule 1",
        "action": "created",
        "status": "success",
        "src": "203.0.113.7",
        "dest": TENANT,
        "user_agent": "Outlook/0",
        "ai_form": "o365",
    }
    assert made(UserAgent="Outlook/16.0.1") == wanted
    assert row(exported(UserAgent="Outlook/16.0.1"), CHANGE) == wanted


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:443", "203.0.113.7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("::1", "::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:443", "203.0.113.7"),
        ("client.example.org:443", "client.example.org"),
        ("[client.example.org]:443", "client.example.org"),
        ("", None),
        (None, None),
        (..., None),
    ],
)
def test_addresses(written: Any, read: str | None) -> None:
    assert made(ClientIP=written).get("src") == read
    assert made(SIGN_IN, Operation="UserLoggedIn", ClientIP=written).get("src") == read


def test_an_address_stands_in_one_of_three_places() -> None:
    assert made(ClientIP="", ClientIPAddress="203.0.113.8")["src"] == "203.0.113.8"
    assert made(ClientIP=..., ActorIpAddress="203.0.113.9")["src"] == "203.0.113.9"
    assert made(ClientIPAddress="203.0.113.8", ActorIpAddress="203.0.113.9")["src"] == "203.0.113.7"


def test_the_client_stands_in_one_of_three_places() -> None:
    extended = [{"Name": "Other", "Value": "x"}, {"Name": "UserAgent", "Value": "Edge/1.2"}]
    assert made(ExtendedProperties=extended)["user_agent"] == "Edge/0"
    assert made(ExtendedProperties=[{"Name": "UserAgent"}, {"Name": "A", "Value": "b"}]).get("user_agent") is None
    assert made(ClientInfoString="Client=OWA")["user_agent"] == "Client=OWA"
    for odd in (None, [], {}, "UserAgent", [None], [["UserAgent"]]):
        assert "user_agent" not in made(ExtendedProperties=odd)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("True", "success"), ("Succeeded", "success"), ("PartiallySucceeded", "success"), (..., "success")]
    + [("False", "failure"), ("Failed", "failure"), ("Failure", "failure")],
)
def test_outcomes(status: Any, outcome: str) -> None:
    assert made(ResultStatus=status)["status"] == outcome


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("MailItemsAccessed", "read"),
        ("FileDownloaded", "read"),
        ("Get-Mailbox", "read"),
        ("Add-MailboxPermission", "acl_modified"),
        ("Consent to application.", "acl_modified"),
        ("Add user.", "created"),
        ("FileUploaded", "created"),
        ("HardDelete", "deleted"),
        ("Remove-InboxRule", "deleted"),
        ("Set-Mailbox", "modified"),
        ("Disable-TransportRule", "stopped"),
    ],
)
def test_what_an_operation_does(operation: str, action: str) -> None:
    assert made(Operation=operation)["action"] == action


def test_fields_that_are_missing() -> None:
    found = made(UserId=..., ObjectId=None, ClientIP=..., ResultStatus=..., OrganizationId=...)
    assert found == {
        "user": "unknown",
        "command": "New-InboxRule",
        "object_category": "Exchange",
        "action": "created",
        "status": "success",
        "ai_form": "o365",
    }
    assert made(ObjectId=None, MailboxOwnerUPN="bo@example.org")["object"] == "bo@example.org"


def test_sign_ins_are_those_of_authentication() -> None:
    signed_in = {"Operation": "UserLoggedIn", "Workload": "AzureActiveDirectory", "ApplicationId": "app-1"}
    assert made(SIGN_IN, **signed_in) == {
        "user": "ana@example.org",
        "src": "203.0.113.7",
        "dest": "EU/ana\\rule 1",
        "app": "app-1",
        "action": "success",
        "ai_form": "o365",
    }
    # A refused sign-in may bear the status of the request, which went well.
    refused = made(SIGN_IN, **signed_in | {"Operation": "UserLoginFailed", "ResultStatus": "Success"})
    assert refused["action"] == "failure"
    assert "authentication" in str(made(**signed_in)["ai_left_out"])
    assert "change" in str(made(SIGN_IN)["ai_left_out"])
    assert made(Operation="AlertTriggered")["ai_left_out"] == made(SIGN_IN, Operation="AlertTriggered")["ai_left_out"]


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [(15, "a sign-in"), (9, "a sign-in"), ("AzureActiveDirectoryStsLogon", "a sign-in")]
    + [(28, "an alert"), (40, "an alert"), (47, "an alert"), ("AirInvestigation", "an alert"), (1, None), (8, None)],
)
def test_the_record_type_tells_what_it_is(kind: Any, wanted: str | None) -> None:
    reason = made(Operation="Whatever", RecordType=kind).get("ai_left_out")
    assert reason is None if wanted is None else str(reason).startswith(wanted)
    whole = exported(Operation="Whatever", RecordType=kind, Target="y" * 400)
    assert row(whole[: whole.index("yyy")], CHANGE).get("ai_left_out") == (reason if isinstance(kind, int) else None)


def test_a_record_without_workload_has_its_type() -> None:
    found = made(Workload=...)
    assert (found["object_category"], found["command"], found["ai_form"]) == ("record type 1", "New-InboxRule", "o365")
    assert made(Workload=..., RecordType=...) == {}


@pytest.mark.parametrize("more", [20, 120])
def test_a_record_cut_short_has_its_first_fields(more: int) -> None:
    whole = exported(Target=[{"ID": "}"}, {"ID": "y" * 400}])
    found = row(whole[: whole.index('""Target') + more], CHANGE)
    assert (found["user"], found["command"], found["src"]) == ("ana@example.org", "New-InboxRule", "203.0.113.7")


@pytest.mark.parametrize(
    "text", ["", "{}", '{"Operation": "x"}', '{"CreationTime": "x', '"a","b","{""c"":1}"', "<Event/>"]
)
def test_what_is_no_record_is_left_as_it_was(text: str) -> None:
    assert row(text, CHANGE) == row(text, SIGN_IN) == {}
