"""Sign-ins and audit log of Entra ID, as Microsoft Graph has them and as exported by diagnostic settings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.searches.raw_world import mapped, row

CHANGE, SIGN_IN = "aiscore_change_entra", "aiscore_authentication_entra"
TENANT = "11111111-2222-3333-4444-555555555555"
RESOURCE = f"/tenants/{TENANT}/providers/Microsoft.aadiam"


def signed_in(**changed: Any) -> dict[str, Any]:
    """A signIn of Microsoft Graph."""
    return {
        "id": "0",
        "createdDateTime": "2026-02-03T04:05:06Z",
        "userPrincipalName": "Ana@Example.org",
        "userId": "u-1",
        "appId": "app-1",
        "appDisplayName": "Portal",
        "ipAddress": "203.0.113.7",
        "resourceDisplayName": "Graph",
        "status": {"errorCode": 0, "failureReason": "Other."},
    } | changed


def audited(**changed: Any) -> dict[str, Any]:
    """A directoryAudit of Microsoft Graph."""
    return {
        "id": "0",
        "category": "RoleManagement",
        "activityDisplayName": "Add member to role",
        "activityDateTime": "2026-02-03T04:05:06Z",
        "result": "success",
        "initiatedBy": {
            "app": None,
            "user": {"id": "u-1", "userPrincipalName": "Ana@Example.org", "ipAddress": "203.0.113.7"},
        },
        "targetResources": [
            {"id": "u-2", "displayName": "Bo", "type": "User", "userPrincipalName": "Bo@Example.org"},
            {"id": "r-1", "displayName": "Admins", "type": "Role"},
        ],
    } | changed


def exported(category: str, properties: Any, **changed: Any) -> str:
    """The same out of an event hub."""
    return json.dumps(
        {
            "time": "2026-02-03T04:05:06.1234567Z",
            "resourceId": RESOURCE,
            "operationName": "Sign-in activity",
            "category": category,
            "resultType": "0",
            "identity": "Ana",
            "properties": properties,
        }
        | changed
    )


def test_every_field_of_a_sign_in() -> None:
    wanted = {
        "user": "ana@example.org",
        "src": "203.0.113.7",
        "dest": "Graph",
        "app": "Portal",
        "action": "success",
        "ai_form": "entra",
    }
    assert row(json.dumps(signed_in()), SIGN_IN) == wanted
    for category in ("SignInLogs", "NonInteractiveUserSignInLogs"):
        assert row(exported(category, signed_in()), SIGN_IN) == wanted
    assert "authentication" in str(row(json.dumps(signed_in()), CHANGE)["ai_left_out"])
    assert "authentication" in str(row(exported("SignInLogs", signed_in()), CHANGE)["ai_left_out"])


def test_refused_sign_ins() -> None:
    wrong = signed_in(status={"errorCode": 50126})
    assert row(json.dumps(wrong), SIGN_IN)["action"] == "failure"
    assert row(exported("SignInLogs", wrong, resultType="50126"), SIGN_IN)["action"] == "failure"
    assert row(exported("SignInLogs", signed_in(status=None), resultType="50126"), SIGN_IN)["action"] == "failure"


def test_who_signed_in() -> None:
    service = signed_in(userPrincipalName="", servicePrincipalName="Backup", servicePrincipalId="s-1", ipAddress="")
    found = row(exported("ServicePrincipalSignInLogs", service, callerIpAddress="203.0.113.9"), SIGN_IN)
    assert (found["user"], found["src"]) == ("backup", "203.0.113.9")
    assert row(json.dumps(signed_in(userPrincipalName=None)), SIGN_IN)["user"] == "u-1"
    assert row(exported("SignInLogs", {}), SIGN_IN) == {
        "user": "unknown",
        "dest": TENANT,
        "action": "success",
        "ai_form": "entra",
    }


def test_every_field_of_a_change() -> None:
    wanted = {
        "user": "ana@example.org",
        "command": "Add member to role",
        "object_category": "RoleManagement",
        "object": "bo@example.org",
        "action": "acl_modified",
        "status": "success",
        "src": "203.0.113.7",
        "ai_form": "entra",
    }
    assert row(json.dumps(audited()), CHANGE) == wanted
    assert row(exported("AuditLogs", audited(), operationName="Add member to role"), CHANGE) == wanted | {
        "dest": TENANT
    }
    assert "change" in str(row(json.dumps(audited()), SIGN_IN)["ai_left_out"])


def test_changes_with_less() -> None:
    program = audited(initiatedBy={"app": {"displayName": "Sync"}, "user": None}, result="failure", targetResources=[])
    found = row(json.dumps(program), CHANGE)
    assert (found["user"], found["status"], "object" in found, "src" in found) == ("sync", "failure", False, False)
    found = row(exported("AuditLogs", {}, operationName="Delete user", resultType="Failure"), CHANGE)
    assert (found["user"], found["command"], found["action"], found["status"]) == (
        "unknown",
        "Delete user",
        "deleted",
        "failure",
    )
    named = audited(targetResources=[{"id": "g-1", "displayName": "Sales"}])
    assert row(json.dumps(named), CHANGE)["object"] == "sales"


def test_other_logs_of_the_directory_say_so() -> None:
    text = exported("RiskyUsers", {"riskState": "atRisk"}, operationName="Risky user/x")
    for recipe in ("change", "authentication"):
        (found,) = mapped([text], f"aiscore_{recipe}_forms").to_dicts()
        assert (found["ai_form"], found["ai_left_out"]) == (
            "entra",
            "of the category riskyusers: not what an account did",
        )


def test_the_activity_log_of_azure_is_not_the_directory() -> None:
    text = exported("Administrative", {}, resourceId="/subscriptions/s/x", operationName="A.B/c/write")
    (found,) = mapped([text], "aiscore_change_forms").to_dicts()
    assert (found["ai_form"], found["command"]) == ("azure", "a.b/c/write")
    assert row(text, CHANGE) == {}


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"category": "x"}', '{"createdDateTime": "x", "appDisplayName": "y"}', "<Event/>"]
)
def test_what_is_none_of_these_is_left_as_it_was(text: str) -> None:
    assert row(text, CHANGE) == row(text, SIGN_IN) == {}
