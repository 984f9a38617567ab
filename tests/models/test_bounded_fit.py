"""A fit keeps no more than it needs: the text of the events goes first, then all but the examples."""

from __future__ import annotations

import tracemalloc
import weakref
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from models.examples import Examples, training_rows
from models.features import prequential
from models.features.baseline import Generation
from models.features.encode import encode
from models.features.partition import learn
from models.features.prequential import Canvas, Past, encode_past
from models.features.spec import FeatureSpec, Field
from models.features.values import Values, read_values
from models.history import History, read_history
from models.plan import FitPlan, resolve
from models.trained import inputs_of
from models.training import fit
from tests.models.tables import sign_ins

PLAN = FitPlan("m", entities=("user",))


def history_of(table: pl.DataFrame, plan: FitPlan) -> tuple[History, FeatureSpec]:
    spec = resolve(table, plan).spec
    return read_history(table, spec, plan), spec


@pytest.mark.parametrize("plan", [PLAN, replace(PLAN, scope="app"), replace(PLAN, time=None)])
def test_detectors_train_on_what_they_will_hear(plan: FitPlan) -> None:
    """The examples are put together apart from scoring, to need less memory: they must not differ from it."""
    history, spec = history_of(sign_ins(), plan)
    values, rows = history.values, np.arange(5, history.values.count, 2)
    generation = encode_past(values, spec, ~history.positive).generation
    encoded = encode(values, spec, generation)
    teaches = np.arange(values.count) % 3 > 0
    past = Past(encoded.matrix[rows], encoded.surprise.sum(axis=1), teaches, {}, generation)
    examples, heard = Examples.of(history, past, spec, rows), inputs_of(encoded, values, spec)
    assert np.array_equal(examples.matrix, heard.matrix[rows], equal_nan=True)
    assert np.allclose(examples.surprise, heard.surprise.score()[rows], rtol=1e-12, atol=0)
    assert np.array_equal(examples.teaches, teaches[rows])
    assert np.array_equal(np.asarray(examples.owners), values.entities["user"][rows])


def test_reading_field_by_field_is_reading_all() -> None:
    """Lists of values, the hour of day, missing cells, a field that owns a baseline and one that is not there."""
    fields = (Field("dest", "category"), Field("app", "multivalue"), Field("_time", "hour"), Field("bytes", "number"))
    spec = FeatureSpec((*fields, Field("absent", "category")), ("user", "dest"), "_time", "app")
    table = sign_ins().sample(fraction=1.0, shuffle=True, seed=4)
    lists = pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("$ssh$;$x$$y$")).otherwise(pl.lit(""))
    empty = pl.when(pl.int_range(pl.len()) % 7 > 0).then(pl.col("user", "dest", "bytes")).otherwise(pl.lit(""))
    table = table.with_columns(empty, lists.alias("__mv_app"))
    found = read_history(table, spec, PLAN).values
    order = np.argsort(table["_time"].cast(pl.Float64).to_numpy(), kind="stable")
    whole = read_values(table[order], spec)
    assert found.count == whole.count == table.height
    assert np.array_equal(np.asarray(found.time), np.asarray(whole.time))
    assert np.array_equal(found.scope, whole.scope) and set(found.tokens) == set(whole.tokens)
    for name, tokens in whole.tokens.items():
        assert np.array_equal(found.tokens[name].rows, tokens.rows), name
        assert np.array_equal(found.tokens[name].codes, tokens.codes), name
    for name, codes in whole.entities.items():
        assert np.array_equal(found.entities[name], codes), name
    assert np.array_equal(found.numbers["bytes"], whole.numbers["bytes"], equal_nan=True)


def test_the_table_is_gone_when_detectors_train() -> None:
    tables, seen = [sign_ins()], {}
    alive = weakref.ref(tables[0])
    fit(tables.pop(), PLAN, lambda share, words: seen.update({words: alive() is not None}))
    assert seen["reading fields"] and not seen["growing the forest"]


def test_values_are_gone_when_detectors_train(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []
    gone: list[tuple[str, bool]] = []

    def watched(*given: Any) -> History:
        history = read_history(*given)
        kept.append(weakref.ref(history.values))
        return history

    monkeypatch.setattr("models.training.read_history", watched)
    fit(sign_ins(), PLAN, lambda share, words: gone.append((words, kept[0]() is None)) if kept else None)
    assert ("encoding", False) in gone and ("growing the forest", True) in gone


def test_no_more_rows_train_than_were_asked_for_and_every_attack_does() -> None:
    attack = np.arange(sign_ins().height) % 10 == 7
    table = sign_ins().with_columns(label=pl.Series(attack.astype(int)))
    history, _ = history_of(table, replace(PLAN, label="label", max_rows=200))
    rows = training_rows(history, replace(PLAN, max_rows=200))
    every = training_rows(history, PLAN)
    assert len(rows) == 200 and set(rows) < set(every)
    assert history.positive[rows].sum() == history.positive[every].sum()
    assert np.abs(np.histogram(rows, 4)[0] - 50).max() <= 5


@pytest.mark.parametrize("attacks", [1, 2])
def test_the_share_that_is_kept_is_that_of_the_others(attacks: int) -> None:
    """Every attack is kept: counted with the others, they would make a day's rows seem fewer than they are."""
    attack = np.arange(sign_ins().height) % (3 - attacks) == 0
    table = sign_ins().with_columns(label=pl.Series(attack.astype(int)))
    history, spec = history_of(table, replace(PLAN, label="label"))
    rows = training_rows(history, replace(PLAN, max_rows=300))
    past = encode_past(history.values, spec, ~history.positive, rows=rows)
    every = training_rows(history, PLAN)
    others = int((~history.positive[every]).sum())
    sampled = int((~history.positive[rows]).sum())
    assert Examples.of(history, past, spec, rows).kept == (sampled / others if others else 0.0) < 1
    assert history.positive[rows].sum() == history.positive[every].sum()


WIDE = FeatureSpec(tuple(Field(f"f{n}", "number") for n in range(25)), (), "_time")


def wide_values(rows: int) -> Values:
    noise = np.random.default_rng(0).integers(0, 9, rows).astype(float)
    table = pl.DataFrame({"_time": np.arange(rows) * 1.0} | {f"f{n}": noise for n in range(25)})
    return read_values(table, WIDE)


def needed_mb(values: Values, rows: npt.NDArray[np.int64]) -> float:
    """The most that encoding all rows and keeping the columns of some needs at once (MB)."""
    generation = Generation.publish(learn(values, WIDE, np.ones(values.count, np.bool_)).fold(WIDE), WIDE)
    tracemalloc.start()
    Canvas.blank(values, WIDE, rows).encode(0, values.count, generation)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def test_encoding_needs_memory_for_its_result_and_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    values, none = wide_values(20_000), np.zeros(0, np.int64)
    result_mb = values.count * len(WIDE.columns()) * 4 / 1e6
    assert needed_mb(values, none) > result_mb
    monkeypatch.setattr(prequential, "BLOCK_ROWS", 1_000)
    assert needed_mb(values, none) < 0.3 * result_mb
    assert needed_mb(values, np.arange(values.count)) < 1.3 * result_mb
