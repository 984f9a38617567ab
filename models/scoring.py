"""Score events: a pure function of (chunk, carry, bundle, generation)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from models.arrays import Buffer
from models.contract import Contract
from models.detectors.base import Floats
from models.errors import DataError
from models.event_id import event_ids_of
from models.explain import contribution_texts, reason_texts
from models.features.baseline import Generation
from models.features.encode import Encoded, encode
from models.features.values import read_values
from models.fields import output_names
from models.risk import risk_of, severity_of
from models.trained import Inputs, Trained, inputs_of
from models.words import Witness

LEAST_FILLED = 0.5
"""A row with a smaller share of the model's fields is not scored: a guess would look like a score."""
EXPLAIN_BATCH = 64
SHOWN_VERSION = 12


@dataclass(frozen=True)
class Scored:
    """table: the output fields, one row per input row in the same order; carry: what the next chunk needs."""

    table: pl.DataFrame
    carry: bytes


@dataclass(frozen=True)
class Model:
    """A bundle and a generation, ready to score. Immutable; safe to share between threads."""

    id: str
    trained: Trained
    generation: Generation
    contract: Contract

    @classmethod
    def load(
        cls,
        name: str,
        bundle: Mapping[str, Buffer],
        bundle_version: str,
        generation: Mapping[str, Buffer],
        generation_version: str,
    ) -> Model:
        """A model from the files of its bundle and of a generation. Nothing in them is executed.

        Raises DataError when they are of another format, such as that of an older version.
        """
        try:
            trained = Trained.from_files(bundle)
            past = Generation.from_files(generation, trained.spec)
        except (KeyError, TypeError, ValueError) as error:
            what = f"the model's files cannot be read ({type(error).__name__}: {error})"
            raise DataError(what, field="model", mend="fit the model again with this version") from error
        shown = f"{name}@{bundle_version[:SHOWN_VERSION]}/{generation_version[:SHOWN_VERSION]}"
        return cls(shown, trained, past, Contract.of(trained.spec, trained.risk))

    def score(
        self,
        table: pl.DataFrame,
        *,
        carry: bytes = b"",
        explain: str | int = "auto",
        prefix: str = "ai_",
        time_left: Callable[[], float] | None = None,
        nthread: int = 1,
        whole: bool = False,
    ) -> Scored:
        """Score every row and explain the strangest first.

        explain: `all`, `none`, a number of rows, or `auto` (the first EXPLAIN_BATCH, and more while time_left() > 0;
        all without it); nthread: threads that score rows;
        whole: the table is the whole search, so that nothing is lost when its rows do not ascend in time.
        """
        values = read_values(table, self.trained.spec)
        encoded = encode(values, self.trained.spec, self.generation)
        inputs = inputs_of(encoded, values, self.trained.spec, carry, whole=whole)
        voices = self.trained.voices(inputs, nthread)
        margin = self.trained.margin.score(voices)
        score = self.trained.scale.score(margin)
        scored = encoded.filled >= LEAST_FILLED
        texts = self._explanations(table, inputs, _chosen(score, scored, explain), _patience(explain, time_left))
        columns = self._columns(table, voices, margin, score, scored)
        columns["ai_reasons"], columns["ai_contributions"] = texts.reasons, texts.contributions
        columns["ai_note"] = self._notes(table, encoded, inputs, scored, texts.done)
        return Scored(_output(columns, scored, prefix), inputs.carry)

    def _columns(
        self,
        table: pl.DataFrame,
        voices: Floats,
        margin: Floats,
        score: Floats,
        scored: npt.NDArray[np.bool_],
    ) -> dict[str, Any]:
        trained, count = self.trained, table.height
        grid = trained.anomaly_grid
        anomaly = np.interp(trained.margin.unsupervised(voices), grid, np.linspace(0.0, 1.0, len(grid)))
        complete = not self._absent(table)
        status = np.where(scored, "scored" if complete else "partial", "unscored")
        return {
            "ai_score": score,
            "ai_severity": severity_of(score, trained.thresholds),
            "ai_risk": risk_of(score),
            "ai_anomaly": np.round(anomaly, 6),
            "ai_threat": np.round(trained.platt.probability(margin), 6) if trained.platt else [None] * count,
            "ai_model": [self.id] * count,
            "ai_event_id": event_ids_of(table, trained.spec.ids),
            "ai_status": status,
        }

    def _absent(self, table: pl.DataFrame) -> bool:
        """Whether a field that the model reads is not in the table at all."""
        contract = self.contract
        return any(field not in table.columns for field in (*contract.inputs, *contract.entities, *contract.scope))

    def _explanations(
        self,
        table: pl.DataFrame,
        inputs: Inputs,
        rows: npt.NDArray[np.int64],
        patience: Callable[[], bool],
    ) -> Explanations:
        """Explain rows in the given order, batch by batch, while there is patience; the first batch in any case."""
        found = Explanations.none(table.height)
        sources = self.trained.spec.sources()
        for start in range(0, len(rows), EXPLAIN_BATCH):
            if start and not patience():
                break
            batch = rows[start : start + EXPLAIN_BATCH]
            heard = inputs.take(batch)
            phi = self.trained.contributions(heard).phi
            witness = Witness(table[batch], self.trained.spec, self.generation, heard.around)
            found.put(batch, reason_texts(phi, sources, witness), contribution_texts(phi, sources))
        return found

    def _notes(
        self,
        table: pl.DataFrame,
        encoded: Encoded,
        inputs: Inputs,
        scored: npt.NDArray[np.bool_],
        explained: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.object_]:
        """The words that apply to each row, `,` between, in the order of the closed list."""
        flags = {
            "unsupervised_only": np.full(table.height, self.trained.boost is None),
            "cold_entity": encoded.cold,
            "not_explained": ~explained,
            "missing_fields": np.full(table.height, self._absent(table)),
            "out_of_order": inputs.out_of_order,
        }
        return np.where(scored, _joined(flags), "bad_features")


