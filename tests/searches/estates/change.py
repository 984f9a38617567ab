"""The audit log of a cloud as raw text: twelve accounts with their usual work; on the last day one key is stolen.

The thief, from elsewhere: a new access key, the trail stopped, and every object of the buckets read.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import polars as pl

from tests.searches.part import DAY_S, HOUR_S, Days, Part

TAGS = ("change",)
SAMPLE = {"user": "ann", "command": "CreateUser", "object": "bob", "object_category": "iam", "status": "success"}
ACCOUNT = "111122223333"
WORK = (
    ("ec2.amazonaws.com", ("DescribeInstances", "RunInstances", "StopInstances", "CreateTags"), "instanceId"),
    ("s3.amazonaws.com", ("GetObject", "PutObject", "ListBuckets", "GetBucketLocation"), "bucketName"),
    ("lambda.amazonaws.com", ("ListFunctions", "GetFunction", "UpdateFunctionCode", "Invoke"), "functionName"),
    ("rds.amazonaws.com", ("DescribeDBInstances", "CreateDBSnapshot", "ModifyDBInstance"), "dBInstanceIdentifier"),
)
THIEF = "ines"


def part(days: Days) -> Part:
    """CloudTrail records, one JSON object each."""
    rng = np.random.default_rng(days.seed)
    rows = 500 * days.count
    seconds = np.sort(rng.integers(days.count, size=rows) * DAY_S + rng.triangular(7, 13, 19, rows) * HOUR_S)
    quiet = [(days.starts_s + at, _usual(rng)) for at in seconds.tolist()]
    events = sorted([*quiet, *_stolen(rng, days.last_day_s + 14 * HOUR_S)], key=lambda one: one[0])
    texts = [json.dumps({"eventTime": _told(at), **record}, separators=(",", ":")) for at, record in events]
    return Part(pl.DataFrame({"_time": [at for at, _ in events], "_raw": texts}), (("user", THIEF),), "raw")


def _usual(rng: np.random.Generator) -> dict[str, object]:
    number = int(rng.integers(12))
    service, commands, named = WORK[number % len(WORK)]
    name = THIEF if number == 1 else f"worker-{number:02d}"
    return _record(
        name,
        service,
        commands[int(rng.zipf(2.0)) % len(commands)],
        {named: f"{named.lower()}-{number}-{int(rng.integers(6))}"},
        src=f"10.1.{number}.{int(rng.integers(1, 4))}",
        agent=f"aws-sdk-go/1.44.{int(rng.integers(9))} (go1.19; linux; amd64)",
        error="AccessDenied" if rng.random() < 0.01 else None,
    )


def _stolen(rng: np.random.Generator, at_s: float) -> list[tuple[float, dict[str, object]]]:
    steps: list[tuple[str, str, dict[str, str]]] = [
        ("sts.amazonaws.com", "GetCallerIdentity", {}),
        ("iam.amazonaws.com", "CreateAccessKey", {"userName": "backup-admin"}),
        ("cloudtrail.amazonaws.com", "StopLogging", {"name": "org-trail"}),
        *[("s3.amazonaws.com", "GetObject", {"bucketName": f"vault-{number % 40}"}) for number in range(250)],
    ]
    times = at_s + np.cumsum(rng.exponential(4.0, len(steps)))
    return [
        (at, _record(THIEF, service, command, asked, src="198.51.100.77", agent="aws-cli/2.13.5 Python/3.11.4"))
        for at, (service, command, asked) in zip(times.tolist(), steps, strict=True)
    ]


def _record(
    user: str, service: str, command: str, asked: dict[str, str], *, src: str, agent: str, error: str | None = None
) -> dict[str, object]:
    identity = {"type": "IAMUser", "userName": user, "arn": f"arn:aws:iam::{ACCOUNT}:user/{user}", "accountId": ACCOUNT}
    return {
        "eventVersion": "1.08",
        "userIdentity": identity,
        "eventSource": service,
        "eventName": command,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": src,
        "userAgent": agent,
        "requestParameters": asked or None,
        "responseElements": None,
        **({"errorCode": error} if error else {}),
        "recipientAccountId": ACCOUNT,
        "eventType": "AwsApiCall",
    }


def _told(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
