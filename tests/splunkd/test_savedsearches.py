"""Stanzas of savedsearches.conf: what they become, and that nothing unknown passes."""

import pytest

from tests.splunkd import savedsearches
from tests.splunkd.spl.errors import NotSupported, SplError

RULE = {
    "search": "index=a",
    "enableSched": "1",
    "cron_schedule": "10,40 * * * *",
    "realtime_schedule": "0",
    "dispatch.earliest_time": "-48h@h",
    "counttype": "number of events",
    "relation": "greater than",
    "quantity": "0",
    "alert.suppress": "1",
    "alert.suppress.fields": "user, dest",
    "alert.suppress.period": "86400s",
    "action.risk": "1",
    "action.risk.param._risk": "[]",
    "action.notable": "0",
    "action.notable.param.rule_title": "t",
    "action.correlationsearch.enabled": "1",
    "schedule_window": "auto",
    "display.general.type": "statistics",
}


def test_a_stanza_becomes_a_search() -> None:
    found = savedsearches.parse("r", RULE, {})
    assert found.continuous and found.digest and not found.disabled and not found.track
    assert found.schedule and found.schedule.minutes == {10, 40}
    assert found.condition == savedsearches.Condition("number of events", "greater than", 0)
    assert found.suppression == savedsearches.Suppression(86400, ("user", "dest"))
    assert found.actions == {"risk": {"param._risk": "[]"}}
    assert found.correlation == {"enabled": "1"}


@pytest.mark.parametrize(
    "key",
    ["serach", "alert.supress", "action.risk.param.risk", "action.notable.param.title", "dispatch.earliest",
     "action.correlationsearch.lable", "action.own.param.y", "action.summary_index._nam"],
)  # fmt: skip
def test_a_key_that_is_unknown_is_named(key: str) -> None:
    with pytest.raises(NotSupported, match=key):
        savedsearches.parse("r", RULE | {key: "1"}, {"own": {"param.x": ""}})


@pytest.mark.parametrize("action", ["email", "script", "own"])
def test_an_action_that_is_unknown_is_named(action: str) -> None:
    with pytest.raises(NotSupported, match=f"action.{action}"):
        savedsearches.parse("r", RULE | {f"action.{action}": "1"}, {})


@pytest.mark.parametrize(
    "change",
    [
        {"search": " "},
        {"cron_schedule": ""},
        {"cron_schedule": "* * *"},
        {"alert.digest_mode": "maybe"},
        {"alert.suppress.period": "soon"},
        {"alert.severity": "9"},
        {"counttype": "number of things"},
        {"quantity": ""},
        {"counttype": "custom"},
        {"alert.digest_mode": "0", "alert.suppress.fields": ""},
    ],
)
def test_a_value_that_is_wrong_names_its_stanza(change: dict[str, str]) -> None:
    with pytest.raises(SplError, match=r"\[r\]"):
        savedsearches.parse("r", RULE | change, {})


@pytest.mark.parametrize(
    ("text", "seconds"), [("60", 60), ("86400s", 86400), ("5m", 300), ("24h", 86400), ("1d", 86400)]
)
def test_lengths_of_time(text: str, seconds: float) -> None:
    assert savedsearches.duration_s(text) == seconds
