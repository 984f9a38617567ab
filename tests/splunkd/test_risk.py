"""The risk action: who gets a risk event, with which fields, and which entries are refused."""

import json
from typing import Any

import pytest

from tests.splunkd import risk
from tests.splunkd.knowledge import Row
from tests.splunkd.savedsearches import SavedSearch
from tests.splunkd.spl.errors import SplError

USER = {"risk_object_field": "user", "risk_object_type": "user", "risk_score": 40}
HOST = {"risk_object_field": "dest", "risk_object_type": "system", "risk_score": 20, "risk_message": "to $dest$"}
THREAT = {"threat_object_field": "src", "threat_object_type": "ip_address"}
NOTES = {"mitre_attack": ["T1078"], "nist": ["DE.AE"], "type": "Anomaly"}


def rule(*entries: dict[str, Any], notes: dict[str, Any] | None = None) -> SavedSearch:
    params = {"param._risk": json.dumps(entries), "param._risk_message": "by $user$"}
    correlation = {"annotations": json.dumps(notes)} if notes else {}
    return SavedSearch("A - Rule", "s", "why", actions={"risk": params}, correlation=correlation)


def risks(search: SavedSearch, *rows: Row) -> list[tuple[int, Any, Any, Any, Any]]:
    names = ("risk_object", "risk_object_type", "risk_score", "risk_message")
    return [(event.row, *(event.fields[name] for name in names)) for event in risk.events(search, rows)]  # type: ignore[misc]


def test_one_event_for_each_row_and_entry() -> None:
    found = risks(rule(USER, HOST), {"user": "ann", "dest": "h1"}, {"user": "bob", "dest": "h2"})
    assert found == [
        (0, "ann", "user", "40", "by ann"),
        (0, "h1", "system", "20", "to h1"),
        (1, "bob", "user", "40", "by bob"),
        (1, "h2", "system", "20", "to h2"),
    ]


def test_a_row_without_the_field_makes_none_and_several_values_one_each() -> None:
    assert risks(rule(USER), {"dest": "h"}, {"user": ""}, {"user": ["ann", "bob"]}) == [
        (2, "ann", "user", "40", "by ann, bob"),
        (2, "bob", "user", "40", "by ann, bob"),
    ]


def test_a_risk_object_of_the_row_takes_the_place_of_all() -> None:
    row: Row = {"user": "ann", "dest": "h1", "risk_object": "eve", "risk_object_type": "other"}
    assert [event[1:3] for event in risks(rule(USER, HOST), row)] == [("eve", "other"), ("eve", "other")]


def test_threats_annotations_and_the_fields_of_the_row_go_along() -> None:
    search = rule(USER, THREAT, notes=NOTES)
    row: Row = {"user": "ann", "src": ["1.1.1.1", "2.2.2.2"], "ai_score": "0.9", "annotations.mitre_attack": "T1110"}
    (event,) = risk.events(search, [row])
    assert event.fields["threat_object"] == ["1.1.1.1", "2.2.2.2"]
    assert event.fields["threat_object_type"] == ["ip_address", "ip_address"]
    assert event.fields["annotations.mitre_attack"] == ["T1110", "T1078"]
    assert event.fields["annotations._frameworks"] == ["mitre_attack", "nist"]
    assert event.fields["annotations._all"] == ["T1078", "DE.AE"]
    assert json.loads(str(event.fields["annotations"])) == NOTES
    assert (event.fields["ai_score"], event.fields["savedsearch_description"]) == ("0.9", "why")


def test_what_leads_back_to_the_events_is_quoted() -> None:
    (event,) = risk.events(rule(USER), [{"user": 'a" | delete'}])
    assert event.fields["contributing_events_search"] == '| savedsearch "A - Rule" | search user="a\\" | delete"'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        "[]",
        json.dumps([THREAT]),
        json.dumps([USER | {"risk_score": "40"}]),
        json.dumps([USER | {"risk_score": 40.5}]),
        json.dumps([USER | {"risk_score": True}]),
        json.dumps([USER | {"risk_score": 101}]),
        json.dumps([USER | {"risk_object_field": ""}]),
        json.dumps([USER | {"risk_objekt": "x"}]),
        json.dumps([USER, THREAT | {"extra": "x"}]),
    ],
)
def test_entries_that_are_refused(text: str) -> None:
    with pytest.raises(SplError, match="_risk"):
        risk.parse(text)
