"""Each recipe's own searches, from plain events to risk on those whom the recipe's story is about, and to a notable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from sidecar.demo.service import Service, serving
from tests.searches.conftest import raised, settled
from tests.searches.estate import estate
from tests.searches.part import DAY_S
from tests.splunkd import site
from tests.splunkd.splunk import Splunk

HALF_HOUR_S = 1800.0
STORIES = {"change": (29, 30), "email": (20, 21), "processes": (21,), "web": (29, 30, 31)}
"""Recipe -> the half hours after midnight at which the day of its story is scored."""


@pytest.fixture(scope="module")
def sidecar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A sidecar without a model."""
    folder = tmp_path_factory.mktemp("recipes")
    with serving(folder / "home", folder / "sidecar.log") as running:
        yield running


@pytest.mark.parametrize("recipe", STORIES)
def test_a_story_reaches_risk_and_a_notable(tmp_path: Path, sidecar: Service, recipe: str) -> None:
    around = estate(60, recipes=(recipe,))
    attacked = set(around.parts[recipe].attacked)
    with settled(tmp_path / "splunk", sidecar, around) as splunk:
        splunk.add_events(recipe, around.events(recipe))
        site.read_from(splunk, recipe, recipe, around.parts[recipe].input)
        site.first_fit(splunk, recipe, 10)
        for half in STORIES[recipe]:
            splunk.stand_still(around.last_day_s + half * HALF_HOUR_S + 300)
            ran(splunk, f"AIScore - Score {recipe}")
        for name in [*site.risk_rules(recipe), site.STACKING]:
            ran(splunk, name)
        risen = raised(splunk)
        points = risen.group_by("risk_object_type", "risk_object").agg(pl.col("risk_score").cast(pl.Float64).sum())
        most = points.sort("risk_score", descending=True).head(len(attacked)).to_dicts()
        assert {(row["risk_object_type"], row["risk_object"]) for row in most} == attacked
        assert {(one.row["entity_type"], one.row["entity"]) for one in splunk.desk.notables} == attacked
        for name in (f"AIScore - {kind} {recipe}" for kind in ("Score late", "Backfill", "Keep", "Learn", "Fit")):
            splunk.stand_still(around.last_day_s + 1.2 * DAY_S)
            ran(splunk, name)


def ran(splunk: Splunk, name: str) -> None:
    """One run, which must not fail."""
    report = splunk.run_once(name)
    assert not report.error, f"{name}: {report.error}"
