"""Indexes: order, range, several indexes, and the speed of many reads of many events."""

import time

import numpy as np
import polars as pl
import pytest

from tests.splunkd.indexes import FIRST, MOST_SEGMENTS, Indexes
from tests.splunkd.spl.errors import SplError


def filled(**tables: pl.DataFrame) -> Indexes:
    found = Indexes()
    for name, table in tables.items():
        found.create(name)
        found.add(name, table, now_s=1000)
    return found


def users(found: pl.DataFrame) -> list[str]:
    return found["user"].to_list()


def test_newest_first_with_both_ends_of_the_range() -> None:
    found = filled(a=pl.DataFrame({"_time": [3, 1, 2, 4], "user": ["c", "a", "b", "d"]}))
    assert users(found.events(("a",), 2, 4)) == ["c", "b"]
    assert users(found.events(("a",), 0, float("inf"))) == ["d", "c", "b", "a"]


def test_of_two_at_one_time_the_last_written_stands_first() -> None:
    found = filled(a=pl.DataFrame({"_time": [1, 1], "user": ["a", "b"]}))
    found.add("a", pl.DataFrame({"_time": [1], "user": ["c"]}), now_s=1001)
    assert users(found.events(("a",), 0, 9)) == ["c", "b", "a"]


def test_every_event_has_its_first_fields() -> None:
    found = filled(a=pl.DataFrame({"_time": [1.5], "n": [7], "x": [0.25], "m": [["p", "q"]], "none": [None]}))
    event = found.events(("*",), 0, 9)
    assert event.columns == [*FIRST, "n", "x", "m"]
    row = event.row(0, named=True)
    assert (row["_time"], row["_indextime"], row["index"]) == (1.5, 1000.0, "a")
    assert (row["n"], row["x"], row["m"]) == ("7", "0.25", ["p", "q"])
    assert row["_raw"] == '1970-01-01T00:00:01.500Z n="7" x="0.25" m="p,q"'


def test_names_with_stars_leave_internal_indexes_out() -> None:
    table = pl.DataFrame({"_time": [1], "user": ["a"]})
    found = filled(main=table, mail=table, _audit=table)
    assert found.matching(("ma*",)) == ["mail", "main"]
    assert found.matching(("*",)) == ["mail", "main"]
    assert found.matching(("_*", "main")) == ["_audit", "main"]
    assert found.events(("nothing",), 0, 9).columns == list(FIRST)


def test_columns_of_different_writers_meet() -> None:
    found = filled(a=pl.DataFrame({"_time": [1], "m": ["p"]}))
    found.add("a", pl.DataFrame({"_time": [2], "m": [["q", "r"]], "only": ["x"]}), now_s=1001)
    event = found.events(("a",), 0, 9)
    assert event["m"].to_list() == [["q", "r"], ["p"]]
    assert event["only"].to_list() == ["x", None]


def test_an_index_is_not_made_by_writing() -> None:
    with pytest.raises(SplError, match="'b' does not exist"):
        filled().add("b", pl.DataFrame({"_time": [1]}), now_s=0)


def test_many_small_writes_stay_in_order() -> None:
    found = filled(a=pl.DataFrame({"_time": list(range(100)), "user": [f"u{n}" for n in range(100)]}))
    for number in range(3 * MOST_SEGMENTS):
        found.add("a", pl.DataFrame({"_time": [50], "user": [f"w{number}"]}), now_s=2000 + number)
    event = found.events(("a",), 50, 51)
    assert users(event) == [*(f"w{n}" for n in reversed(range(3 * MOST_SEGMENTS))), "u50"]
    assert found.count("a") == 100 + 3 * MOST_SEGMENTS


def test_writes_that_grow_are_merged_too() -> None:
    found = filled(a=pl.DataFrame({"_time": [0], "user": ["u"]}))
    for number in range(3 * MOST_SEGMENTS):
        found.add("a", pl.DataFrame({"_time": [number] * (number + 1)}), now_s=number)
        assert len(found._segments["a"]) <= MOST_SEGMENTS
    assert found.events(("a",), 10, 11).height == 11


def test_half_a_million_events_are_read_often_in_little_time() -> None:
    rows, reads = 500_000, 300
    numbers = np.arange(rows)
    table = pl.DataFrame({"_time": numbers.astype(float)}).with_columns(
        pl.Series(name, numbers % size).cast(pl.String) for name, size in (("user", 1000), ("dest", 300), ("src", 5000))
    )
    found = filled(a=table)
    found.events(("a",), 0, 1)
    begun = time.perf_counter()
    for number in range(reads):
        assert found.events(("a",), number * 1000, number * 1000 + 7200).height == 7200
    # 300 reads of two hours took 0.2 s on two cores; far more than that is a fault of the structure.
    assert time.perf_counter() - begun < 5


def test_only_the_sources_that_are_named_case_and_stars_as_in_search() -> None:
    found = Indexes()
    found.create("a")
    for number, source in enumerate(["AIScore - Scores", "AIScore - Learned", "a[b]", "ab"]):
        found.add("a", pl.DataFrame({"_time": [float(number)], "source": [source]}), 0)
    for _ in range(30):  # They become one segment.
        found.add("a", pl.DataFrame({"_time": [9.0], "source": ["x"]}), 0)

    def sources(*named: str) -> list[str]:
        return found.events(("a",), 0, 9, sources=named)["source"].to_list()

    assert sources("aiscore - *") == ["AIScore - Learned", "AIScore - Scores"]
    assert sources("A[B]") == ["a[b]"]
    assert sources("ab", "nothing") == ["ab"]
    assert sources("nothing") == []
    assert len(sources()) == 4
