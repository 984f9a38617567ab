"""Where the bands begin: from the budget and the number of events a day, unless an analyst has said otherwise."""

from __future__ import annotations

from math import log10

import polars as pl
import pytest

from tests.searches.conftest import RECIPE
from tests.splunkd import site
from tests.splunkd.splunk import Splunk

HALF_HOUR_S = 1800.0


def recorded(splunk: Splunk, runs: int, rows: int) -> None:
    """Records of so many runs before now, each of so many fresh rows."""
    at_s = [splunk.now_s - HALF_HOUR_S * (number + 1) for number in range(runs)]
    _records(splunk, at_s, ai_record="run", rows=str(rows))


def fitted(splunk: Splunk, rows_per_day: int) -> None:
    """The record of a first fit."""
    _records(splunk, [splunk.now_s - 10], ai_record="fit", rows_per_day=str(rows_per_day))


def _records(splunk: Splunk, at_s: list[float], **fields: str) -> None:
    same = {"source": "AIScore - Scores", "sourcetype": "stash", "ai_recipe": RECIPE, "model": RECIPE, **fields}
    splunk.add_events("summary", pl.DataFrame([{"_time": at, **same} for at in at_s]))


def thresholds(splunk: Splunk) -> dict[str, str]:
    """What the daily search has set."""
    report = splunk.run_once(site.THRESHOLDS)
    assert not report.error, report.error
    (row,) = splunk.search("| inputlookup aiscore_thresholds").to_dicts()
    return row


def test_bands_follow_the_budget(splunk: Splunk) -> None:
    fitted(splunk, 36_000)
    found = thresholds(splunk)
    for band, budget in (("low", 200), ("medium", 10), ("high", 2)):
        assert float(found[band]) == pytest.approx(log10(36_000 / budget) / 6, abs=1e-4)
    assert found["set_by"] == "budget" and float(found["rows_per_day"]) == 36_000


def test_no_band_begins_below_one_event_in_fifty(splunk: Splunk) -> None:
    fitted(splunk, 700)
    found = thresholds(splunk)
    assert float(found["low"]) == pytest.approx(log10(50) / 6, abs=1e-4)
    assert float(found["low"]) < float(found["medium"]) < float(found["high"])


def test_a_quiet_sunday_does_not_lower_the_bands_of_the_week(splunk: Splunk) -> None:
    fitted(splunk, 36_000)
    recorded(splunk, 48, 100)
    assert float(thresholds(splunk)["rows_per_day"]) == 36_000


def test_after_a_week_the_runs_say_how_many_events_there_are(splunk: Splunk) -> None:
    fitted(splunk, 36_000)
    recorded(splunk, 336, 1_000)
    recorded(splunk, 336, 1_000)
    assert float(thresholds(splunk)["rows_per_day"]) == 48_000


def test_what_an_analyst_has_set_stays_and_a_budget_of_their_own_is_used(splunk: Splunk) -> None:
    fitted(splunk, 36_000)
    row = f'| makeresults | eval _key="{RECIPE}", model="{RECIPE}"'
    write = "| fields - _time | outputlookup append=true key_field=_key aiscore_thresholds"
    splunk.search(f'{row}, low=0.9, set_by="analyst" {write}')
    assert float(thresholds(splunk)["low"]) == 0.9
    splunk.search(f'{row}, low_per_day=360, set_by="budget" {write}')
    assert float(thresholds(splunk)["low"]) == pytest.approx(log10(100) / 6, abs=1e-4)
