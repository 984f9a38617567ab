"""From an address to a speed: the place of a sign-in and of the one before it, as the shipped macros find them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.features.recipe import load_recipe
from models.features.values import read_values
from tests.splunkd.splunk import Splunk

RECIPE = "authentication"
BEGIN_S = 1_700_000_000.0
COUNTRIES = {"1.": "DE", "2.": "US", "3.": "RO"}
DAY_S = 86_400.0


@pytest.fixture
def splunk(tmp_path: Path) -> Iterator[Splunk]:
    """A Splunk in which an address that begins with 1 is in Berlin, 2 in Washington, 3 in Bucharest."""

    def country(address: str) -> str | None:
        return COUNTRIES.get(address[:2])

    with Splunk(tmp_path / "home", now_s=BEGIN_S + DAY_S / 2, country=country) as running:
        running.create_indexes(RECIPE)
        running.define("aiscore_authentication_source", f"index={RECIPE}")
        yield running


def speeds(splunk: Splunk, *events: tuple[float, str, str], by: str = "index") -> list[float]:
    """The speed of each sign-in of one user. events: minutes, the source and the action."""
    minutes, sources, actions = zip(*events, strict=True)
    splunk.add_events(
        RECIPE,
        pl.DataFrame(
            {
                "_time": [BEGIN_S + 60 * minute for minute in minutes],
                "user": "ann",
                "src": sources,
                "dest": "mail",
                "app": "mail",
                "action": actions,
                "tag": "authentication",
            }
        ),
    )
    found = splunk.search(f"| `aiscore_{RECIPE}_{by}` | `aiscore_{RECIPE}_rows`", "-1d")
    return read_values(found, load_recipe(RECIPE).spec).numbers["speed"].tolist()


@pytest.mark.parametrize("by", ["index", "cim"])
def test_a_sign_in_far_from_the_last_one_has_a_speed(splunk: Splunk, by: str) -> None:
    found = speeds(splunk, (0, "1.0.0.1", "success"), (10, "1.0.0.2", "success"), (40, "2.0.0.1", "success"), by=by)
    assert np.isnan(found[0]) and found[1] == 0.0 and found[2] == pytest.approx(6_714 / 0.5, rel=0.01)


def test_what_stands_between_does_not_hide_the_place_before(splunk: Splunk) -> None:
    found = speeds(
        splunk,
        (0, "1.0.0.1", "success"),
        (5, "10.0.0.1", "success"),
        (6, "ws-1", "success"),
        (30, "3.1.1.1", "success"),
    )
    assert np.isnan(found[1]) and np.isnan(found[2]), "an inner address has no place"
    assert found[3] == pytest.approx(1_295 / 0.5, rel=0.01)


def test_a_refused_sign_in_is_no_place_that_somebody_came_from(splunk: Splunk) -> None:
    found = speeds(splunk, (0, "1.0.0.1", "success"), (5, "2.0.0.1", "failure"), (10, "1.0.0.1", "success"))
    assert found[1] > 10_000 and found[2] == 0.0


def test_a_place_older_than_an_hour_says_nothing(splunk: Splunk) -> None:
    assert np.isnan(speeds(splunk, (0, "1.0.0.1", "success"), (61, "2.0.0.1", "success"))).all()


def test_an_exit_that_many_share_has_no_place(splunk: Splunk) -> None:
    listed = pl.DataFrame({"src": ["2.0.0.0/16", "192.0.2.0/24"], "egress": ["VPN", "cloud"]})
    splunk.define("aiscore_egress", "`aiscore_egress_lookup`")
    splunk.world.write_lookup("aiscore_egress", listed, append=True, key_field=None)
    found = speeds(
        splunk,
        (0, "1.0.0.1", "success"),
        (5, "2.0.9.9", "success"),
        (10, "1.0.0.1", "success"),
        (15, "2.1.0.1", "success"),
    )
    assert np.isnan(found[1]) and found[2] == 0.0 and found[3] > 10_000


def test_places_of_the_events_come_before_those_of_addresses(splunk: Splunk) -> None:
    located = pl.DataFrame(
        {
            "_time": [BEGIN_S + 60],
            "user": "bob",
            "src": "1.0.0.1",
            "src_lat": "10",
            "src_lon": "20",
            "action": "success",
        }
    )
    splunk.add_events(RECIPE, located)
    found = splunk.search(f"| `aiscore_{RECIPE}_index` | `aiscore_{RECIPE}_rows`", "-1d")
    assert (float(found["src_lat"][0]), float(found["src_lon"][0]), found["src_country"][0]) == (10.0, 20.0, "DE")
