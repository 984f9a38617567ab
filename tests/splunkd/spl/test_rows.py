"""Commands that order, drop, bin and add rows: sort, dedup, bin, timechart, append, appendpipe."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.splunkd.spl import columns, values
from tests.splunkd.spl.commands import append, appendpipe, bin, dedup, sort, timechart
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.small_world import SmallWorld, running
from tests.splunkd.spl.test_stats import HOSTILE, agg
from tests.splunkd.spl.tree import (
    And,
    Append,
    Appendpipe,
    Bin,
    Compare,
    Dedup,
    Eval,
    Literal,
    Pipeline,
    Search,
    Sort,
    Stats,
    Timechart,
)


def ordered(found: list[Any], kind: str = "auto", *, descending: bool = False, count: int = 10_000) -> list[Any]:
    table = pl.DataFrame({"x": found}, schema={"x": pl.String} if all(v is None for v in found) else None)
    return sort.run(Sort(((descending, "x", kind),), count), table, running())["x"].to_list()


# sort


def test_sort_tells_numbers_addresses_and_texts_apart() -> None:
    # docs: sort, "Usage" and "Lexicographical order".
    assert ordered(["9.1", "10.1"], descending=True) == ["10.1", "9.1"]
    assert ordered(["10.1.a", "9.1.a"], descending=True) == ["9.1.a", "10.1.a"]
    assert ordered(["10", "9", "70", "100"]) == ["9", "10", "70", "100"]
    assert ordered(["10", "9", "70", "100"], "str") == ["10", "100", "70", "9"]
    assert ordered(["10.0.0.9", "9.0.0.10", "10.0.0.10"]) == ["9.0.0.10", "10.0.0.9", "10.0.0.10"]
    assert ordered(["::2", "10.0.0.9", "x", "9.0.0.10"], "ip") == ["9.0.0.10", "10.0.0.9", "::2", "x"]
    # docs: SPL2 Search Manual, "Lexicographical order".
    codes = ["SF-01", "pz-05", "BS-09", "MB-07", "DC-02", "PZ-05", "mb-07"]
    assert ordered(codes) == ["BS-09", "DC-02", "MB-07", "PZ-05", "SF-01", "mb-07", "pz-05"]


def test_what_lacks_the_field_comes_last_in_either_direction() -> None:
    # docs: sort: missing is the largest when ascending, the smallest when descending.
    assert ordered([None, "2", "b", "1"]) == ["1", "2", "b", None]
    assert ordered([None, "2", "b", "1"], descending=True) == ["b", "2", "1", None]
    assert ordered([3.0, None, 1.0], descending=True) == [3, 1, None]
    assert ordered(["x", None, "1"], "num") == ["1", "x", None]


def test_sort_by_two_fields_keeps_equal_rows_as_they_were() -> None:
    table = pl.DataFrame({"a": ["1", "2", "1", "2"], "b": ["x", "y", "z", "y"], "n": [0, 1, 2, 3]})
    stage = Sort(((False, "a", "auto"), (True, "b", "auto")))
    assert sort.run(stage, table, running())["n"].to_list() == [2, 0, 1, 3]
    assert sort.run(Sort(((False, "no", "auto"),)), table, running()).equals(table)


def test_sort_keeps_10000_rows_unless_told_otherwise() -> None:
    many = [float(number) for number in range(10_001)]
    assert (len(ordered(many)), len(ordered(many, count=0)), ordered(many, count=1)) == (10_000, 10_001, [0.0])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.none() | st.sampled_from(HOSTILE) | st.text(max_size=3), min_size=1),
    st.sampled_from(["auto", "str", "num", "ip"]),
)
def test_sort_only_changes_the_order(found: list[str | None], kind: str) -> None:
    result = ordered(found, kind)
    assert sorted(result, key=repr) == sorted(found, key=repr)
    assert None not in result[: len(found) - found.count(None)]


# dedup


def kept(*fields: str, **options: Any) -> list[int]:
    table = pl.DataFrame(
        {
            "host": ["a", "a", "b", None, "a", "b"],
            "source": ["1", "2", "1", "1", "1", None],
            "m": [["x", "y"], ["x"], ["x", "y"], [], None, ["y", "x"]],
            "row": [0, 1, 2, 3, 4, 5],
        }
    )
    return dedup.run(Dedup(fields, **options), table, running())["row"].to_list()


def test_dedup_as_documented() -> None:
    # docs: dedup, its arguments and examples.
    assert kept("host") == [0, 2]
    assert kept("host", keepempty=True) == [0, 2, 3]
    assert kept("host", count=2) == [0, 1, 2, 5]
    assert kept("source", "host") == [0, 1, 2]
    assert kept("host", consecutive=True) == [0, 2, 4, 5]
    assert kept("no") == [] and kept("no", keepempty=True) == [0, 1, 2, 3, 4, 5]
    # "The fields must match all values to be deduplicated."
    assert kept("m") == [0, 1, 5]
    assert kept("m", consecutive=True) == [0, 1, 2, 5]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | st.sampled_from(HOSTILE)), st.integers(1, 3))
def test_dedup_keeps_the_first_of_each(found: list[str | None], count: int) -> None:
    table = pl.DataFrame({"x": found}, schema={"x": pl.String})
    expected = [value for at, value in enumerate(found) if value is not None and found[:at].count(value) < count]
    assert dedup.run(Dedup(("x",), count), table, running())["x"].to_list() == expected


# bin


def binned(found: list[Any], span: str, name: str = "x") -> list[Any]:
    return bin.run(Bin(name, "y", span), pl.DataFrame({name: found}), running())["y"].to_list()


def test_bin_puts_times_to_the_beginning_of_their_span() -> None:
    # docs: bin, "aligned to midnight": 2024-08-22 01:56:37 UTC.
    time_s = 1_724_291_797.25
    assert binned([time_s], "5m", "_time") == [1_724_291_700]
    assert binned([time_s], "1h", "_time") == [1_724_288_400]
    assert binned([time_s, None], "1d", "_time") == [1_724_284_800, None]
    assert binned([time_s], "1s", "_time") == [1_724_291_797]


def test_bin_shows_numbers_as_ranges() -> None:
    # docs: bin, <start-end>: with a span of 10 the bins are counted in tens.
    assert binned(["0", "9", "10", "-1", "x", "", None], "10") == ["0-10", "0-10", "10-20", "-10-0", "x", "", None]
    assert binned([0.3, 0.35], "0.1") == ["0.3-0.4", "0.3-0.4"]


def test_what_bin_does_not_know_is_named() -> None:
    for span in ("1w", "1mon"):
        with pytest.raises(NotSupported, match=span):
            binned([1.0], span, "_time")
    with pytest.raises(NotSupported, match="span of time"):
        binned(["1"], "5m")
    with pytest.raises(SplError, match="span"):
        binned(["1"], "five")


# timechart


def test_timechart_fills_spans_without_events() -> None:
    table = pl.DataFrame({"_time": [130.0, 250.0, 299.0], "n": ["1", "2", "4"]})
    search = running(earliest_s=100, latest_s=360)
    found = timechart.run(Timechart((agg("count"), agg("sum", "n")), "1m"), table, search)
    assert found.rows() == [(60, 0, None), (120, 1, 1), (180, 0, None), (240, 2, 6), (300, 0, None)]
    empty = timechart.run(Timechart((agg("count"),), "1m"), table.clear(), search)
    assert empty["count"].to_list() == [0] * 5


def test_timechart_has_a_column_for_each_value() -> None:
    # docs: timechart, limit, usenull, useother, "Prepending VALUE".
    table = pl.DataFrame({"_time": [1.0, 2.0, 70.0, 71.0], "u": ["b", "_x", "b", None]})
    found = timechart.run(Timechart((agg("count"),), "1m", "u"), table, running(earliest_s=1, latest_s=120))
    assert found.to_dicts() == [
        {"_time": 0, "VALUE_x": 1, "b": 1, "NULL": 0},
        {"_time": 60, "VALUE_x": 0, "b": 1, "NULL": 1},
    ]
    users = [f"u{user:02}" for user in range(12) for _ in range(12 - user)]
    many = pl.DataFrame({"_time": [5.0] * len(users), "u": users})
    found = timechart.run(Timechart((agg("count"),), "1m", "u"), many, running(earliest_s=1, latest_s=60))
    assert found.columns == ["_time", *(f"u{user:02}" for user in range(10)), "OTHER"]
    assert found["OTHER"].to_list() == [3] and found["u00"].to_list() == [12]


@pytest.mark.parametrize(("minutes", "span_s"), [(15, 10), (60, 60), (240, 300), (1440, 1800), (10_080, 86_400)])
def test_timechart_chooses_the_span_of_the_documentation(minutes: int, span_s: int) -> None:
    # docs: timechart, "Default time spans".
    table = pl.DataFrame({"_time": [86_400.0]})
    found = timechart.run(Timechart((agg("count"),)), table, running(earliest_s=86_400, latest_s=86_400 + 60 * minutes))
    assert found["_time"].diff().drop_nulls().unique().to_list() == [span_s]


# append and appendpipe


def test_append_puts_the_rows_of_another_search_below() -> None:
    # docs: append, example 1.
    quakes = pl.DataFrame({"_time": [1.0, 2.0, 3.0], "index": ["usgs"] * 3, "magType": ["H", "Md", "Md"]})
    search = running(SmallWorld(indexes={"usgs": quakes}))
    counted = Stats((agg("count"),), ("magType",))
    table = append.run(
        Append(Pipeline((Search(And((Compare("index", "=", "usgs"),))), Stats((agg("count"),))))),
        pl.DataFrame({"magType": ["H", "Md"], "count": [1.0, 2.0]}),
        search,
    )
    assert table.rows() == [("H", 1), ("Md", 2), (None, 3)]
    assert counted.by == ("magType",)


def test_append_takes_50000_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    # docs: append, maxout.
    assert append.MAXOUT == 50_000
    monkeypatch.setattr(append, "MAXOUT", 2)
    search = running(SmallWorld(indexes={"i": pl.DataFrame({"_time": [1.0, 2.0, 3.0], "index": ["i"] * 3})}))
    pipeline = Pipeline((Search(And((Compare("index", "=", "i"),))),))
    assert append.run(Append(pipeline), pl.DataFrame({"a": ["1"]}), search).height == 3
    assert search.messages and "truncating to 2" in search.messages[0][1]


def test_appendpipe_runs_also_over_no_rows() -> None:
    # docs: appendpipe: "the result of a subpipeline", over the rows as they are there.
    pipeline = Pipeline((Stats((agg("count"),)), Eval((("record", Literal("run")),))))
    table = pl.DataFrame({"user": ["a", "b"], "count": ["x", "y"]})
    found = appendpipe.run(Appendpipe(pipeline), table, running())
    assert found.to_dicts()[2] == {"user": None, "count": "2", "record": "run"}
    found = appendpipe.run(Appendpipe(pipeline), table.clear(), running())
    assert found.to_dicts() == [{"user": None, "count": "0", "record": "run"}]
    assert appendpipe.run(Appendpipe(pipeline), pl.DataFrame(), running()).rows() == [(0, "run")]


# rows of different kinds


def test_rows_of_different_kinds_are_put_together() -> None:
    one = pl.DataFrame({"a": [1.0], "b": ["x"], "c": [None]})
    other = pl.DataFrame({"a": ["y"], "b": [["p", "q"]], "d": [2.0]})
    found = columns.stack(one, other)
    assert found.to_dicts() == [
        {"a": "1", "b": ["x"], "c": None, "d": None},
        {"a": "y", "b": ["p", "q"], "c": None, "d": 2.0},
    ]
    assert columns.stack(pl.DataFrame(), pl.DataFrame()).is_empty()
    assert columns.stack(one.clear(), one).equals(columns.stack(one))


@given(st.lists(st.none() | st.lists(st.sampled_from(HOSTILE), max_size=3), max_size=6))
def test_a_narrowed_column_has_the_same_values(found: list[list[str] | None]) -> None:
    series = pl.Series("m", found, dtype=columns.LISTS)
    assert columns.flat(series).rows() == columns.flat(columns.narrow(series)).rows()
    assert values.lists(columns.narrow(series)).to_list() == [value or [] for value in found]
