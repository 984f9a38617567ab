"""Which days count, how much they weigh, and how much one owner may say: exact, whatever the order."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import polars as pl
import pytest

from models.features.ageing import Ageing, ages_of, fold
from models.features.baseline import Generation
from models.features.hashing import MISSING, code_of
from models.features.level import CategoryLevel
from models.features.partition import Partition, learn
from models.features.spec import EVERYONE, FeatureSpec, Field
from models.features.tally import Tally
from models.features.values import read_values

SPEC = FeatureSpec((Field("dest", "category"), Field("bytes", "number")), ("user",), "_time")


def day(*seen: tuple[str, str, int]) -> Partition:
    """(user, dest, how often)."""
    rows = [(user, dest, 100.0) for user, dest, times in seen for _ in range(times)]
    table = pl.DataFrame(rows, schema=["user", "dest", "bytes"], orient="row").with_columns(pl.lit(0.0).alias("_time"))
    values = read_values(table, SPEC)
    return learn(values, SPEC, np.ones(values.count, np.bool_))


DAYS = {
    "2026-01-31": day(("ann", "a", 3), ("bob", "b", 40)),
    "2026-01-30": day(("ann", "b", 2)),
    "2026-01-28": day(("ann", "a", 8), ("cid", "c", 1)),
}


def count(generation: Generation, level: str, dest: str) -> float:
    history = generation.levels[level, "dest"]
    assert isinstance(history, CategoryLevel)
    owner = code_of(level.partition("=")[2]) if "=" in level else 0
    codes = np.array([code_of(dest)], np.uint64)
    return float(history.look(np.zeros(1, np.int64), np.array([owner], np.uint64), codes, None).seen[0])


def files(ageing: Ageing, days: dict[str, Partition]) -> dict[str, bytes]:
    return fold(days, SPEC, ageing, {}).files(SPEC)


@pytest.mark.parametrize(
    "ageing",
    [Ageing(), Ageing(window_days=2), Ageing(half_life_days=2), Ageing(cap_share=0.3), Ageing(9, 3, 0.2)],
)
def test_the_order_of_learning_changes_nothing(ageing: Ageing) -> None:
    found = [files(ageing, {name: DAYS[name] for name in order}) for order in permutations(DAYS)]
    assert all(one == found[0] for one in found)


def test_without_ageing_a_baseline_is_the_plain_sum() -> None:
    plain = Generation.publish(Tally.merge(part.fold(SPEC) for part in DAYS.values()), SPEC, "3 days")
    assert files(Ageing(), DAYS) == plain.files(SPEC)
    assert files(Ageing(half_life_days=10**3), DAYS) == plain.files(SPEC), "a very long half-life rounds up to it"


def test_days_older_than_the_window_are_as_if_never_learned() -> None:
    young = {name: DAYS[name] for name in ("2026-01-31", "2026-01-30")}
    assert files(Ageing(window_days=2), DAYS) == files(Ageing(window_days=2), young) != files(Ageing(), DAYS)


def test_a_habit_fades_by_half_each_half_life_and_is_not_forgotten() -> None:
    """a: 3 today, 8 three days ago; b: 40 today, 2 yesterday; c: once, three days ago."""
    found = fold(DAYS, SPEC, Ageing(half_life_days=1), {})
    assert count(found, EVERYONE, "a") == 3 + 8 / 8
    assert count(found, EVERYONE, "b") == 40 + 2 / 2
    assert count(found, EVERYONE, "c") == 1, "an eighth, rounded up"
    older = fold({**DAYS, "2025-12-31": DAYS["2026-01-30"]}, SPEC, Ageing(400, 1), {})
    assert count(older, EVERYONE, "b") == 42, "what is a month old weighs next to nothing, rounded up"


def test_no_owner_counts_for_more_than_its_share() -> None:
    """bob has 40 of 54 rows: of everyone's he may have a quarter, 13.5; his own history stays."""
    found, plain = (fold(DAYS, SPEC, ageing, {}) for ageing in (Ageing(cap_share=0.25), Ageing()))
    assert count(plain, EVERYONE, "b") == 42
    assert count(found, EVERYONE, "b") == 13 + 2
    assert count(found, EVERYONE, "a") == count(plain, EVERYONE, "a") == 11
    for name, array in vars(plain.levels["user", "dest"]).items():
        assert np.array_equal(array, vars(found.levels["user", "dest"])[name])


@pytest.mark.parametrize("half_life_days", [0, 1])
def test_very_many_values_shown_once_are_no_way_around_the_cap(half_life_days: int) -> None:
    """bob shows 800 values once each, and 100 days before another 100; ann has 100 rows. A fifth of 1,000 is 200."""
    flood = day(*(("bob", f"made-up-{number}", 1) for number in range(800)), ("ann", "a", 100))
    older = day(*(("bob", f"older-{number}", 1) for number in range(100)))
    found = fold({"2026-01-31": flood, "2025-10-23": older}, SPEC, Ageing(400, half_life_days, 0.2), {})
    history = found.levels[EVERYONE, "dest"]
    assert isinstance(history, CategoryLevel)
    assert count(found, EVERYONE, "a") == 100 and history.count.min() >= 1
    assert 0.99 * (180 if half_life_days else 200) <= history.total[0] - 100 <= 200
    assert found.levels["user", "dest"].distinct.max() == 900, "its own history stays"


def test_rows_without_an_owner_are_nobodys() -> None:
    nobody = {"2026-01-31": day(("", "a", 90), ("ann", "b", 10))}
    assert nobody["2026-01-31"].keys[0] == MISSING
    assert count(fold(nobody, SPEC, Ageing(cap_share=0.5), {}), EVERYONE, "a") == 90


def test_ages_count_from_the_newest_day() -> None:
    assert ages_of(["2026-03-01", "2026-02-28", "2026-01-30"]) == {"2026-03-01": 0, "2026-02-28": 1, "2026-01-30": 30}
    assert Ageing(window_days=30).weights(["2026-03-01", "2026-01-30"]).keys() == {"2026-03-01"}


def test_nothing_learned_is_a_baseline_that_knows_nobody() -> None:
    found = fold({}, SPEC, Ageing(), {})
    assert found.rows == 0 and not found.warm["user"].any()
    assert Generation.from_files(found.files(SPEC), SPEC).rows == 0
