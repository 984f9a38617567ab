"""What counts as strange in an event, by the parts of its explanation."""

from __future__ import annotations

import pytest

from splunk_app.searches.definitions import definitions
from tests.searches.conftest import RECIPE
from tests.splunkd.splunk import Splunk


@pytest.mark.parametrize(
    ("contributions", "behaviour", "techniques"),
    [
        ("dest:+3; src:-1", "reach", "T1021"),
        ("src:+3; dest:+1.5; action:+0.9", "place,reach", "T1078,T1021"),
        ("src:+2; src_country:+2; _time:+0.9", "place", "T1078"),
        ("dest:+0.5; context:+1", "reach", "T1021"),
        ("context:+30; dest:+3", "reach", "T1021"),
        # Lifted by its surroundings alone.
        ("context:+30; dest:+1.9", None, None),
        ("context:+30; dest:-1", None, None),
        ("dest:+1e-05; src:+9", "place", "T1078"),
        ("", "place", "T1078"),
    ],
)
def test_behaviours_follow_from_contributions(
    splunk: Splunk, contributions: str, behaviour: str | None, techniques: str | None
) -> None:
    row = splunk.search(
        f'| makeresults | eval ai_status="scored", ai_contributions="{contributions}" | `aiscore_{RECIPE}_behaviour`'
    ).to_dicts()[0]
    assert (row.get("ai_behaviour"), row.get("ai_techniques")) == (behaviour, techniques)


def test_an_unscored_row_has_no_behaviour(splunk: Splunk) -> None:
    text = f'| makeresults | eval ai_status="unscored", ai_contributions="" | `aiscore_{RECIPE}_behaviour`'
    assert splunk.search(text).to_dicts()[0].get("ai_behaviour") is None


def test_shared_news_is_that_of_another_behaviour_of_the_recipe_told_apart_by_the_same_field() -> None:
    sharing = [one for one in definitions().behaviours if one.news]
    assert sharing
    for one in sharing:
        (other,) = [each for each in definitions().of_recipe(one.recipe) if each.name == one.news]
        assert other != one and not other.news and other.same == one.same
