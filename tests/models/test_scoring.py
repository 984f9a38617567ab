"""How a table is scored: in what order, how much at once, and what is kept meanwhile."""

from __future__ import annotations

import tracemalloc
import weakref
from typing import Any

import numpy as np
import polars as pl
import pytest

from models import event_id, scoring, text_kernels
from models.detectors.base import Contributions
from models.errors import DataError
from models.event_id import event_ids_of
from models.features import level_kernels
from models.features.baseline import Generation
from models.scoring import FAST_EXPLAIN_BATCH, Model
from models.texts import Pool
from models.trained import Inputs, Trained
from models.training import fit
from tests.models.tables import one, sign_ins
from tests.models.test_fit_and_score import PLAN, unsupervised


def many(rows: int) -> pl.DataFrame:
    """Events of which every seventh is stranger than the others."""
    dest = [f"secret{n}" if n % 7 == 0 else "host4" for n in range(rows)]
    return one()[np.zeros(rows, np.int64)].with_columns(dest=pl.Series(dest))


def watched(monkeypatch: pytest.MonkeyPatch) -> list[Inputs]:
    """What is explained from now on, batch by batch."""
    seen: list[Inputs] = []
    original = Trained.contributions

    def contributions(trained: Trained, inputs: Inputs, *given: Any) -> Contributions:
        seen.append(inputs)
        return original(trained, inputs, *given)

    monkeypatch.setattr(Trained, "contributions", contributions)
    return seen


@pytest.mark.parametrize("nthread", [1, 2])
def test_no_batch_is_larger_than_memory_allows(monkeypatch: pytest.MonkeyPatch, nthread: int) -> None:
    model, seen = unsupervised(), watched(monkeypatch)
    model.score(many(3 * FAST_EXPLAIN_BATCH), explain="all", nthread=nthread)
    sizes = [len(inputs.matrix) for inputs in seen]
    assert sum(sizes) == 3 * FAST_EXPLAIN_BATCH and max(sizes) <= FAST_EXPLAIN_BATCH
    assert len(seen) >= nthread


def test_the_highest_scores_are_explained_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "FAST_EXPLAIN_BATCH", 10)
    events = many(70)
    left = iter([1.0, 0.0])
    scored = unsupervised().score(events, explain="auto", time_left=lambda: next(left)).table
    explained = scored["ai_contributions"].is_not_null()
    assert explained.sum() == 20, "a look at the time before the second batch, and before the third"
    assert set(np.flatnonzero(explained.to_numpy())) >= set(range(0, 70, 7))
    every = unsupervised().score(events, explain="all").table
    assert scored.filter(explained).drop("ai_note").equals(every.filter(explained).drop("ai_note"))


def test_one_matrix_is_kept_while_rows_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []
    gone: list[bool] = []
    examine, explain = scoring.examine, scoring.reason_texts

    def examined(*given: Any) -> Any:
        encoded, facts = examine(*given)
        kept.append(weakref.ref(encoded.matrix))
        return encoded, facts

    def explained(*given: Any) -> pl.Series:
        gone.append(kept[0]() is None)
        return explain(*given)

    monkeypatch.setattr(scoring, "examine", examined)
    monkeypatch.setattr(scoring, "reason_texts", explained)
    unsupervised().score(one(), explain="all")
    assert gone == [True]


def test_no_table_waits_for_the_compiler_after_a_rehearsal() -> None:
    """Arrays of one row, of none, or of another layout are of another kind to it: none is passed on."""
    unsupervised().rehearse()
    before = compiled()
    events = many(300)
    for table in (events, events[:1], events[:0], events[:2], events.with_columns(user=pl.lit(""), dest=pl.lit(""))):
        for explain in ("all", "none", 1):
            unsupervised().score(table, explain=explain, nthread=2)
    Pool.of(pl.Series(["a"]), np.array([1e300]), "+.6g").lines(np.array([[0, 1]]))
    assert compiled() == before and len(before) > 5


def compiled() -> dict[str, int]:
    """How many kinds of arguments each compiled function of ours knows."""
    functions = {**vars(text_kernels), **vars(level_kernels)}
    return {name: len(found.signatures) for name, found in functions.items() if hasattr(found, "signatures")}


def test_ids_of_many_rows_are_made_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    table = many(20_000)
    whole, whole_bytes = ids_and_memory(table)
    monkeypatch.setattr(event_id, "ROW_BLOCK", 1_000)
    parts, parts_bytes = ids_and_memory(table)
    assert parts.equals(whole) and parts_bytes < 0.3 * whole_bytes


def ids_and_memory(table: pl.DataFrame) -> tuple[pl.Series, int]:
    tracemalloc.start()
    found = event_ids_of(table, ("_time", "user", "dest"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found, peak


@pytest.mark.parametrize("failure", [DataError("cut", field="x", mend="y"), KeyError("x"), ValueError("x")])
def test_files_that_cannot_be_read_say_the_same_whether_all_or_a_generation_is(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    model = unsupervised()
    fitted = fit(sign_ins(), PLAN)

    def broken(*given: Any) -> Generation:
        raise failure

    monkeypatch.setattr(Generation, "from_files", broken)
    for read in (
        lambda: Model.load("m", fitted.bundle, "b", fitted.generation, "g"),
        lambda: model.with_generation("m", "b", fitted.generation, "g"),
    ):
        with pytest.raises(DataError, match="the model's files cannot be read") as caught:
            read()
        assert (caught.value.field, caught.value.mend) == ("model", "fit the model again with this version")