@dataclass(frozen=True)
class Explanations:
    """Texts by row, and which rows have them."""

    reasons: list[str | None]
    contributions: list[str | None]
    done: npt.NDArray[np.bool_]

    @classmethod
    def none(cls, count: int) -> Explanations:
        return cls([None] * count, [None] * count, np.zeros(count, np.bool_))

    def put(self, rows: npt.NDArray[np.int64], reasons: list[str], contributions: list[str]) -> None:
        for row, reason, contribution in zip(rows.tolist(), reasons, contributions, strict=True):
            self.reasons[row], self.contributions[row] = reason, contribution
        self.done[rows] = True


def _joined(flags: Mapping[str, npt.NDArray[np.bool_]]) -> npt.NDArray[np.object_]:
    """The names of the flags that are up, `,` between, per row: one text per combination, not per row.

    >>> _joined({"a": np.array([True, False]), "b": np.array([True, True])}).tolist()
    ['a,b', 'b']
    """
    names = list(flags)
    combinations = range(1 << len(names))
    texts = [",".join(n for at, n in enumerate(names) if bits >> at & 1) for bits in combinations]
    chosen = sum((up.astype(np.int64) << at for at, up in enumerate(flags.values())), np.int64(0))
    return np.asarray(np.asarray(texts, dtype=object)[chosen])


def _chosen(score: Floats, scored: npt.NDArray[np.bool_], explain: str | int) -> npt.NDArray[np.int64]:
    """The rows to explain, highest score first."""
    if explain == "none":
        return np.zeros(0, np.int64)
    rows = np.flatnonzero(scored)
    rows = rows[np.argsort(-score[rows], kind="stable")]
    if explain in ("auto", "all"):
        return rows
    if not isinstance(explain, int) or explain < 0:
        raise DataError(f"unknown choice {explain!r}", field="explain", mend="use auto, all, none or a number of rows")
    return rows[:explain]


def _patience(explain: str | int, time_left: Callable[[], float] | None) -> Callable[[], bool]:
    if explain != "auto" or time_left is None:
        return lambda: True
    return lambda: time_left() > 0


def _output(columns: dict[str, Any], scored: npt.NDArray[np.bool_], prefix: str) -> pl.DataFrame:
    """All output fields in order; an unscored row keeps only its id, status and note."""
    kinds = {"ai_score": pl.Float64, "ai_anomaly": pl.Float64, "ai_threat": pl.Float64, "ai_risk": pl.Int64}
    kept = {"ai_event_id", "ai_status", "ai_note"}
    known = pl.Series(scored)
    series = []
    for name, shown in zip(output_names(), output_names(prefix), strict=True):
        column = pl.Series(shown, columns[name], dtype=kinds.get(name, pl.String))
        series.append(column if name in kept else column.zip_with(known, pl.Series([None], dtype=column.dtype)))
    return pl.DataFrame(series)
