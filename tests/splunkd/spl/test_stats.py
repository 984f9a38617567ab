"""stats and eventstats, against examples of the documentation, measurements of others, and a plain oracle.

"docs: X" names a page of Splunk's Search Reference 9.4/10.0; "mockdr" is the public project of that name, whose tests
record what Splunk 10.4.2 gave.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from math import isfinite
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.splunkd.spl import values
from tests.splunkd.spl.commands import eventstats, stats
from tests.splunkd.spl.errors import NotSupported
from tests.splunkd.spl.small_world import running
from tests.splunkd.spl.tree import Aggregation, Binary, Call, Eventstats, FieldRef, Literal, Stats

Rows = list[dict[str, Any]]
HOSTILE = [
    "",
    " ",
    "nan",
    "inf",
    "1e999",
    "-0",
    "007",
    "1",
    "1.0",
    "1.5",
    '"',
    "a|b",
    "$x$",
    "\n",
    "é",
    "𝒳",
    "`m`",
    "[x]",
]
FOUR = pl.DataFrame({"n": ["1", "2", "3", "4"], "g": ["a", "b", "a", "b"]})


def agg(function: str, field: str | None = None, name: str | None = None) -> Aggregation:
    shown = f"{function}({field})" if field else function
    return Aggregation(function, FieldRef(field) if field else None, name or shown)


def run(table: pl.DataFrame, *aggregations: Aggregation, by: tuple[str, ...] = ()) -> Rows:
    return stats.run(Stats(aggregations, by), table, running()).to_dicts()


def one(function: str, found: list[Any]) -> Any:
    rows = run(pl.DataFrame({"x": found}), agg(function, "x", "y"))
    return rows[0]["y"] if rows else None


def add(table: pl.DataFrame, *aggregations: Aggregation, by: tuple[str, ...] = ()) -> Rows:
    return eventstats.run(Eventstats(aggregations, by), table, running()).to_dicts()


# docs: Aggregate functions, median, perc, mode, range


def test_the_middle_value_of_the_documentation() -> None:
    assert one("median", ["37", "58", "8", "34", "13", "74", "38"]) == 37


def test_percentiles_of_the_documentation() -> None:
    ten = [str(number) for number in range(10, 0, -1)]
    assert one("perc50", ten) == 5.5
    assert one("perc95", ten) == pytest.approx(9.55)
    visitors = [str(number) for number in (0, 212, 579, 1068, 1692, 2301, 2793, 3306, 3673, 4010)]
    assert one("perc50", visitors) == 1996.5
    assert one("p95", visitors) == pytest.approx(3858.35)


def test_the_most_frequent_value_of_the_documentation() -> None:
    assert one("mode", ["32", "45", "29", "45", "37"]) == "45"
    assert one("mode", ["Garcia", "Mayer", "Garcia", "Zhang", "Garcia"]) == "Garcia"


def test_sales_of_the_documentation() -> None:
    sales = pl.DataFrame(
        {"quarter": ["QTR1"] * 3 + ["QTR2"] * 3, "sales": ["1200", "1400", "1650", "1425", "1175", "1550"]}
    )
    wanted = [agg(name, "sales") for name in ("sum", "min", "max", "range")]
    assert run(sales, *wanted, by=("quarter",)) == [
        {"quarter": "QTR1", "sum(sales)": 4250, "min(sales)": 1200, "max(sales)": 1650, "range(sales)": 450},
        {"quarter": "QTR2", "sum(sales)": 4150, "min(sales)": 1175, "max(sales)": 1550, "range(sales)": 375},
    ]


def test_the_spread_is_that_of_a_sample_and_of_one_value_0() -> None:
    # docs: Aggregate functions, stdev: Me has two quakes, 2.0 and 1.6 of mean 1.8 in the table of max; MbLg has one.
    assert one("stdev", ["0"]) == 0 and one("var", ["0"]) == 0
    assert one("stdev", ["65", "42", "40", "31", "47", "53", "64"]) == pytest.approx(
        statistics.stdev([65, 42, 40, 31, 47, 53, 64])
    )
    assert one("var", ["1", "2", "3", "4"]) == pytest.approx(5 / 3)
    assert one("sumsq", ["1", "2", "x"]) == 5


def test_numbers_stand_before_texts() -> None:
    # docs: Aggregate functions, min: "1, c, a, 2, 100, b, 4, 9 are sorted as 1, 2, 4, 9, 100, a, b, c".
    mixed = ["1", "c", "a", "2", "100", "b", "4", "9"]
    rows = run(pl.DataFrame({"x": mixed}), agg("count"), by=("x",))
    assert [row["x"] for row in rows] == ["1", "2", "4", "9", "100", "a", "b", "c"]
    assert one("min", mixed) == 1


def test_upper_case_stands_before_lower_case() -> None:
    # docs: Aggregate functions, max: the magTypes of the earthquakes.
    kinds = ["ml", "Mw", "Ml", "Me", "Md", "MbLg", "H"]
    assert [row["x"] for row in run(pl.DataFrame({"x": kinds}), agg("count"), by=("x",))] == kinds[::-1]


def test_values_are_sorted_as_text_and_list_keeps_the_order() -> None:
    # docs: Multivalue stats and chart functions: 10, 9, 70, 100 are sorted as 10, 100, 70, 9; list keeps 100.
    assert one("values", ["10", "9", "70", "100", "9"]) == ["10", "100", "70", "9"]
    assert one("list", ["10", "9", "9"]) == ["10", "9", "9"]
    assert len(one("list", [str(number) for number in range(1000)])) == 100
    assert one("values", ["9", "9"]) == "9"


# mockdr, measured on Splunk 10.4.2


@pytest.mark.parametrize(
    ("found", "median"),
    [("12", 2), ("14", 3), ("23", 3), ("01", 1), ("1234", 3), ("123", 2), (["1.2", "1.4"], 1.3), (["1.5"], 1.5)],
)
def test_a_median_between_two_values(found: Any, median: float) -> None:
    assert one("median", list(found)) == pytest.approx(median)


def test_nothing_to_compute_is_no_field_and_without_by_no_row() -> None:
    assert run(FOUR, agg("count"), agg("sum", "g")) == [{"count": 4, "sum(g)": None}]
    assert [row["sum(g)"] for row in run(FOUR, agg("sum", "g"), by=("n",))] == [None] * 4
    assert run(FOUR, agg("sum", "g")) == run(FOUR, agg("first", "no"), agg("values", "no")) == []
    assert run(FOUR.clear(), agg("count")) == run(pl.DataFrame(), agg("count")) == [{"count": 0}]
    assert run(FOUR.clear(), agg("sum", "n")) == run(FOUR.clear(), agg("count"), by=("g",)) == []
    assert run(FOUR, agg("count", "no", "c"), agg("dc", "no", "d")) == [{"c": 0, "d": 0}]
    assert run(FOUR, agg("count"), by=("no",)) == []


def test_a_number_wins_over_text() -> None:
    assert one("max", ["1", "a", "3"]) == 3 and one("sum", ["1", "a", "3"]) == 4
    assert (one("max", ["a", "b"]), one("min", ["a", "b"])) == ("b", "a")
    # One group falls back to text, the other not: each shows its own.
    mixed = pl.DataFrame({"g": ["a", "a", "b"], "x": ["5", "z", "z"]})
    assert run(mixed, agg("max", "x", "m"), by=("g",)) == [{"g": "a", "m": "5"}, {"g": "b", "m": "z"}]


def test_an_empty_text_is_a_value() -> None:
    assert run(pl.DataFrame({"x": ["", ""]}), agg("count", "x", "c"), agg("values", "x", "v")) == [{"c": 2, "v": ""}]
    assert run(pl.DataFrame({"x": ["", None]}), agg("count"), by=("x",)) == [{"x": "", "count": 1}]


# the rest


def test_several_values_count_each_and_are_in_a_group_each() -> None:
    table = pl.DataFrame({"m": [["x", "y"], ["x"], [], None], "v": ["1", "2", "4", "8"]})
    assert run(table, agg("count"), agg("sum", "v"), by=("m",)) == [
        {"m": "x", "count": 2, "sum(v)": 3},
        {"m": "y", "count": 1, "sum(v)": 1},
    ]
    assert run(table, agg("count", "m"), agg("dc", "m"), agg("list", "m")) == [
        {"count(m)": 3, "dc(m)": 2, "list(m)": ["x", "y", "x"]}
    ]


def test_a_row_that_lacks_a_by_field_is_in_no_group() -> None:
    table = pl.DataFrame({"a": ["1", None, "1"], "b": ["x", "x", None]})
    assert run(table, agg("count"), by=("a", "b")) == [{"a": "1", "b": "x", "count": 1}]
    assert run(table, agg("count"), by=("a",)) == [{"a": "1", "count": 2}]


def test_first_is_the_first_seen_and_earliest_the_oldest() -> None:
    # docs: Event order functions and Time functions; events come newest first.
    table = pl.DataFrame({"_time": [30.0, 20.0, 10.0], "x": [None, "b", "a"]})
    wanted = [agg(name, "x", name) for name in ("first", "last", "earliest", "latest", "earliest_time", "latest_time")]
    found = {"first": "b", "last": "a", "earliest": "a", "latest": "b", "earliest_time": 10, "latest_time": 20}
    assert run(table, *wanted) == [found]
    assert run(table.drop("_time"), agg("count"), agg("latest", "x")) == [{"count": 3, "latest(x)": None}]


def test_numbers_stay_numbers_and_texts_texts() -> None:
    table = pl.DataFrame({"n": [1.0, 2.5], "t": ["01", "x"]})
    assert run(table, agg("first", "n"), agg("first", "t"), agg("values", "n")) == [
        {"first(n)": 1.0, "first(t)": "01", "values(n)": ["1", "2.5"]}
    ]


def test_an_expression_counts_where_it_is_true() -> None:
    # docs: stats, "count(eval(...))".
    failed = Binary("=", FieldRef("action"), Literal("failure"))
    table = pl.DataFrame({"action": ["failure", "success", None, "failure"], "user": ["a", "b", "c", "a"]})
    assert run(table, Aggregation("count", failed, "n"), by=()) == [{"n": 2}]
    user = Call("if", (failed, FieldRef("user"), Call("null", ())))
    assert run(table, Aggregation("dc", user, "n"), Aggregation("values", user, "v")) == [{"n": 1, "v": "a"}]


@pytest.mark.parametrize("wanted", [agg("estdc", "n"), agg("perc101", "n"), agg("sum", "n*"), agg("sum")])
def test_what_is_not_on_the_list_is_named(wanted: Aggregation) -> None:
    with pytest.raises(NotSupported, match=wanted.function):
        run(FOUR, wanted)


def test_eventstats_writes_the_mean_into_every_row_of_the_group() -> None:
    # docs: eventstats, example 4 (ages and cities).
    table = pl.DataFrame(
        {"age": ["25", "39", "31", None], "city": ["San Francisco", "Seattle", "San Francisco", "Seattle"]}
    )
    assert [row["avg(age)"] for row in add(table, agg("avg", "age"), by=("city",))] == [28, 39, 28, 39]


def test_eventstats_leaves_rows_of_no_group_alone() -> None:
    table = pl.DataFrame({"g": ["a", None, "a"], "count": ["x", "y", "z"]})
    assert [row["count"] for row in add(table, agg("count"), by=("g",))] == ["2", "y", "2"]
    assert [row["c"] for row in add(table, agg("count", None, "c"), by=("g",))] == [2, None, 2]
    assert [row["c"] for row in add(table, agg("count", None, "c"))] == [3, 3, 3]
    assert add(table.clear(), agg("count"), by=("g",)) == add(table.clear(), agg("count")) == []
    with pytest.raises(NotSupported, match="several values"):
        add(pl.DataFrame({"g": [["a", "b"]]}), agg("count"), by=("g",))


def oracle(function: str, found: list[str]) -> Any:
    numbers = [n for n in values.number(pl.Series(found, dtype=pl.String)).to_list() if n is not None and isfinite(n)]
    if function == "count":
        return len(found)
    if function == "dc":
        return len(set(found))
    if function == "values":
        return sorted(set(found), key=lambda text: text.encode()) or None
    if function in ("first", "last"):
        return found[0 if function == "first" else -1] if found else None
    if function in ("min", "max"):
        return (min if function == "min" else max)(numbers or found, default=None)
    if not numbers:
        return None
    return {"sum": sum(numbers), "avg": sum(numbers) / len(numbers), "range": max(numbers) - min(numbers)}[function]


def same(actual: Any, expected: Any) -> bool:
    """Equal but for rounding; one value may stand alone, and a number be text where another row has a text."""
    if isinstance(expected, list) and isinstance(actual, str):
        return [actual] == expected
    if isinstance(expected, float) and actual is not None:
        return float(actual) == pytest.approx(expected, rel=1e-9, abs=1e-6)
    return bool(actual == expected)


texts = st.sampled_from(HOSTILE) | st.integers(-9, 9).map(str) | st.text(max_size=3)
rows = st.lists(st.tuples(st.sampled_from(["a", "b", None, "", "10", "9"]), st.none() | texts), max_size=20)


@settings(max_examples=60, deadline=None)
@given(rows)
def test_stats_is_what_a_plain_loop_gives(table: list[tuple[str | None, str | None]]) -> None:
    groups: dict[str, list[str]] = defaultdict(list)
    for key, value in table:
        if key is not None:
            groups[key] += [] if value is None else [value]
    frame = pl.DataFrame(table, schema={"g": pl.String, "x": pl.String}, orient="row")
    functions = ("count", "dc", "values", "first", "last", "min", "max", "sum", "avg", "range")
    found = {row["g"]: row for row in run(frame, *(agg(name, "x", name) for name in functions), by=("g",))}
    assert list(found) == sorted(groups, key=lambda key: (not key.isdigit(), int(key) if key.isdigit() else 0, key))
    for key, values_found in groups.items():
        for name in functions:
            assert same(found[key][name], oracle(name, values_found)), (name, key)
