"""The notable action: titles, entities and drilldowns."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.splunkd import notables
from tests.splunkd.knowledge import Row
from tests.splunkd.notables import Drilldown, Notable
from tests.splunkd.savedsearches import SavedSearch
from tests.splunkd.spl.errors import SplError

PARAMS = {
    "rule_title": "risk $score$ on $entity$",
    "rule_description": "$reasons$ $absent$",
    "security_domain": "threat",
    "severity": "$severity$",
    "_entities": '[{"risk_object_field": "entity", "risk_object_type": "user", "risk_score": 0}]',
    "drilldown_searches": json.dumps(
        [
            {
                "name": "events of $entity$",
                "search": "index=a user=$entity|s$",
                "earliest_offset": "$info_min_time$",
                "latest_offset": "$info_max_time$",
            }
        ]
    ),
    "next_steps": '{"version": 1, "data": "1) look"}',
}
INFO = {"info_min_time": "100.000", "info_max_time": "200.000"}
ROW: Row = {"entity": "ann", "score": "120", "reasons": "odd", "severity": "high"}


def made(row: Row = ROW, **changed: str) -> list[Notable]:
    params = {f"param.{name}": value for name, value in (PARAMS | changed).items()}
    return notables.make(SavedSearch("A - Rule", "s", actions={"notable": params}), row, 200.0, INFO)


def test_a_notable() -> None:
    (found,) = made()
    assert (found.title, found.description, found.severity) == ("risk 120 on ann", "odd $absent$", "high")
    assert (found.entity, found.entity_type, found.next_steps) == ("ann", "user", "1) look")
    assert found.drilldowns == (Drilldown("events of ann", 'index=a user="ann"', "100.000", "200.000"),)
    assert found.fields["rule_title"] == "risk 120 on ann"


def test_one_for_each_entity_and_one_where_none_is_named() -> None:
    assert [found.entity for found in made({**ROW, "entity": ["ann", "bob"]})] == ["ann", "bob"]
    assert made({"severity": "low"}) == []
    open_entity = '[{"risk_object_field": "N/A", "risk_object_type": "N/A", "risk_score": 0}]'
    assert [found.entity for found in made(_entities=open_entity)] == [""]
    assert [found.entity for found in made(_entities="")] == [""]


@pytest.mark.parametrize(
    "changed",
    [
        {"severity": "dire"},
        {"security_domain": "office"},
        {"_entities": "[]"},
        {"_entities": "{"},
        {"drilldown_searches": "{}"},
        {"drilldown_searches": '[{"name": "x"}]'},
        {"next_steps": "look"},
    ],
)
def test_what_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(SplError, match="notable|drilldown"):
        made(ROW, **changed)


@given(st.text(min_size=1))
def test_a_value_never_changes_a_drilldown(value: str) -> None:
    row: dict[str, Any] = {**ROW, "entity": value}
    (found,) = made(row)
    inside = found.drilldowns[0].search.removeprefix('index=a user="').removesuffix('"')
    assert '"' not in inside.replace("\\\\", "").replace('\\"', "")
