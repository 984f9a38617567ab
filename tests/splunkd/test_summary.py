"""collect: which time, which text, and what a later search finds."""

import polars as pl
import pytest

from tests.splunkd import summary
from tests.splunkd.indexes import Indexes
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.small_world import SmallWorld
from tests.splunkd.spl.world import RunningSearch


def running(name: str) -> RunningSearch:
    return RunningSearch(SmallWorld(), 100, 200, 250, "sid1", name=name)


def collected(rows: pl.DataFrame, name: str = "AIScore - Score", **options: str) -> list[dict[str, object]]:
    indexes = Indexes()
    indexes.create("summary", "other")
    summary.collect(indexes, rows, options, running(name), 1000)
    return indexes.events(("*",), 0, 1e12).to_dicts()


def test_a_row_becomes_an_event_of_its_time() -> None:
    (event,) = collected(pl.DataFrame({"_time": [150.75], "user": ["ann"], "_secret": ["x"], "host": ["h"]}))
    assert event["_raw"] == (
        '150, search_name="AIScore - Score", search_now="250.000", info_min_time="100.000", info_max_time="200.000", '
        'info_search_time="250.000", orig_host="h", user="ann"'
    )
    assert (event["_time"], event["_indextime"], event["user"], event["orig_host"]) == (150, 1000, "ann", "h")
    assert (event["index"], event["source"], event["sourcetype"]) == ("summary", "AIScore - Score", "stash")
    assert "_secret" not in event


def test_options_name_index_source_and_more() -> None:
    rows = pl.DataFrame({"_time": [150.0], "user": ["ann"]})
    (event,) = collected(
        rows, index="other", source="AIScore - Scores", host="h", marker='kind="late", n=1', addinfo="f"
    )
    assert (event["index"], event["source"], event["host"]) == ("other", "AIScore - Scores", "h")
    assert (event["kind"], event["n"]) == ("late", "1") and "info_min_time" not in event
    assert collected(rows, testmode="true") == []


def test_the_time_is_the_first_found_of_three() -> None:
    rows = pl.DataFrame({"_time": [150.0, 160.0, None], "info_min_time": [None, 120.0, None]})
    assert sorted(event["_time"] for event in collected(rows)) == [120, 150, 250]  # type: ignore[type-var]


def test_rows_with_their_own_text_leave_as_that_alone() -> None:
    (event,) = collected(pl.DataFrame({"_time": [150.0], "_raw": ['a="b" c'], "user": ["ann"]}))
    assert (event["_raw"], event["a"]) == ('a="b" c', "b") and "user" not in event


def test_an_ad_hoc_search_has_no_name() -> None:
    (event,) = collected(pl.DataFrame({"_time": [150.0], "user": ["ann"]}), "")
    assert "search_name" not in event and "sid1" in str(event["source"])


def test_what_is_refused() -> None:
    rows = pl.DataFrame({"_time": [150.0]})
    with pytest.raises(SplError, match="'nowhere' does not exist"):
        collected(rows, index="nowhere")
    for name, value in (("sourcetype", "x"), ("output_format", "hec"), ("addtime", "false"), ("spool", "f")):
        with pytest.raises(NotSupported, match=name):
            summary.collect(Indexes(), rows, {name: value}, running(""), 1000)
    with pytest.raises(NotSupported, match="_raw"):
        collected(pl.DataFrame({"_time": [1.0, 2.0], "_raw": ["a", None]}))


def test_no_rows_write_nothing() -> None:
    assert collected(pl.DataFrame()) == []


def test_several_values_are_written_in_either_way() -> None:
    rows = pl.DataFrame({"_time": [150.0], "several": [["p", "q"]]})
    for several, expected in (("repeated", ["p", "q"]), ("joined", "p\nq")):
        indexes = Indexes()
        indexes.create("summary")
        summary.collect(indexes, rows, {}, running("A"), 1000, several)  # type: ignore[arg-type]
        assert indexes.events(("*",), 0, 1e12)["several"].to_list() == [expected]
