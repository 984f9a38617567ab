"""Azure Activity events, of the REST API and as exported by diagnostic settings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.searches.raw_world import row

CHANGE = "aiscore_change_azure"
RESOURCE = "/subscriptions/sub-1/resourceGroups/RG/providers/Microsoft.Network/networkSecurityGroups/web-nsg"
NAME = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"


def of_the_api(**changed: Any) -> dict[str, object]:
    """An event of the category Administrative, as the schema of the activity log has it."""
    return row(
        json.dumps(
            {
                "caller": "Ana@Example.org",
                "category": {"value": "Administrative", "localizedValue": "Administrative"},
                "claims": {"ipaddr": "203.0.113.9", f"{NAME}/upn": "claimed@example.org", "appid": "app-1"},
                "httpRequest": {"clientIpAddress": "203.0.113.7", "method": "PUT"},
                "operationName": {"value": "Microsoft.Network/networkSecurityGroups/write", "localizedValue": "Write"},
                "resourceId": RESOURCE,
                "status": {"value": "Succeeded", "localizedValue": "Succeeded"},
                "subscriptionId": "sub-1",
            }
            | changed
        ),
        CHANGE,
    )


def exported(**changed: Any) -> dict[str, object]:
    """The same as it comes from an event hub."""
    return row(
        json.dumps(
            {
                "time": "2026-02-03T04:05:06Z",
                "resourceId": RESOURCE.upper(),
                "operationName": "MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/WRITE",
                "category": "Administrative",
                "resultType": "Success",
                "callerIpAddress": "203.0.113.7",
                "identity": {"claims": {f"{NAME}/upn": "Ana@Example.org", "appid": "app-1"}},
                "location": "westeurope",
            }
            | changed
        ),
        CHANGE,
    )


def test_both_ways_say_the_same() -> None:
    wanted = {
        "user": "ana@example.org",
        "command": "microsoft.network/networksecuritygroups/write",
        "object_category": "microsoft.network/networksecuritygroups",
        "object": RESOURCE.lower(),
        "action": "modified",
        "status": "success",
        "src": "203.0.113.7",
        "dest": "sub-1",
        "ai_form": "azure",
    }
    assert of_the_api() == wanted
    assert exported() == wanted | {"vendor_region": "westeurope"}


def test_who_it_was() -> None:
    assert of_the_api(caller=None)["user"] == "claimed@example.org"
    assert of_the_api(caller="", claims={"appid": "app-1"})["user"] == "app-1"
    assert of_the_api(caller=None, claims=None)["user"] == "unknown"
    assert exported(identity={"claims": {"appid": "app-1"}})["user"] == "app-1"
    for odd in (None, [], "ana", {"claims": []}):
        assert exported(identity=odd)["user"] == "unknown"


def test_where_from() -> None:
    assert of_the_api(httpRequest=None)["src"] == "203.0.113.9"
    assert of_the_api(httpRequest={"clientIpAddress": "[2001:db8::7]:443"})["src"] == "2001:db8::7"
    assert "src" not in of_the_api(httpRequest=None, claims=None)


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("Microsoft.Compute/virtualMachines/delete", "deleted"),
        ("Microsoft.Compute/virtualMachines/start/action", "started"),
        ("Microsoft.Compute/virtualMachines/deallocate/action", "stopped"),
        ("Microsoft.Storage/storageAccounts/listKeys/action", "read"),
        ("Microsoft.Resources/subscriptions/read", "read"),
        ("Microsoft.Authorization/roleAssignments/write", "acl_modified"),
        ("Microsoft.Authorization/roleAssignments/delete", "deleted"),
        ("Microsoft.Compute/disks/write", "modified"),
    ],
)
def test_what_an_operation_does(name: str, action: str) -> None:
    assert exported(operationName=name)["action"] == of_the_api(operationName={"value": name})["action"] == action


def test_outcomes() -> None:
    assert [exported(resultType=one)["status"] for one in ("Failure", "Success", "Start", None)] == [
        "failure",
        "success",
        "success",
        "success",
    ]
    assert of_the_api(status={"value": "Failed"})["status"] == "failure"


def test_what_no_account_did_is_left_out() -> None:
    assert "servicehealth" in str(of_the_api(category={"value": "ServiceHealth"})["ai_left_out"])
    assert "resourcehealth" in str(exported(category="ResourceHealth")["ai_left_out"])
    assert "security" in str(exported(category="Security")["ai_left_out"])
    # A resource's own log, out of the same event hub.
    assert "auditevent" in str(exported(category="AuditEvent", operationName="SecretGet")["ai_left_out"])
    for category in ("Policy", "Action", "Write", "Delete", None):
        assert "ai_left_out" not in exported(category=category)


def test_the_directory_is_another_form() -> None:
    assert exported(resourceId="/tenants/t/providers/Microsoft.aadiam", operationName="Update a/b") == {}


def test_a_row_of_azure_monitor() -> None:
    found = {
        "OperationNameValue": "MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/WRITE",
        "CategoryValue": "Administrative",
        "ActivityStatusValue": "Failure",
        "Caller": "Ana@Example.org",
        "CallerIpAddress": "203.0.113.7",
        "_ResourceId": RESOURCE,
        "SubscriptionId": "sub-1",
    }
    assert row(json.dumps(found), CHANGE) == of_the_api() | {"status": "failure"}
    by_claims = found | {"Caller": "", "Claims": json.dumps({f"{NAME}/upn": "bo@example.org"})}
    assert row(json.dumps(by_claims), CHANGE)["user"] == "bo@example.org"


@pytest.mark.parametrize(
    "text", ["", "{}", '{"operationName": "a/b"}', '{"operationName": "x", "resourceId": "y"}', "[]"]
)
def test_what_is_no_activity_is_left_as_it_was(text: str) -> None:
    assert row(text, CHANGE) == {}
