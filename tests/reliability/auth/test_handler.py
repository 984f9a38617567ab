"""The ticket service inside splunkd gives nobody more than their capabilities, and shows no secret."""

import json
import urllib.request
from pathlib import Path

from tests.reliability.auth import handler
from tests.splunkd.app import InstalledApp
from tests.splunkd.rest import Splunkd, User


def test_odd_requests_get_neither_tickets_nor_secrets() -> None:
    given, wrong = handler.tried(seed=1, count=2_000)
    assert wrong == [] and given > 100


def scopes(splunkd: Splunkd, user: User) -> list[str]:
    request = urllib.request.Request(f"{splunkd.uri}/services/aiscore/ticket")
    request.add_header("Authorization", f"Splunk {user.session_key}")
    with urllib.request.urlopen(request, timeout=10) as reply:
        found: list[str] = json.load(reply)["scopes"]
    return found


def test_a_capability_taken_away_is_not_in_the_next_ticket(tmp_path: Path) -> None:
    with Splunkd(InstalledApp(tmp_path)) as splunkd:
        splunkd.keep_secret(handler.SECRET)
        user = splunkd.log_in("bo", "aiscore_engineer")
        assert scopes(splunkd, user) == ["score", "fit"]
        user.roles = ("aiscore_analyst",)
        assert scopes(splunkd, user) == ["score"]
        asked = [path for _, path in splunkd.calls if path == "authentication/current-context"]
        assert len(asked) == 2
