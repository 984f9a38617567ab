"""Searches that begin alike: they give what each would have given alone, also when one writes what the next reads."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest

from tests.splunkd import small_app
from tests.splunkd.splunk import Splunk

DAY = 1_767_225_600.0
BEGIN = 'search index=main OR index=summary | eval n=coalesce(n, "0") | sort 0 n'
SEARCHES = f"""
[Count]
search = {BEGIN} | stats count
dispatch.earliest_time = -24h
dispatch.latest_time = now

[Count a]
search = {BEGIN} | search user=a | stats count
dispatch.earliest_time = -24h
dispatch.latest_time = now

[Count an hour]
search = {BEGIN} | stats count
dispatch.earliest_time = -1h
dispatch.latest_time = now

[Write]
search = {BEGIN} | head 1 | collect index=summary
dispatch.earliest_time = -24h
dispatch.latest_time = now

[Looked up]
search = {BEGIN} | lookup names user OUTPUT full | stats count BY full
dispatch.earliest_time = -24h
dispatch.latest_time = now

[By subsearch]
search = {BEGIN} | search [ search index=main user=a | dedup user | fields user ] | stats count
dispatch.earliest_time = -24h
dispatch.latest_time = now
"""


@pytest.fixture
def splunk(tmp_path: Path) -> Iterator[Splunk]:
    app = small_app.folder(
        tmp_path / "origin",
        savedsearches=SEARCHES,
        transforms="[names]\nfilename = names.csv\n",
        lookups__names="user,full\na,Ann\n",
    )
    with Splunk(tmp_path / "home", app, now_s=DAY) as found:
        times = [DAY - 7200, DAY - 600, DAY - 60]
        found.add_events("main", pl.DataFrame({"_time": times, "user": ["a", "b", "a"], "n": ["3", "1", "2"]}))
        yield found


def _count(splunk: Splunk, name: str) -> tuple[str, int]:
    report = splunk.run_once(name)
    assert report.ok, report.error
    return str(report.results["count"].cast(pl.Int64)[0]), report.rows_in


def test_the_second_search_reads_nothing_anew_and_says_what_it_read(splunk: Splunk) -> None:
    assert _count(splunk, "Count") == ("3", 3)
    with patch.object(splunk.indexes, "events", side_effect=AssertionError("read again")):
        assert _count(splunk, "Count a") == ("2", 3)
        assert _count(splunk, "Count") == ("3", 3)


def test_what_one_writes_the_next_one_reads(splunk: Splunk) -> None:
    assert _count(splunk, "Count") == ("3", 3)
    assert splunk.run_once("Write").collected == 1
    assert _count(splunk, "Count") == ("4", 4)


def test_another_window_or_another_time_is_read_for_itself(splunk: Splunk) -> None:
    assert _count(splunk, "Count") == ("3", 3)
    assert _count(splunk, "Count an hour") == ("2", 2)
    assert splunk.run_once("Count", DAY + 83_000).results["count"].to_list() == [2.0]


def test_a_lookup_that_has_changed_is_looked_up_again(splunk: Splunk) -> None:
    def full() -> list[str]:
        report = splunk.run_once("Looked up")
        assert report.ok, report.error
        return report.results["full"].to_list()

    assert full() == full() == ["Ann"]
    path = splunk.app.folder / "lookups" / "names.csv"
    path.write_text("user,full\nb,Bob\n", encoding="utf-8")
    assert full() == ["Bob"]
    path.unlink()
    assert "names" in splunk.run_once("Looked up").error


def test_a_subsearch_runs_each_time(splunk: Splunk) -> None:
    assert _count(splunk, "Count") == ("3", 3)
    assert _count(splunk, "By subsearch") == ("2", 6)
