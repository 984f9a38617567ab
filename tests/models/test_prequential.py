"""The past is encoded as the future will be: earlier days only. The bugs it guards against are planted here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from models.detectors.base import Matrix
from models.detectors.forest import Forest
from models.features import baseline
from models.features import prequential as prequential_module
from models.features.baseline import Generation
from models.features.encode import Encoded, encode
from models.features.partition import Partition, learn
from models.features.prequential import Past, encode_past, periods_of, span_of, warm_up_rows
from models.features.spec import FeatureSpec, Field
from models.features.tally import Tally
from models.features.values import Values, read_values
from tests.models.tables import DAY_S, START_S, one, sign_ins

SPEC = FeatureSpec((Field("dest", "category"), Field("app", "category"), Field("bytes", "number")), ("user",), "_time")
Encoder = Callable[[Values, FeatureSpec], Matrix]


def prequential(values: Values, spec: FeatureSpec) -> Matrix:
    return encode_past(values, spec, np.ones(values.count, np.bool_)).matrix


def in_sample(values: Values, spec: FeatureSpec) -> Matrix:
    """The bug: rows are encoded against a baseline that holds them."""
    return encode(values, spec, learned(values, spec)).matrix


def learned(values: Values, spec: FeatureSpec) -> Generation:
    return Generation.publish(learn(values, spec, np.ones(values.count, np.bool_)).fold(spec), spec)


def novelty_auroc(encoder: Encoder) -> float:
    """How well a forest on the columns of novelty tells first-time sign-ins from usual ones on the next day."""
    novelty = [n for n, column in enumerate(SPEC.columns()) if column.name.endswith(".new")]
    history = read_values(sign_ins(days=8), SPEC)
    matrix = encoder(history, SPEC)[history.count // 8 :, novelty]
    usual = [one(user=f"user{u}", dest=f"host{3 * u + k}", bytes="3000") for u in range(8) for k in range(3)]
    strange = [one(user=f"user{u}", dest=f"host{(3 * u + 9) % 24}", bytes="3000") for u in range(8)]
    test = encode(read_values(pl.concat(usual + strange), SPEC), SPEC, learned(history, SPEC)).matrix[:, novelty]
    score = Forest.fit(matrix, 7, trees=100).score(test)
    return float(roc_auc_score(np.r_[np.zeros(len(usual)), np.ones(len(strange))], score))


def test_a_forest_learns_novelty_from_prequential_encoding() -> None:
    assert novelty_auroc(prequential) > 0.9


def test_in_sample_encoding_would_fail() -> None:
    """Inside its own baseline nothing is ever new, so the forest never learns to look."""
    history = read_values(sign_ins(days=8), SPEC)
    new = [column.name for column in SPEC.columns()].index("dest@user.new")
    assert np.nansum(in_sample(history, SPEC)[:, new]) == 0 < np.nansum(prequential(history, SPEC)[:, new])
    assert novelty_auroc(in_sample) <= 0.5


def test_each_day_sees_earlier_days_only() -> None:
    """The first row of a value is new; a later row of the same day is new as well, of the next day is not."""
    time = [0.0, 1.0, 1.0 * DAY_S, 1.5 * DAY_S, 2.0 * DAY_S]
    table = pl.DataFrame({"_time": time, "dest": ["a", "a", "b", "b", "b"]})
    spec = FeatureSpec((Field("dest", "category"),), (), "_time")
    new = prequential(read_values(table, spec), spec)[:, 1]
    assert new.tolist() == [1.0, 1.0, 1.0, 1.0, 0.0]


def test_the_first_period_trains_nothing() -> None:
    values = read_values(sign_ins(days=4), SPEC)
    past = encode_past(values, SPEC, np.ones(values.count, np.bool_))
    assert warm_up_rows(values) == int((np.asarray(values.time) < START_S + DAY_S).sum())
    assert warm_up_rows(replace(values, time=None)) == 0
    assert list(past.partitions) == ["2023-11-15", "2023-11-16", "2023-11-17", "2023-11-18"]


@pytest.mark.parametrize(("days", "periods"), [(1, 10), (2, 10), (3, 3)])
def test_fewer_than_three_days_become_ten_blocks(days: int, periods: int) -> None:
    assert len(periods_of(read_values(sign_ins(days=days), SPEC))) == periods


def test_how_much_past_there_is_in_words() -> None:
    def span(table: pl.DataFrame, spec: FeatureSpec) -> str:
        values = read_values(table, spec)
        return span_of(values, periods_of(values))

    assert span(sign_ins(days=4), SPEC) == "4 days"
    assert span(sign_ins(days=1), SPEC) == "23 hours"
    assert span(sign_ins(days=4), replace(SPEC, time=None)) == "384 rows"


def test_a_long_history_is_encoded_several_days_at_a_time_but_learned_daily() -> None:
    table = pl.DataFrame({"_time": [n * DAY_S / 4 for n in range(800)], "dest": ["a", "b"] * 400})
    spec = FeatureSpec((Field("dest", "category"),), (), "_time")
    values = read_values(table, spec)
    past = encode_past(values, spec, np.ones(values.count, np.bool_))
    assert len(past.partitions) == 200
    new = past.matrix[:, 1]
    assert new[:2].tolist() == [1.0, 1.0] and new[20:].sum() == 0


def test_trimming_asks_a_rows_own_past_only() -> None:
    """A value that comes back later is as strange on its first day as one that never does: neither teaches."""
    strange = [one(dest=f"odd{n}", app=f"odd{n}", bytes="9e9", _time=str(START_S + 3 * DAY_S + n)) for n in (1, 2)]
    again = one(dest="odd1", app="odd1", bytes="9e9", _time=str(START_S + 5 * DAY_S))
    table = pl.concat([sign_ins(), *strange, again]).sort(pl.col("_time").cast(pl.Float64))
    values = read_values(table, SPEC)
    past = encode_past(values, SPEC, np.ones(values.count, np.bool_), trim=0.01)
    odd = table["dest"].str.starts_with("odd").to_numpy()
    assert not past.teaches[odd].any()
    assert past.teaches.mean() > 0.97
    spared = encode_past(values, SPEC, np.ones(values.count, np.bool_), trim=0.01, spared=odd)
    assert spared.teaches[odd].all() and not spared.teaches.all()


def test_without_a_clock_the_strangest_are_trimmed_but_for_the_spared() -> None:
    spec = FeatureSpec((Field("dest", "category"), Field("app", "category")))
    table = pl.DataFrame({"dest": ["a"] * 99 + ["odd"], "app": ["b"] * 99 + ["odd"]})
    values, all_rows = read_values(table, spec), np.ones(100, np.bool_)
    assert np.flatnonzero(~encode_past(values, spec, all_rows, trim=0.01).teaches).tolist() == [99]
    assert encode_past(values, spec, all_rows, trim=0.01, spared=np.arange(100) == 99).teaches.all()


def test_without_a_clock_no_row_stands_in_its_own_baseline() -> None:
    spec = FeatureSpec((Field("dest", "category"),))
    table = pl.DataFrame({"dest": [f"v{n}" for n in range(20)]})
    past = encode_past(read_values(table, spec), spec, np.ones(20, np.bool_))
    assert past.matrix[:, 1].tolist() == [1.0] * 20


@pytest.mark.parametrize("spec", [SPEC, replace(SPEC, time=None)], ids=["along time", "across folds"])
def test_the_size_of_a_block_changes_nothing(monkeypatch: pytest.MonkeyPatch, spec: FeatureSpec) -> None:
    values = read_values(sign_ins(), spec)
    whole, blocks = (encoded_in(rows, values, spec, monkeypatch) for rows in (values.count, 7))
    assert np.array_equal(whole.matrix, blocks.matrix, equal_nan=True)
    assert np.array_equal(whole.surprise, blocks.surprise) and np.array_equal(whole.teaches, blocks.teaches)
    assert whole.partitions == blocks.partitions


def encoded_in(rows: int, values: Values, spec: FeatureSpec, monkeypatch: pytest.MonkeyPatch) -> Past:
    """The past encoded in blocks of so many rows."""
    monkeypatch.setattr(prequential_module, "BLOCK_ROWS", rows)
    return encode_past(values, spec, np.ones(values.count, np.bool_), trim=0.02)


@pytest.mark.parametrize("spec", [SPEC, replace(SPEC, time=None)], ids=["along time", "across folds"])
def test_only_the_columns_of_the_rows_asked_for_are_kept(spec: FeatureSpec) -> None:
    values = read_values(sign_ins(), spec)
    teaches, some = np.ones(values.count, np.bool_), np.array([3, 100, 101, values.count - 1])
    every, few = (encode_past(values, spec, teaches, rows=rows) for rows in (None, some))
    assert few.matrix.shape == (4, len(spec.columns()))
    assert np.array_equal(few.matrix, every.matrix[some], equal_nan=True)
    assert np.array_equal(few.surprise, every.surprise)


@pytest.mark.parametrize("spec", [SPEC, replace(SPEC, entities=("dest", "user")), replace(SPEC, entities=())])
def test_a_partition_comes_back_from_its_five_files(spec: FeatureSpec) -> None:
    values = read_values(sign_ins(), spec)
    part = learn(values, spec, np.arange(values.count) % 5 > 0)
    assert len(part.files()) == 5
    assert_same(Partition.from_files(part.files()), part)
    often = replace(part, tables={name: replace(c, counts=c.counts * 300) for name, c in part.tables.items()})
    assert_same(Partition.from_files(often.files()), often)


def test_a_day_that_taught_nothing_comes_back_from_its_files() -> None:
    part = learn(read_values(sign_ins(), SPEC).slice(0, 0), SPEC, np.zeros(0, np.bool_))
    assert_same(Partition.from_files(part.files()), part)


def test_rows_that_do_not_teach_leave_no_trace() -> None:
    table = sign_ins()
    values = read_values(table, SPEC)
    teaches = np.arange(values.count) % 3 != 0
    without = learn(read_values(table.filter(pl.Series(teaches)), SPEC), SPEC, np.ones(int(teaches.sum()), np.bool_))
    assert_same(learn(values, SPEC, teaches), without)


def test_days_add_up_in_any_order_and_a_day_can_be_taken_back() -> None:
    values = read_values(sign_ins(), SPEC)
    days = [values.slice(p.start, p.stop) for p in periods_of(values)]
    parts = [learn(day, SPEC, np.ones(day.count, np.bool_)) for day in days]
    tallies = [part.fold(SPEC) for part in parts]
    assert_same(Tally.merge(tallies), Tally.merge(tallies[::-1]))
    assert_same(Tally.merge(tallies), learn(values, SPEC, np.ones(values.count, np.bool_)).fold(SPEC))
    rest = Generation.publish(Tally.merge(tallies[1:]), SPEC).files(SPEC)
    rows = values.slice(days[0].count, values.count)
    never = Generation.publish(learn(rows, SPEC, np.ones(rows.count, np.bool_)).fold(SPEC), SPEC).files(SPEC)
    assert rest == never


def test_a_generation_comes_back_from_its_files() -> None:
    values = read_values(sign_ins(), SPEC)
    found = encode_past(values, SPEC, np.ones(values.count, np.bool_)).generation
    again = Generation.from_files(found.files(SPEC), SPEC)
    for key, level in found.levels.items():
        for name, array in vars(level).items():
            assert np.array_equal(vars(again.levels[key])[name], array), (key, name)
    assert np.array_equal(encode(values, SPEC, again).matrix, encode(values, SPEC, found).matrix, equal_nan=True)
    assert (again.span, again.rows) == ("6 days", values.count)


@pytest.mark.parametrize("count", [1, 40])
def test_the_number_of_files_does_not_grow_with_the_fields(count: int) -> None:
    spec = FeatureSpec(tuple(Field(f"f{n}", "category" if n % 2 else "number") for n in range(count)), ("user",))
    table = pl.DataFrame({"user": ["a", "b"] * 10} | {f"f{n}": range(n, n + 20) for n in range(count)})
    generation = learned(read_values(table, spec), spec)
    assert len(generation.files(spec)) <= 1 + 2 * 6 + 2
    assert set(Generation.from_files(generation.files(spec), spec).levels) == set(generation.levels)


def newcomer(history_rows: int) -> Encoded:
    """A user with so many rows of history signs in where everybody does."""
    table = sign_ins()
    rows = [one(user="joiner", dest="host1", _time=str(START_S + n)) for n in range(history_rows)]
    generation = learned(read_values(pl.concat([*rows, table]), SPEC), SPEC)
    return encode(read_values(one(user="joiner", dest="host2"), SPEC), SPEC, generation)


def entity_columns(encoded: Encoded) -> Any:
    at = [n for n, column in enumerate(SPEC.columns()) if "@user" in column.name]
    return encoded.matrix[0, at]


def test_a_cold_entity_is_missing_not_surprising() -> None:
    for history in (0, 1, baseline.MIN_HISTORY_ROWS - 1):
        found = newcomer(history)
        assert np.isnan(entity_columns(found)).all() and found.cold[0]
        assert found.surprise[0, 0] == 0.0
    assert not np.isnan(entity_columns(newcomer(baseline.MIN_HISTORY_ROWS))).any()


def test_surprise_for_cold_entities_would_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "MIN_HISTORY_ROWS", 1)
    found = newcomer(9)
    assert not np.isnan(entity_columns(found)).any() and found.surprise[0, 0] > 0.0


def assert_same(one_part: Partition | Tally, other: Partition | Tally) -> None:
    if isinstance(one_part, Partition) and isinstance(other, Partition):
        assert one_part.entities == other.entities and np.array_equal(one_part.members, other.members)
    assert one_part.tables.keys() == other.tables.keys()
    for key, counts in one_part.tables.items():
        for part in ("owners", "codes", "counts"):
            assert np.array_equal(getattr(counts, part), getattr(other.tables[key], part)), key
