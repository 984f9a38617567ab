"""Shares and surprises against a slow, plain reference."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.features.level import CategoryLevel, NumberLevel
from models.features.level_kernels import lower_bound
from models.features.tally import Counts
from models.features.values import BUCKET_OFFSET

pairs = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 9)), min_size=1, max_size=60)


EVERYONE = np.zeros(1, np.uint64)


def share(level: CategoryLevel | NumberLevel, roster: np.ndarray, owners: np.ndarray, codes: np.ndarray, above: object):  # type: ignore[no-untyped-def]
    at = np.array([int(np.searchsorted(roster, o)) if o in roster else -1 for o in owners])
    return level.look(at, owners, codes, above).share  # type: ignore[arg-type]


def counts_of(seen: list[tuple[int, int]]) -> Counts:
    owners, codes = np.array(seen, np.uint64).T
    return Counts.tally(owners, codes)


def everyone(seen: list[tuple[int, int]], code: int) -> float:
    count = Counter(value for _, value in seen)
    rare = sum(1 for times in count.values() if times == 1)
    mass = sum(times for times in count.values() if times <= count[code]) if count[code] else rare
    return min(1.0, (mass + 0.5) / (len(seen) + 1))


def of_owner(seen: list[tuple[int, int]], owner: int, code: int) -> float:
    above = everyone(seen, code)
    count = Counter(value for who, value in seen if who == owner)
    if not count:
        return above
    mass = sum(times for times in count.values() if times <= count[code]) if count[code] else 0
    return min(1.0, (mass + len(count) * above) / (sum(count.values()) + len(count)))


@settings(max_examples=150, deadline=None)
@given(pairs, st.lists(st.tuples(st.integers(1, 5), st.integers(1, 11)), min_size=1, max_size=8))
def test_category_shares_are_those_of_the_reference(seen: list[tuple[int, int]], asked: list[tuple[int, int]]) -> None:
    owners, codes = np.array(asked, np.uint64).T
    counts = counts_of(seen)
    roster = np.unique(counts.owners)
    above = share(CategoryLevel.publish(counts.fold(), EVERYONE), EVERYONE, np.zeros_like(owners), codes, None)
    own = share(CategoryLevel.publish(counts, roster), roster, owners, codes, above)
    assert np.allclose(above, [everyone(seen, code) for _, code in asked])
    assert np.allclose(own, [of_owner(seen, owner, code) for owner, code in asked])


@settings(max_examples=150, deadline=None)
@given(pairs, st.lists(st.tuples(st.integers(1, 5), st.integers(0, 11)), min_size=1, max_size=8))
def test_number_shares_are_the_share_at_least_as_large(
    seen: list[tuple[int, int]], asked: list[tuple[int, int]]
) -> None:
    shifted = [(owner, value + BUCKET_OFFSET) for owner, value in seen]
    owners, codes = np.array([(o, v + BUCKET_OFFSET) for o, v in asked], np.uint64).T
    counts = counts_of(shifted)
    roster = np.unique(counts.owners)
    above = share(NumberLevel.publish(counts.fold(), EVERYONE), EVERYONE, np.zeros_like(owners), codes, None)
    own = share(NumberLevel.publish(counts, roster), roster, owners, codes, above)
    for (owner, value), top, found in zip(asked, above, own, strict=True):
        wanted = min(1.0, (sum(v >= value for _, v in seen) + 0.5) / (len(seen) + 1))
        history = [v for who, v in seen if who == owner]
        smooth = (sum(v >= value for v in history) + len(set(history)) * wanted) / max(
            len(history) + len(set(history)), 1
        )
        assert np.isclose(top, wanted)
        assert np.isclose(found, min(1.0, smooth) if history else wanted)


def test_a_rarer_value_is_never_less_surprising() -> None:
    seen = [(1, 1)] * 50 + [(1, 2)] * 10 + [(1, 3)] * 2 + [(1, 4)]
    level = CategoryLevel.publish(counts_of(seen).fold(), EVERYONE)
    shares = share(level, EVERYONE, np.zeros(5, np.uint64), np.array([1, 2, 3, 4, 99], np.uint64), None)
    assert (np.diff(shares) <= 0).all() and shares[0] > 0.99


def test_a_field_of_rare_values_only_surprises_nobody() -> None:
    level = CategoryLevel.publish(counts_of([(1, value) for value in range(1, 500)]).fold(), EVERYONE)
    assert share(level, EVERYONE, np.zeros(1, np.uint64), np.array([10_000], np.uint64), None)[0] > 0.99


def test_robust_z_is_zero_at_the_median_and_missing_for_strangers() -> None:
    counts = counts_of([(1, BUCKET_OFFSET + value) for value in range(40)])
    level = NumberLevel.publish(counts, np.array([1], np.uint64))
    z = level.z(np.array([0, 0, -1]), np.array([20.0, 60.0, 20.0]))
    assert abs(z[0]) < 0.1 and z[1] > 2 and np.isnan(z[2])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=80), st.lists(st.integers(0, 41), max_size=600))
def test_lookups_are_those_of_searchsorted(keys: list[int], wanted: list[int]) -> None:
    for kind in (np.uint64, np.int64):
        ordered, asked = np.sort(np.array(keys, kind)), np.array(wanted, kind)
        assert np.array_equal(lower_bound(ordered, asked), np.searchsorted(ordered, asked))


def test_an_empty_history_surprises_nobody() -> None:
    nothing = Counts.tally(np.zeros(0, np.uint64), np.zeros(0, np.uint64))
    owners, codes = np.ones(3, np.uint64), np.arange(3, dtype=np.uint64)
    for level in (CategoryLevel.publish(nothing, EVERYONE), NumberLevel.publish(nothing, EVERYONE)):
        assert share(level, EVERYONE, owners, codes, None).tolist() == [1.0, 1.0, 1.0]
