"""Whole searches over tables, as texts: examples of the documentation with their results, and hostile values."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.splunkd.spl import run
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.small_world import SmallWorld, running
from tests.splunkd.spl.test_stats import HOSTILE
from tests.splunkd.spl.world import LookupTable

CITIES = """| makeresults count=4 | streamstats count
 | eval age = case(count=1, 25, count=2, 39, count=3, 31, count=4, null())
 | eval city = case(count=1 OR count=3, "San Francisco", count=2 OR count=4, "Seattle")"""
"""docs: eventstats, example 4."""


def result(text: str, world: SmallWorld | None = None, **options: Any) -> list[dict[str, Any]]:
    return run.run(text, running(world, **options)).to_dicts()


def test_ages_and_cities() -> None:
    rows = result(f"{CITIES} | eventstats avg(age) BY city | table age avg(age) city count")
    assert [tuple(row.values()) for row in rows] == [
        (25, 28, "San Francisco", 1),
        (39, 39, "Seattle", 2),
        (31, 28, "San Francisco", 3),
        (None, 39, "Seattle", 4),
    ]
    # docs: streamstats, "Create events for testing"; a running mean takes in what was seen.
    rows = result(f"{CITIES} | streamstats avg(age) AS a BY city")
    assert [row["a"] for row in rows] == [25, 39, 28, 39]


def test_a_test_on_a_running_count() -> None:
    # docs: streamstats, "Escaping string values".
    rows = result('| makeresults count=3 | streamstats count | eval test=if(count==2,"yes","no")')
    assert [(row["count"], row["test"]) for row in rows] == [(1, "no"), (2, "yes"), (3, "no")]


def test_a_custom_order() -> None:
    # docs: sort, "Specify a custom sort order".
    days = "Friday,Monday,Tuesday,Thursday,Weekend,Wednesday"
    text = f"""| makeresults | eval Day=split("{days}", ",") | mvexpand Day | eval wd=lower(Day)
     | eval sort_field=case(wd=="monday",1, wd=="tuesday",2, wd=="wednesday",3, wd=="thursday",4, wd=="friday",5,
       wd=="weekend",6) | sort sort_field | fields - sort_field"""
    assert [row["Day"] for row in result(text)] == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Weekend"]


def test_combinations_with_an_absent_field() -> None:
    # docs: dedup, keepempty: fillnull first keeps one of each combination.
    text = f'{CITIES} | eval age=if(count=2, null(), age) | fillnull value="MISSING" age | dedup age city | table count'
    assert [row["count"] for row in result(text)] == [1, 2, 3]


def test_a_column_total() -> None:
    # docs: append, example 1, and appendpipe, which needs no second search for it.
    for more in ("append [| makeresults count=4 | stats count]", "appendpipe [stats sum(count) AS count]"):
        rows = result(f"{CITIES} | stats count BY city | {more}")
        assert [(row["city"], row["count"]) for row in rows] == [("San Francisco", 2), ("Seattle", 2), (None, 4)]


def test_a_lookup_of_users() -> None:
    # docs: lookup, example 1, and outputlookup, example 7.
    world = SmallWorld(lookups={"usertogroup": LookupTable(pl.DataFrame({"user": ["ann"], "group": ["admins"]}))})
    text = '| makeresults | eval local_user="ann" | lookup usertogroup user AS local_user OUTPUT group AS user_group'
    assert result(text, world)[0]["user_group"] == "admins"
    update = '| inputlookup usertogroup | search user=ann | eval group="staff"'
    result(f"{update} | outputlookup usertogroup append=true key_field=user", world)
    assert world.lookups["usertogroup"].table.rows() == [("ann", "staff")]
    assert result("| inputlookup usertogroup where user=b*", world) == []


def test_tstats_takes_its_time_from_where() -> None:
    events = pl.DataFrame({"_time": [100.0, 200.0, 300.0], "Web.src": ["a", "b", "c"]})
    world = SmallWorld(data_models={"Web.Web": events})
    text = "| tstats count FROM datamodel=Web.Web WHERE earliest=150 latest=300 BY Web.src, _time span=1m"
    assert result(text, world) == [{"Web.src": "b", "_time": 180, "count": 1}]


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("| makeresults | stats foo(x)", SplError, "foo"),
        ("| makeresults | stats sum(*)", NotSupported, "wildcard"),
        ("| makeresults | stats estdc(x)", SplError, "estdc"),
        ("| makeresults | streamstats count reset_on_change=true", NotSupported, "reset_on_change"),
        ("| makeresults count=3 | streamstats count AS n | eval _time=n%2 | streamstats time_window=1m count",
         SplError, "'streamstats' command: time_window can only be used on input that is sorted"),
        ("| makeresults | timechart count BY a span=1w", SplError, "span"),
        ("| makeresults | lookup no a", SplError, "'lookup' command: Could not construct lookup 'no, a'"),
        ("| inputlookup no", SplError, "'inputlookup' command: The lookup table 'no' does not exist"),
        ("| makeresults | outputlookup no", SplError, "'outputlookup' command: The lookup table 'no' is invalid"),
        ("| makeresults | stats count AS a BY a", SplError, "cannot have the same name as a group-by field"),
        ("| makeresults | dedup a sortby -b", NotSupported, "sortby"),
        ("| tstats count FROM datamodel=No.No", SplError, "'tstats' command: Data model 'No.No' was not found"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(text: str, error: type[SplError], words: str) -> None:
    with pytest.raises(error) as raised:
        result(text)
    assert words in str(raised.value)


WITH_NEIGHBOURS = [
    "streamstats time_window=1m count sum(x) AS s avg(x) AS a dc(x) AS d min(x) AS l values(x) AS v BY g",
    "eventstats count sum(x) AS s stdev(x) AS d max(x) AS m median(x) AS e values(x) AS v BY g",
    "stats count sum(x) AS s perc90(x) AS p list(x) AS v first(x) AS f BY g",
    "sort 0 g x",
    "dedup g x",
    "bin x span=10",
    "iplocation x",
    "lookup l x OUTPUT y",
    'eval x=if(g="a", x, null()) | appendpipe [stats count BY x]',
    "stats count BY x g",
]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(WITH_NEIGHBOURS), st.sampled_from(HOSTILE) | st.text(), st.integers(0, 3))
def test_a_value_changes_no_row_of_its_neighbours(command: str, hostile: str, at: int) -> None:
    def neighbours(value: str) -> list[str]:
        rows = [("a", "1"), ("a", "2.5"), ("a", "x")]
        rows.insert(at, ("h", value))
        events = pl.DataFrame(rows, schema={"g": pl.String, "x": pl.String}, orient="row")
        events = events.with_columns(_time=pl.lit(50.0), index=pl.lit("i"))
        lookup = LookupTable(pl.DataFrame({"x": ["1", "x"], "y": ["one", "ex"]}))
        world = SmallWorld(indexes={"i": events}, lookups={"l": lookup})
        found = result(f"search index=i | {command} | search g=a", world)
        return [repr({name: _plain(cell) for name, cell in row.items()}) for row in found]

    assert neighbours(hostile) == neighbours("0")


def _plain(cell: Any) -> Any:
    """Beside a text a number is shown as one, and beside several values a single one stands in a list."""
    cell = cell[0] if isinstance(cell, list) and len(cell) == 1 else cell
    return f"{cell:.15g}" if isinstance(cell, float) else cell
