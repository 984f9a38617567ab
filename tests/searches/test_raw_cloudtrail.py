"""CloudTrail records as they come: the kinds of identities, odd shapes, and what is left out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.searches.raw_world import row

CHANGE, SIGN_IN = "aiscore_change_cloudtrail", "aiscore_authentication_cloudtrail"
ACCOUNT = "444455556666"


def record(**changed: Any) -> str:
    """A record as the User Guide of CloudTrail describes them."""
    return json.dumps(
        {
            "eventVersion": "1.09",
            "userIdentity": {"type": "IAMUser", "userName": "ana", "arn": f"arn:aws:iam::{ACCOUNT}:user/dev/ana"},
            "eventTime": "2026-02-03T04:05:06Z",
            "eventSource": "s3.amazonaws.com",
            "eventName": "DeleteBucket",
            "awsRegion": "eu-west-1",
            "sourceIPAddress": "203.0.113.7",
            "userAgent": "[aws-cli/2.15.0 Python/3.11.6]",
            "requestParameters": {"bucketName": "reports", "Host": "s3"},
            "responseElements": None,
            "recipientAccountId": ACCOUNT,
        }
        | changed
    )


def identity(**found: Any) -> object:
    """The user of a record with this userIdentity."""
    return row(record(userIdentity=found), CHANGE)["user"]


def test_every_field_of_an_operation() -> None:
    assert row(record(), CHANGE) == {
        "user": "ana",
        "command": "DeleteBucket",
        "object_category": "s3",
        "object": "reports",
        "action": "deleted",
        "status": "success",
        "src": "203.0.113.7",
        "dest": ACCOUNT,
        "user_agent": "aws-cli/0 Python/0",
        "vendor_region": "eu-west-1",
        "ai_form": "cloudtrail",
    }


def test_whose_identity_it_is() -> None:
    assumed = f"arn:aws:sts::{ACCOUNT}:assumed-role/Deploy"
    issuer = {"sessionIssuer": {"type": "Role", "userName": "Deploy"}}
    assert identity(type="AssumedRole", arn=f"{assumed}/i-0abc", sessionContext=issuer) == "Deploy"
    assert identity(type="AssumedRole", arn=f"{assumed}/i-0abc") == "Deploy"
    # A person's session of a role bears the person's address.
    assert identity(type="AssumedRole", arn=f"{assumed}/bo@example.org", sessionContext=issuer) == "bo@example.org"
    assert identity(type="Root", accountId=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:root") == "root"
    assert identity(type="Root", userName="my-account", accountId=ACCOUNT) == "root"
    assert identity(type="IAMUser", arn=f"arn:aws:iam::{ACCOUNT}:user/dev/ana") == "ana"
    assert identity(type="FederatedUser", arn=f"arn:aws:sts::{ACCOUNT}:federated-user/kim") == "kim"
    assert identity(type="WebIdentityUser", userName="pool-user", principalId="x:y") == "pool-user"
    assert identity(type="AWSService", invokedBy="config.amazonaws.com") == "config.amazonaws.com"
    assert identity(type="AWSAccount", principalId="AIDAX", accountId="9") == "AIDAX"
    assert identity(accountId="9") == "9"
    assert identity(type="IAMUser", userName="HIDDEN_DUE_TO_SECURITY_REASONS", accountId="9") == "9"
    # Whose keys a federated session was made with: its name is free to choose.
    federated = {"sessionIssuer": {"type": "IAMUser", "userName": "broker"}}
    assert identity(type="FederatedUser", arn="arn:aws:sts::9:federated-user/x", sessionContext=federated) == "broker"
    # Of another account only an id is known, and the session behind it is another each time.
    assert (
        identity(type="AWSAccount", principalId="AROAIEXAMPLEIDEXAMPLE:i-0abc", accountId="9")
        == "AROAIEXAMPLEIDEXAMPLE"
    )
    assert identity(type="AWSAccount", principalId="AROAIEXAMPLEIDEXAMPLE:bo@example.org") == "bo@example.org"


def test_persons_of_iam_identity_center() -> None:
    role = "AWSReservedSSO_AdministratorAccess_0123456789abcdef"
    issuer = {"sessionIssuer": {"type": "Role", "userName": role}}
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/kim"
    assert identity(type="AssumedRole", arn=arn, sessionContext=issuer) == "kim"
    store = {"userId": "94d00cd8", "identityStoreArn": f"arn:aws:identitystore::{ACCOUNT}:identitystore/d-1"}
    assert identity(type="IdentityCenterUser", arn="", accountId=ACCOUNT, onBehalfOf=store) == "94d00cd8"
    assert identity(type="IdentityCenterUser", accountId=ACCOUNT) == ACCOUNT


@pytest.mark.parametrize("odd", [None, [], {}, "ana", {"userName": None}, {"userName": ""}, {"userName": ["a", "b"]}])
def test_an_identity_that_says_nothing_is_unknown(odd: Any) -> None:
    assert row(record(userIdentity=odd), CHANGE)["user"] == "unknown"


def test_what_it_was_done_to() -> None:
    assert row(record(requestParameters={"name": "org-trail"}), CHANGE)["object"] == "org-trail"
    assert row(record(requestParameters={"userName": 'a"b'}), CHANGE)["object"].startswith("a")  # type: ignore[attr-defined]
    both = {"requestParameters": None, "resources": [{"ARN": "arn:aws:kms:k1"}, {"ARN": "arn:aws:kms:k2"}]}
    assert row(record(**both), CHANGE)["object"] == "arn:aws:kms:k1"
    deep = {"instancesSet": {"items": [{"instanceId": "i-7"}]}}
    assert row(record(requestParameters=deep), CHANGE)["object"] == "i-7"
    for nothing in ({"requestParameters": None}, {"requestParameters": {}}, {"requestParameters": [], "resources": {}}):
        assert "object" not in row(record(**nothing), CHANGE)


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("GetObject", "read"),
        ("BatchGetItem", "read"),
        ("DescribeInstances", "read"),
        ("CreateAccessKey", "created"),
        ("TerminateInstances", "deleted"),
        ("ScheduleKeyDeletion", "deleted"),
        ("StopLogging", "stopped"),
        ("RunInstances", "started"),
        ("PutBucketPolicy", "acl_modified"),
        ("AttachRolePolicy", "acl_modified"),
        ("DeleteBucketPolicy", "deleted"),
        ("AuthorizeSecurityGroupIngress", "acl_modified"),
        ("UpdateFunctionCode", "modified"),
        ("AssumeRole", "modified"),
    ],
)
def test_what_an_operation_does(name: str, action: str) -> None:
    assert row(record(eventName=name), CHANGE)["action"] == action


def test_a_refused_operation() -> None:
    assert row(record(errorCode="AccessDenied"), CHANGE)["status"] == "failure"
    assert row(record(errorCode=None), CHANGE)["status"] == "success"
    assert row(record(errorCode="200"), CHANGE)["status"] == "success"
    assert row(record(errorCode="412"), CHANGE)["status"] == "failure"


def test_a_service_calls_from_its_name() -> None:
    found = row(
        record(sourceIPAddress="cloudformation.amazonaws.com", userAgent="cloudformation.amazonaws.com"), CHANGE
    )
    assert found["src"] == found["user_agent"] == "cloudformation.amazonaws.com"
    assert "src" not in row(record(sourceIPAddress=None), CHANGE)


def test_sign_ins_are_those_of_authentication() -> None:
    console = record(
        eventSource="signin.amazonaws.com", eventName="ConsoleLogin", responseElements={"ConsoleLogin": "Failure"}
    )
    assert row(console, SIGN_IN) == {
        "user": "ana",
        "src": "203.0.113.7",
        "dest": ACCOUNT,
        "app": "ConsoleLogin",
        "action": "failure",
        "ai_form": "cloudtrail",
    }
    assert row(console.replace("Failure", "Success"), SIGN_IN)["action"] == "success"
    switched = record(eventSource="signin.amazonaws.com", responseElements={"SwitchRole": "Failure"})
    assert row(switched, SIGN_IN)["action"] == "failure"
    verified = record(eventSource="signin.amazonaws.com", serviceEventDetails={"CredentialVerification": "Failure"})
    assert row(verified, SIGN_IN)["action"] == "failure"
    assert "authentication" in str(row(console, CHANGE)["ai_left_out"])
    assert "change" in str(row(record(), SIGN_IN)["ai_left_out"])


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"eventType": "AwsCloudTrailInsight", "insightDetails": {"eventName": "X"}}, "an Insight of CloudTrail"),
        (
            {"awsAccountId": ACCOUNT, "digestStartTime": "2026-02-03T04:05:06Z", "logFiles": []},
            "a digest of CloudTrail",
        ),
    ],
)
def test_what_no_account_did_says_so(changed: dict[str, Any], named: str) -> None:
    for macro in (CHANGE, SIGN_IN):
        found = row(json.dumps({"eventVersion": "1.09", "recipientAccountId": ACCOUNT} | changed), macro)
        assert found["ai_form"] == "cloudtrail" and str(found["ai_left_out"]).startswith(named)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"eventName": "X"}', '{"Records": []}', "<Event/>", '{"eventN']
)
def test_what_is_no_record_is_left_as_it_was(text: str) -> None:
    assert row(text, CHANGE) == row(text, SIGN_IN) == {}


@pytest.mark.parametrize(
    ("who", "user"),
    [
        ({"type": "IAMUser", "accountId": "9", "userName": "ana"}, "ana"),
        ({"type": "Root", "accountId": "9", "arn": "arn:aws:iam::9:root"}, "root"),
        ({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, "ec2.amazonaws.com"),
        (
            {
                "type": "AssumedRole",
                "arn": "arn:aws:sts::9:assumed-role/Deploy/i-0abc",
                "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "Deploy"}},
            },
            "Deploy",
        ),
    ],
)
def test_a_record_cut_short_has_its_first_fields(who: dict[str, Any], user: str) -> None:
    asked = {"userName": "other", "policyDocument": "x" * 9000}
    whole = record(userIdentity=who, requestParameters=asked, errorCode=None)
    found = row(whole[: whole.index("xxx") + 100], CHANGE)
    assert (found["user"], found["command"], found["object_category"]) == (user, "DeleteBucket", "s3")
    assert (found["src"], found["object"], found["status"]) == ("203.0.113.7", "other", "success")
    assert "ai_left_out" not in found


def test_a_record_cut_short_without_who_says_so() -> None:
    text = (
        '{"awsRegion": "x", "eventName": "A", "eventSource": "s3.amazonaws.com", "eventTime": "t", "eventVersion": "1"'
    )
    for macro in (CHANGE, SIGN_IN):
        found = row(text, macro)
        assert (found["ai_form"], found["ai_left_out"]) == (
            "cloudtrail",
            "a record that was cut short before it says who did it",
        )


def test_a_long_record_is_read_to_its_end() -> None:
    # Without paths spath would stop at 5,000 letters.
    assert row(record(requestParameters={"policyDocument": "x" * 9000, "bucketName": "b"}), CHANGE)["object"] == "b"
