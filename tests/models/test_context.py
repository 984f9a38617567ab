"""The context of the moment: right against a plain reference, the same however the rows are cut into chunks."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import DataError
from models.features.carry import LOUDEST, MAX_SCOPES, Memory, read_carry, write_carry
from models.features.context import DECAY_S, MOST_OF_ONE, WARM_UP_WEIGHT, with_context

rows = st.lists(
    st.tuples(
        st.integers(0, 5), st.sampled_from([0.0, 0.0, 1.0, 7.5, 90.0]), st.integers(1, 2), st.sampled_from([4, 5, 6])
    ),
    min_size=1,
    max_size=30,
)
Rows = list[tuple[int, float, int, int]]


def reference(time: list[float], bits: list[float], scope: list[int], owner: list[int]) -> list[float]:
    """What the other entities of the scope have had until now, decayed, each at most so many bits."""

    def had(by: int, place: int, until: float) -> float:
        remembered, last = 0.0, -math.inf
        for t in sorted({t for t in time if t <= until}):
            shown = [b for x, b, s, o in zip(time, bits, scope, owner, strict=True) if (x, s, o) == (t, place, by)]
            remembered = min(remembered * math.exp(-(t - last) / DECAY_S) + sum(shown), MOST_OF_ONE)
            last = t
        return remembered * math.exp(-(until - last) / DECAY_S)

    return [sum(had(other, s, t) for other in set(owner) - {o}) for t, s, o in zip(time, scope, owner, strict=True)]


def arrays(found: Rows) -> tuple[list[float], list[float], list[int], list[int]]:
    ordered = sorted(found, key=lambda row: row[0])
    return [row[0] * 300.0 for row in ordered], *(list(part) for part in zip(*(r[1:] for r in ordered), strict=True))  # type: ignore[return-value]


@settings(max_examples=100, deadline=None)
@given(rows)
def test_context_is_the_decayed_surprise_of_the_other_entities(found: Rows) -> None:
    time, bits, scope, owner = arrays(found)
    around = with_context(np.array(bits), np.array(time), np.array(scope, np.uint64), np.array(owner, np.uint64)).around
    assert np.allclose(around, reference(time, bits, scope, owner))


@settings(max_examples=100, deadline=None)
@given(rows)
def test_without_entities_each_row_stands_for_itself(found: Rows) -> None:
    time, bits, scope, _ = arrays(found)
    around = with_context(np.array(bits), np.array(time), np.array(scope, np.uint64)).around
    wanted = [
        sum(
            b * math.exp(-(time[i] - t) / DECAY_S)
            for j, (t, b, s) in enumerate(zip(time, bits, scope, strict=True))
            if s == scope[i] and t <= time[i] and j != i
        )
        for i in range(len(time))
    ]
    assert np.allclose(around, wanted)


@settings(max_examples=100, deadline=None)
@given(rows, st.integers(0, 30))
def test_chunks_cut_between_moments_change_nothing(found: Rows, cut: int) -> None:
    time, bits, scope, owner = (np.array(part) for part in arrays(found))
    scope, owner = scope.astype(np.uint64), owner.astype(np.uint64)
    cut = int(np.searchsorted(time, time[min(cut, len(time) - 1)]))
    whole = with_context(bits, time, scope, owner, warmup_h=0.2)
    first = with_context(bits[:cut], time[:cut], scope[:cut], owner[:cut], warmup_h=0.2)
    second = with_context(bits[cut:], time[cut:], scope[cut:], owner[cut:], first.carry, warmup_h=0.2)
    assert np.allclose(np.r_[first.around, second.around], whole.around)
    assert np.array_equal(np.r_[first.weight, second.weight], whole.weight)


def test_an_entity_is_not_lifted_by_its_own_noise_however_long_it_lasts() -> None:
    time, scope = np.arange(600.0), np.zeros(600, np.uint64)
    owner = np.where(np.arange(600) % 100 == 99, 2, 1).astype(np.uint64)
    found = with_context(np.where(owner == 1, 50.0, 0.0), time, scope, owner)
    assert np.allclose(found.around[owner == 1], 0.0)
    assert (found.around[owner == 2] <= MOST_OF_ONE).all() and found.around[-1] > 0.99 * MOST_OF_ONE
    later = with_context(np.array([50.0, 0.0]), np.array([600.0, 600.0]), scope[:2], owner[98:100], found.carry)
    assert later.around[0] < 1e-9 and 0.99 * MOST_OF_ONE < later.around[1] <= MOST_OF_ONE


def test_the_loudest_entities_stay_known_among_many() -> None:
    owner = np.r_[7, np.arange(100, 300), 7].astype(np.uint64)
    bits = np.r_[150.0, np.ones(200), 0.0]
    found = with_context(bits, np.arange(202.0), np.zeros(202, np.uint64), owner)
    others = sum(math.exp(-(201.0 - t) / DECAY_S) for t in range(1, 201))
    assert found.around[-1] == pytest.approx(others)


def test_surprise_counts_less_while_a_scope_warms_up() -> None:
    time, scope = np.array([0.0, 3599.0, 3600.0, 3600.0]), np.array([1, 1, 1, 2], np.uint64)
    found = with_context(np.ones(4), time, scope, np.arange(4, dtype=np.uint64), warmup_h=1.0)
    assert found.weight.tolist() == [WARM_UP_WEIGHT, WARM_UP_WEIGHT, 1.0, WARM_UP_WEIGHT]
    assert found.around[1] == pytest.approx(WARM_UP_WEIGHT * math.exp(-3599.0 / DECAY_S))
    none = with_context(np.ones(4), time, scope, np.arange(4, dtype=np.uint64))
    assert none.weight.tolist() == [1.0] * 4


def test_the_beginning_of_a_scope_travels_in_the_carry() -> None:
    scope = np.zeros(1, np.uint64)
    first = with_context(np.ones(1), np.array([100.0]), scope, scope, warmup_h=1.0)
    assert read_carry(first.carry)[0].first_s == 100.0
    for time, weight in ((3699.0, WARM_UP_WEIGHT), (3700.0, 1.0)):
        assert with_context(np.ones(1), np.array([time]), scope, scope, first.carry, 1.0).weight[0] == weight


def test_a_scope_that_may_have_been_forgotten_does_not_warm_up_again() -> None:
    carry = write_carry({code: Memory(0.0, 0.0, 1.0) for code in range(MAX_SCOPES)})
    new, scope = np.array([10.0]), np.array([5000], np.uint64)
    assert with_context(np.ones(1), new, scope, scope, carry, 24.0).weight[0] == 1.0
    assert with_context(np.ones(1), new, scope, scope, b"", 24.0).weight[0] == WARM_UP_WEIGHT


def test_a_moment_cut_by_a_chunk_sees_what_came_before_it() -> None:
    first = with_context(np.array([3.0]), np.array([60.0]), np.zeros(1, np.uint64))
    second = with_context(np.array([1.0]), np.array([60.0]), np.zeros(1, np.uint64), carry=first.carry)
    assert second.around.tolist() == [3.0]


def test_rows_that_run_backwards_are_put_in_order_and_told() -> None:
    time, bits, scope = np.array([0.0, 300.0, 600.0]), np.array([1.0, 2.0, 4.0]), np.zeros(3, np.uint64)
    ascending, backwards = with_context(bits, time, scope), with_context(bits[::-1], time[::-1], scope)
    assert np.array_equal(backwards.around[::-1], ascending.around) and backwards.carry == ascending.carry
    assert backwards.out_of_order.all() and not ascending.out_of_order.any()


def test_a_chunk_older_than_the_carry_starts_afresh_and_leaves_the_carry() -> None:
    scope = np.zeros(2, np.uint64)
    carry = with_context(np.ones(2), np.array([1000.0, 2000.0]), scope).carry
    older = with_context(np.ones(2), np.array([0.0, 300.0]), scope, carry=carry)
    assert older.around[0] == 0.0 < older.around[1] < 1.0
    assert older.out_of_order.all() and older.carry == carry


def test_a_row_without_time_disturbs_no_other() -> None:
    found = with_context(np.ones(3), np.array([1.0, np.nan, 2.0]), np.zeros(3, np.uint64))
    assert np.isnan(found.around[1]) and found.around[0] == 0.0 and found.around[2] > 0.9
    assert found.out_of_order.tolist() == [False, True, False]


def test_the_carry_stays_below_four_kilobytes_and_keeps_the_strangest() -> None:
    memories = {
        code: Memory(0.0, 0.0, float(code), tuple((name, float(code)) for name in range(LOUDEST)))
        for code in range(1000)
    }
    carry = write_carry(memories)
    found = read_carry(carry)
    assert len(carry) <= 4096
    assert set(found) == set(range(1000 - MAX_SCOPES, 1000))
    assert sum(len(memory.loud) for memory in found.values()) == 49


def test_many_scopes_keep_the_strangest_of_the_chunk_and_of_the_carry() -> None:
    carry = write_carry({1_000: Memory(0.0, 0.0, 500.0), 1_001: Memory(0.0, 0.0, 1e-9)})
    codes = np.arange(200, dtype=np.uint64)
    found = read_carry(with_context(codes.astype(float), np.ones(200), codes, codes, carry).carry)
    assert set(found) == {1_000, *range(101, 200)}


def sealed(**changed: float) -> bytes:
    return write_carry({1: Memory(**{"time_s": 9.0, "first_s": 1.0, "bits": 2.0} | changed)})


@pytest.mark.parametrize(
    "carry",
    [
        b"x",
        b"AC1\0" + bytes(32),
        b"AC2\0short",
        sealed()[:-1],
        sealed() + bytes(5),
        sealed() + struct.pack("<HQd", 1, 7, 1.0),
        sealed() + struct.pack("<HQd", 0, 7, math.nan),
        sealed() + struct.pack("<HQd", 0, 7, -1.0),
        sealed() + struct.pack("<HQd", 0, 7, 1.0) * (LOUDEST + 1),
        sealed(bits=-1.0),
        sealed(bits=math.nan),
        sealed(bits=1e300),
        sealed(time_s=math.inf),
        sealed(first_s=10.0),
        sealed(first_s=math.nan),
    ],
)
def test_a_foreign_carry_is_refused(carry: bytes) -> None:
    with pytest.raises(DataError, match="carry"):
        read_carry(carry)
