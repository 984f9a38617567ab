"""The context of the moment: right against a plain reference, the same however the rows are cut into chunks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import DataError
from models.features.context import DECAY_S, MAX_SCOPES, Memory, read_carry, with_context, write_carry

rows = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([0.0, 0.0, 1.0, 7.5]), st.integers(1, 2)), min_size=1, max_size=30
)


def reference(time: list[float], bits: list[float], scope: list[int]) -> list[float]:
    """Everything of the scope that is earlier, decayed, and the rest of the row's own moment."""
    return [
        sum(
            b * math.exp(-(time[i] - t) / DECAY_S)
            for j, (t, b, s) in enumerate(zip(time, bits, scope, strict=True))
            if s == scope[i] and t <= time[i] and j != i
        )
        for i in range(len(time))
    ]


def arrays(found: list[tuple[int, float, int]]) -> tuple[list[float], list[float], list[int]]:
    ordered = sorted(found, key=lambda row: row[0])
    return [row[0] * 300.0 for row in ordered], [row[1] for row in ordered], [row[2] for row in ordered]


@settings(max_examples=100, deadline=None)
@given(rows)
def test_context_is_the_decayed_surprise_of_the_others(found: list[tuple[int, float, int]]) -> None:
    time, bits, scope = arrays(found)
    around = with_context(np.array(bits), np.array(time), np.array(scope, np.uint64)).around
    assert np.allclose(around, reference(time, bits, scope))


@settings(max_examples=100, deadline=None)
@given(rows, st.integers(0, 30))
def test_chunks_cut_between_moments_change_nothing(found: list[tuple[int, float, int]], cut: int) -> None:
    time, bits, scope = (np.array(part) for part in arrays(found))
    cut = int(np.searchsorted(time, time[min(cut, len(time) - 1)]))
    whole = with_context(bits, time, scope.astype(np.uint64)).around
    first = with_context(bits[:cut], time[:cut], scope[:cut].astype(np.uint64))
    second = with_context(bits[cut:], time[cut:], scope[cut:].astype(np.uint64), first.carry)
    assert np.allclose(np.r_[first.around, second.around], whole)


def test_a_moment_cut_by_a_chunk_sees_what_came_before_it() -> None:
    first = with_context(np.array([3.0]), np.array([60.0]), np.zeros(1, np.uint64))
    second = with_context(np.array([1.0]), np.array([60.0]), np.zeros(1, np.uint64), first.carry)
    assert second.around.tolist() == [3.0]


def test_rows_that_run_backwards_are_put_in_order_and_told() -> None:
    time, bits, scope = np.array([0.0, 300.0, 600.0]), np.array([1.0, 2.0, 4.0]), np.zeros(3, np.uint64)
    ascending, backwards = with_context(bits, time, scope), with_context(bits[::-1], time[::-1], scope)
    assert np.array_equal(backwards.around[::-1], ascending.around) and backwards.carry == ascending.carry
    assert backwards.out_of_order.all() and not ascending.out_of_order.any()


def test_a_chunk_older_than_the_carry_starts_afresh_and_leaves_the_carry() -> None:
    scope = np.zeros(2, np.uint64)
    carry = with_context(np.ones(2), np.array([1000.0, 2000.0]), scope).carry
    older = with_context(np.ones(2), np.array([0.0, 300.0]), scope, carry)
    assert older.around[0] == 0.0 < older.around[1] < 1.0
    assert older.out_of_order.all() and older.carry == carry


def test_a_row_without_time_disturbs_no_other() -> None:
    found = with_context(np.ones(3), np.array([1.0, np.nan, 2.0]), np.zeros(3, np.uint64))
    assert np.isnan(found.around[1]) and found.around[0] == 0.0 and found.around[2] > 0.9
    assert found.out_of_order.tolist() == [False, True, False]


def test_the_carry_stays_below_four_kilobytes_and_keeps_the_strangest() -> None:
    memories = {code: Memory(0.0, float(code), 0.0) for code in range(1000)}
    carry = write_carry(memories)
    assert len(carry) <= 4096
    assert set(read_carry(carry)) == set(range(1000 - MAX_SCOPES, 1000))


@pytest.mark.parametrize(
    "carry",
    [b"x", b"AC1\0short", write_carry({1: Memory(0.0, -1.0, 0.0)}), write_carry({1: Memory(0.0, math.nan, 0.0)})],
)
def test_a_foreign_carry_is_refused(carry: bytes) -> None:
    with pytest.raises(DataError, match="carry"):
        read_carry(carry)
