"""streamstats, against examples of the documentation, measurements of others, and an oracle that looks at each row."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.splunkd.spl.commands import streamstats
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.small_world import running
from tests.splunkd.spl.test_stats import FOUR, HOSTILE, agg, oracle, same
from tests.splunkd.spl.tree import Aggregation, Binary, Call, FieldRef, Literal, Streamstats

FUNCTIONS = ("count", "sum", "avg", "dc", "min", "max", "first", "last", "values")


def run(table: pl.DataFrame, *aggregations: Aggregation, by: tuple[str, ...] = (), **options: Any) -> pl.DataFrame:
    return streamstats.run(Streamstats(aggregations, by, **options), table, running())


def counts(table: pl.DataFrame, **options: Any) -> list[Any]:
    return run(table, agg("count"), **options)["count"].to_list()


def times(*time_s: float) -> pl.DataFrame:
    return pl.DataFrame({"_time": list(time_s)}, schema={"_time": pl.Float64})


def test_a_moving_mean() -> None:
    # docs: SPL2 streamstats, "Compute a moving average over a series of events" (window=3).
    table = pl.DataFrame({"bytes": ["100", "200", "400", "50", "150", "100"]})
    found = run(table, agg("avg", "bytes", "a"), window=3)["a"].to_list()
    assert found == pytest.approx([100, 150, 700 / 3, 650 / 3, 200, 100])


def test_a_running_count_for_each_host() -> None:
    # docs: SPL2 streamstats, examples 1 and 2.
    table = pl.DataFrame({"host": ["x", "y", "x", "x", "y"]})
    assert counts(table) == [1, 2, 3, 4, 5]
    assert counts(table, by=("host",)) == [1, 1, 2, 3, 2]


def test_a_running_total() -> None:
    # docs: Aggregate functions, perc, "Extended example" (visitors of a store).
    # Its last two totals, 3673 and 4010, do not add up and are left out.
    table = pl.DataFrame({"visitors": ["0", "212", "367", "489", "624", "609", "492", "513"]})
    total = [0, 212, 579, 1068, 1692, 2301, 2793, 3306]
    assert run(table, agg("sum", "visitors", "t"))["t"].to_list() == total


# mockdr, measured on Splunk 10.4.2


def test_windows_as_measured() -> None:
    assert counts(FOUR, window=2) == [1, 2, 2, 2]
    assert counts(FOUR, window=0) == [1, 2, 3, 4]
    assert counts(FOUR, current=False) == [0, 1, 2, 3]
    assert run(FOUR, agg("sum", "n", "s"), current=False)["s"].to_list() == [None, 1, 3, 6]
    assert counts(FOUR, window=1, by=("g",)) == [1, 1, 1, 1]
    assert run(FOUR, agg("values", "g", "v"))["v"].to_list() == [["a"], ["a", "b"], ["a", "b"], ["a", "b"]]
    assert run(FOUR, agg("count"), by=("no",)).drop("count").equals(FOUR)


def test_an_event_as_old_as_the_window_is_outside() -> None:
    hours = times(*(3600.0 * hour for hour in range(5)))
    assert counts(hours, time_window="1h") == [1, 1, 1, 1, 1]
    assert counts(hours, time_window="2h") == [1, 2, 2, 2, 2]


def test_a_time_window_needs_rows_in_time_order() -> None:
    for table in (FOUR, times(1, 3, 2)):
        with pytest.raises(SplError, match="sorted in time order"):
            counts(table, time_window="1h")
    assert counts(times(), time_window="1h") == []


def test_newest_first_the_window_holds_the_events_that_come_next() -> None:
    # docs: streamstats, example 4.
    assert counts(times(900, 700, 300, 100), time_window="5m") == [1, 2, 1, 2]


def test_a_time_window_holds_no_more_than_the_limit() -> None:
    # docs: streamstats, example 4: "The count will never be greater than 10000".
    many = times(*([7.0] * 10_050))
    found = counts(many, time_window="5m")
    assert found[:3] == [1, 2, 3] and found[9_999:] == [10_000] * 51
    assert counts(many, time_window="5m", current=False)[-1] == 10_000
    # Without a window all that was seen counts (docs: streamstats, window).
    assert counts(many)[-1] == 10_050
    # "You can lower the maximum by specifying the 'window' option" (searchbnf.conf).
    assert counts(times(1, 1, 1), time_window="5m", window=2) == [1, 2, 2]
    with pytest.raises(NotSupported, match="max_stream_window"):
        counts(many, window=10_001)


def test_a_window_is_one_for_all_groups() -> None:
    # docs: streamstats, global: true by default.
    table = FOUR.with_columns(_time=pl.Series([1.0, 2.0, 3.0, 4.0]))
    assert counts(table, window=2, by=("g",)) == [1, 1, 1, 1]
    assert counts(table, window=3, by=("g",)) == [1, 1, 2, 2]
    assert counts(table, window=2, by=("g",), time_window="1h") == [1, 1, 1, 1]


@pytest.mark.parametrize(("is_global", "expected"), [(True, [1, 1, 1, 1]), (False, [1, 1, 2, 2])])
def test_the_limit_counts_all_groups_or_each(
    monkeypatch: pytest.MonkeyPatch, is_global: bool, expected: list[int]
) -> None:
    monkeypatch.setattr(streamstats, "MAX_STREAM_WINDOW", 2)
    monkeypatch.setattr(streamstats, "LIMIT_IS_GLOBAL", is_global)
    table = FOUR.with_columns(_time=pl.Series([1.0, 2.0, 3.0, 4.0]))
    assert counts(table, by=("g",), time_window="1h") == expected
    assert counts(table, by=("g",), time_window="1h", current=False)[2:] == [1, 1]


def test_events_of_one_time_count_those_that_were_passed() -> None:
    assert counts(times(5, 5, 5, 6), time_window="1m") == [1, 2, 3, 4]
    assert counts(times(5, 5, 5, 6), time_window="1m", current=False) == [0, 1, 2, 3]


def test_rows_of_no_group_are_not_seen_and_stay() -> None:
    table = pl.DataFrame({"g": ["a", None, "a"], "count": ["x", "y", "z"]})
    assert counts(table, by=("g",)) == ["1", "y", "2"]
    assert counts(table, by=("g",), window=2) == ["1", "y", "2"]


def test_expressions_and_several_values() -> None:
    failed = Binary("=", FieldRef("action"), Literal("failure"))
    table = pl.DataFrame({"action": ["failure", "success", "failure"], "m": [["x", "y"], None, ["y"]]})
    user = Call("if", (failed, FieldRef("action"), Call("null", ())))
    found = run(table, Aggregation("count", failed, "n"), Aggregation("dc", user, "d"), agg("dc", "m", "m2"))
    assert found.select("n", "d", "m2").rows() == [(1, 1, 2), (1, 1, 2), (2, 1, 2)]
    assert run(table, agg("count", "m", "c"), window=2)["c"].to_list() == [2, 2, 1]


@pytest.mark.parametrize("function", ["median", "list", "stdev"])
def test_what_is_not_on_the_list_is_named(function: str) -> None:
    with pytest.raises(NotSupported, match=f"streamstats {function}"):
        run(FOUR, agg(function, "n"))


value = st.none() | st.sampled_from(HOSTILE) | st.integers(-9, 9).map(str) | st.floats(-1e18, 1e18).map(str)
row = st.tuples(st.sampled_from(["a", "b", None]), value, st.integers(0, 4))


@settings(max_examples=120, deadline=None)
@given(
    st.lists(row, max_size=15),
    st.sampled_from([None, 1, 3, 7]),
    st.sampled_from([0, 1, 3]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_streamstats_is_what_a_look_at_each_row_gives(
    rows: list[tuple[str | None, str | None, int]],
    time_window_s: int | None,
    window: int,
    current: bool,
    newest_first: bool,
    grouped: bool,
) -> None:
    steps = np.cumsum([step for *_, step in rows]).tolist()
    time_s = steps[::-1] if newest_first else steps
    schema = {"g": pl.String, "x": pl.String, "_time": pl.Float64}
    table = pl.DataFrame([(g, x, t) for (g, x, _), t in zip(rows, time_s, strict=True)], schema=schema, orient="row")
    options = {"time_window": f"{time_window_s}s" if time_window_s else None, "window": window, "current": current}
    wanted = [agg(name, "x", name) for name in FUNCTIONS]
    found = run(table, *wanted, by=("g",) if grouped else (), **options)
    assert found.select("g", "x", "_time").equals(table)
    seen: list[int] = []
    for at, (group, _, _) in enumerate(rows):
        if grouped and group is None:
            assert found.row(at)[3:] == (None,) * len(FUNCTIONS)
            continue
        before = seen[max(0, len(seen) - (window - current if window else len(seen))) :]
        if window == 1 and current:
            before = []
        held = [*before, *([at] if current else [])]
        held = [k for k in held if not time_window_s or abs(time_s[k] - time_s[at]) < time_window_s]
        inside = [rows[k][1] for k in held if not grouped or rows[k][0] == group]
        present = [x for x in inside if x is not None]
        for name in FUNCTIONS:
            assert same(found.row(at, named=True)[name], oracle(name, present)), (name, at)
        seen.append(at)


@pytest.mark.parametrize("window", ["10m", "1h"])
def test_two_hours_of_a_large_site_take_seconds(window: str) -> None:
    size = 350_000
    rng = np.random.default_rng(1)
    table = pl.DataFrame(
        {
            "_time": np.sort(rng.integers(0, 7200, size)).astype(float),
            "user": [f"u{user}" for user in rng.integers(0, 3000, size)],
            "dest": [f"d{dest}" for dest in rng.integers(0, 300, size)],
        }
    )
    began = time.perf_counter()
    for wanted in (agg("count"), agg("dc", "dest"), agg("last", "dest"), agg("max", "_time")):
        table = run(table, wanted, by=("user",), time_window=window)
    assert time.perf_counter() - began < 15
    assert table.height == size
