"""Numbers, ranks and lines written by compiled code, against Python's own."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.text_kernels import ranked
from models.texts import Pool, tenths_of, whole
from tests.models.plain_reasons import amount

FORMATS = ("+.6g", ",.6g")
HALVES = st.builds(lambda digits, power: (digits + 0.5) * 10.0**power, st.integers(0, 10**7), st.integers(-12, 14))
"""Numbers at, or as near as a float64 comes to, the half of a sixth digit."""
USUAL = st.builds(lambda number, power: number * 10.0**power, st.floats(-10, 10), st.integers(-8, 8))


def written(numbers: list[float], form: str) -> list[str]:
    pool = Pool.of(pl.Series(["", "="]), np.array(numbers, np.float64), form)
    return pool.lines(2 + np.arange(len(numbers))[:, None]).to_list()


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=400, deadline=None)
@given(st.lists(st.floats() | HALVES | USUAL | st.integers(-(10**9), 10**9).map(float), min_size=1, max_size=30))
@example([0.0, -0.0, 999999.5, 9999995.0, 0.00001, 0.0001, 99999.95, 1e-17, 1e22, 1e300, 5e-324, math.inf, math.nan])
@example([0.5, 2.5, 1000000.5, 1234565.0, 1234575.0, 0.1234565, 123456.5, 123457.5, -123456.5, 1e5, 1e6, 123456.0])
@example([1234567.0, -1234567.5, 1234566.5, 1.5e9, 123456789012345.0, 999999999999999.0, 999999999499999.9, 1e15])
def test_numbers_are_written_as_python_writes_them(form: str, numbers: list[float]) -> None:
    assert written(numbers, form) == [amount(number) if form == ",.6g" else format(number, form) for number in numbers]


def test_a_large_amount_is_written_whole() -> None:
    """Nobody reads bytes as powers of ten."""
    assert written([1323670123456.0, 999999.5, 1e15], ",.6g") == ["1,323,670,123,456", "1,000,000", "1e+15"]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.floats(0, 1e12) | st.integers(0, 10**6).map(lambda n: n / 20), min_size=1, max_size=30))
@example([0.05, 0.15, 0.25, 0.35, 0.45, 1.05, 2.675, 0.049999999999999996, 5e-324])
def test_tenths_are_rounded_as_python_rounds_them(numbers: list[float]) -> None:
    tenths = tenths_of(np.array(numbers))
    assert [f"{n // 10}.{n % 10}" for n in tenths.tolist()] == [f"{number:.1f}" for number in numbers]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([0.0, -0.0, 1.0, 1.5, 7.0]), min_size=7, max_size=7), max_size=9),
    st.integers(1, 7),
)
def test_the_strongest_come_first_and_of_equals_the_first(rows: list[list[float]], most: int) -> None:
    values = np.array(rows).reshape(-1, 7)
    assert np.array_equal(ranked(values, most), np.argsort(-values, axis=1, kind="stable")[:, :most])


TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r")), min_size=1, max_size=6)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.lists(st.floats(), max_size=4), st.data())
def test_lines_are_their_parts_put_together(texts: list[str], numbers: list[float], data: st.DataObject) -> None:
    spelled = [*texts, *(format(number, "+.6g") for number in numbers)]
    part = st.integers(-(10**18), len(spelled) - 1)
    rows = data.draw(st.lists(st.lists(part, min_size=3, max_size=3), max_size=6))
    stops = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=5))) + [len(rows)]
    each = ["".join(spelled[at] if at >= 0 else str(-1 - at) for at in row) for row in rows]
    pool, parts = Pool.of(pl.Series(texts), np.array(numbers, float), "+.6g"), np.array(rows, np.int64).reshape(-1, 3)
    assert pool.lines(parts).to_list() == each
    runs = ["".join(each[start:stop]) for start, stop in zip([0, *stops], stops, strict=False)]
    assert pool.lines(parts, np.array(stops)).to_list() == runs


def test_whole_numbers_are_written_whole() -> None:
    pool = Pool.of(pl.Series([""]), np.zeros(0), "+.6g")
    assert pool.lines(whole(np.array([[0], [9], [10], [2**53]]))).to_list() == ["0", "9", "10", str(2**53)]


def test_no_rows_give_no_lines() -> None:
    assert Pool.of(pl.Series(["a"]), np.zeros(0), "+.6g").lines(np.zeros((0, 4), np.int64)).to_list() == []


def test_a_part_that_is_not_there_is_refused() -> None:
    pool = Pool.of(pl.Series(["a"]), np.array([0.5]), "+.6g")
    with pytest.raises(IndexError):
        pool.lines(np.array([[2]]))
