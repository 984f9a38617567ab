"""Sums of counts: those that grow by a part at a time are those of all parts together, and hold little more."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl
import pytest

from models.features.ageing import Ageing, fold
from models.features.baseline import Generation
from models.features.partition import Partition, learn
from models.features.spec import FeatureSpec, Field
from models.features.tally import Counts, Runs, Tally
from models.features.values import read_values

SPEC = FeatureSpec((Field("dest", "category"), Field("bytes", "number")), ("user", "src"), "_time")


def part(rng: np.random.Generator, length: int, owners: int = 50) -> Counts:
    return Counts.sum(
        rng.integers(0, owners, length).astype(np.uint64) << np.uint64(60),  # where int64 and float64 would fail
        rng.integers(0, 2, length).astype(np.uint64) + np.uint64(2**64 - 3),
        rng.integers(1, 2**50, length),
    )


def together(parts: list[Counts]) -> Counts:
    """All at once: laid one after the other, then sorted and added up."""
    return Counts.sum(*(np.concatenate([getattr(p, n) for p in parts]) for n in ("owners", "codes", "counts")))


def same(one: Counts, other: Counts) -> bool:
    return all(
        getattr(one, name).dtype == getattr(other, name).dtype
        and np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("owners", "codes", "counts")
    )


@pytest.mark.parametrize("lengths", [[0], [5], [0, 0], [3, 0, 9], [100] * 9, [1, 2, 4, 8, 16, 32], [64, 8, 1, 1, 1]])
@pytest.mark.parametrize("seed", range(4))
def test_a_sum_that_grows_is_that_of_all_parts_at_once(lengths: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    parts = [part(rng, length) for length in lengths]
    assert same(Counts.merge(parts), together(parts))
    assert same(Counts.merge(reversed(parts)), together(parts))


def test_a_sum_that_grows_holds_at_most_twice_its_longest_run() -> None:
    rng, runs = np.random.default_rng(1), Runs()
    for _ in range(40):
        runs.add(part(rng, int(rng.integers(1, 400)), 2**4))
        lengths = [len(run.codes) for run in runs._runs]
        assert sum(lengths) <= 2 * lengths[0]


def day(seed: int) -> Partition:
    rng = np.random.default_rng(seed)
    names = {name: pl.Series(rng.integers(0, 30, 500)).cast(pl.String) for name in ("user", "src", "dest", "bytes")}
    values = read_values(pl.DataFrame(names | {"_time": pl.repeat("0", 500, eager=True)}), SPEC)
    return learn(values, SPEC, np.ones(values.count, np.bool_))


class Watched(Mapping[str, Partition]):
    """Days that are made when they are asked for; most: how many there were at once."""

    def __init__(self, count: int) -> None:
        self._names = [f"2026-01-{number:02d}" for number in range(1, count + 1)]
        self._made: list[weakref.ref[Partition]] = []
        self.most = 0

    def __getitem__(self, name: str) -> Partition:
        found = day(self._names.index(name))
        self._made.append(weakref.ref(found))
        self.most = max(self.most, sum(made() is not None for made in self._made))
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def test_a_fold_opens_a_day_after_the_other_and_keeps_none() -> None:
    days = Watched(12)
    fold(days, SPEC, Ageing(), {})
    assert days.most <= 2, "the one that is added, and the one before until its name is taken"


@pytest.mark.parametrize("ageing", [Ageing(), Ageing(half_life_days=2), Ageing(cap_share=0.1)])
def test_a_fold_of_days_one_by_one_is_that_of_all_at_once(ageing: Ageing) -> None:
    days = {name: day(number) for number, name in enumerate(Watched(5))}
    weights = ageing.weights(days)
    told = [
        {
            key: Counts(c.owners, c.codes, c.counts * (weights[name] if ageing.half_life_days else 1))
            for key, c in days[name].fold(SPEC).tables.items()
        }
        for name in days
    ]
    tally = Tally({key: together([tables[key] for tables in told]) for key in told[0]})
    assert all(same(counts, tally.tables[key]) for key, counts in Tally.merge(map(Tally, told)).tables.items())
    if ageing == Ageing():
        assert fold(days, SPEC, ageing, {}).files(SPEC) == Generation.publish(tally, SPEC, "5 days").files(SPEC)


@pytest.mark.parametrize(("times", "kind"), [(2**32 - 2, np.uint32), (2**32 - 1, np.uint64), (2**52, np.uint64)])
def test_counts_that_do_not_fit_32_bits_are_kept_in_64(times: int, kind: type) -> None:
    """Two owners, one of whom showed one value so often and another once; everyone together once more."""
    spec = FeatureSpec((Field("dest", "category"),), ("user",))
    owners, codes = np.array([1, 1, 2], np.uint64), np.array([5, 6, 5], np.uint64)
    counts = np.array([times - 1, 1, 1])
    rows = Counts(np.array([1, 2], np.uint64), np.zeros(2, np.uint64), np.array([times, 1]))
    tally = Tally({("user", ""): rows, ("user", "dest"): Counts(owners, codes, counts)})
    kept = Generation.publish(tally, spec).files(spec)
    history = Generation.from_files(kept, spec).levels["user", "dest"]
    assert history.total.dtype == kind and history.total.tolist() == [times, 1]
    found = history.look(np.zeros(2, np.int64), np.ones(2, np.uint64), codes[:2], np.full(2, 0.25))
    assert found.seen.tolist() == [times - 1, 1]
    assert found.share == pytest.approx([(times + 0.5) / (times + 2), (1 + 0.5) / (times + 2)], rel=1e-12)
