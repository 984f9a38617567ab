"""Score events: a pure function of (chunk, carry, bundle, generation)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from models.arrays import Buffer
from models.contract import LEAST_FILLED, Contract
from models.detectors.base import Floats
from models.errors import DataError
from models.event_id import event_ids_of
from models.explain import contribution_texts, reason_texts
from models.features.baseline import Generation
from models.features.encode import examine
from models.features.values import Ints, read_values
from models.fields import output_names
from models.lacking import lacking
from models.risk import SEVERITIES, level_of, risk_of
from models.threads import in_threads
from models.trained import Engine, Inputs, Trained, inputs_of
from models.words import Witness

EXPLAIN_BATCH = 64
"""Rows explained between two looks at the time, where an explanation takes milliseconds."""
FAST_EXPLAIN_BATCH = 8192
"""The same where it takes microseconds."""
SHOWN_VERSION = 12
UNSCORED = frozenset(["ai_event_id", "ai_status", "ai_note"])
"""What an unscored row keeps."""


@dataclass(frozen=True)
class Scored:
    """table: the output fields, one row per input row in the same order; carry: what the next chunk needs; told: why
    some rows were not scored, in words, or empty."""

    table: pl.DataFrame
    carry: bytes
    told: str = ""


Texts = tuple[pl.Series, pl.Series]
"""Reasons and contributions of some rows."""


@dataclass(frozen=True)
class Asked:
    """How scores shall be explained: which rows, as long as `patience`, and by which engine."""

    rows: Ints
    patience: Callable[[], bool]
    engine: Engine
    nthread: int


@dataclass(frozen=True)
class Explanations:
    """Texts by row, null where a row has none; done: which rows have them."""

    reasons: pl.Series
    contributions: pl.Series
    done: npt.NDArray[np.bool_]


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
        with _reading():
            trained = Trained.from_files(bundle)
            past = Generation.from_files(generation, trained.spec)
        return cls(
            shown_id(name, bundle_version, generation_version), trained, past, Contract.of(trained.spec, trained.risk)
        )

    def with_generation(
        self, name: str, bundle_version: str, generation: Mapping[str, Buffer], generation_version: str
    ) -> Model:
        """The same bundle with another generation, from its files. DataError when they are of another format."""
        with _reading():
            past = Generation.from_files(generation, self.trained.spec)
        return replace(self, id=shown_id(name, bundle_version, generation_version), generation=past)

    def rehearse(self, nthread: int = 1) -> None:
        """Score and explain made-up events, so that no real one waits while tables are built and code is compiled.

        Raises whatever scoring raises where the model cannot score.
        """
        # Several: an array of one row is of another kind to the compiler.
        made_up = pl.DataFrame(dict.fromkeys((name for name, _ in self.contract.rows()), ["1"] * 3))
        self.score(made_up, explain="all", nthread=nthread)

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
        engine: Engine = "auto",
        warmup_h: float = 0.0,
    ) -> Scored:
        """Score every row, and explain the strangest first.

        explain: `all`, `none`, a number of rows, or `auto` (all while time_left() > 0, the first batch in any case);
        nthread: threads that share the work, which change nothing in the answer; whole: the table is the whole search,
        so that nothing is lost when its rows do not ascend in time; engine: `library` for the Shapley values of
        XGBoost and shap instead of our own; warmup_h: hours after the first row of each scope in which surprise counts
        less (see features/context.py).
        """
        trained, spec = self.trained, self.trained.spec
        values = read_values(table, spec)
        encoded, facts = examine(values, spec, self.generation)
        inputs = inputs_of(encoded, values, spec, carry, whole=whole, warmup_h=warmup_h, own=trained.own)
        voices = trained.voices(inputs, nthread)
        margin = trained.margin.score(voices)
        score = trained.scale.score(margin)
        scored, cold = encoded.filled >= LEAST_FILLED, encoded.cold
        groups = self.generation.called(values, spec, encoded.groups)
        del encoded  # the inputs hold what is needed of it: a second matrix is a lot of memory
        asked = Asked(*_chosen(score, scored, explain, time_left), engine, nthread)
        texts = self._explanations(
            inputs, asked, lambda: Witness(values, facts, spec, self.generation.span, inputs.around, groups)
        )
        columns = {
            "ai_score": pl.Series(score),
            "ai_severity": pl.Series(SEVERITIES).gather(level_of(score, trained.thresholds)),
            "ai_risk": pl.Series(risk_of(score)),
            "ai_anomaly": pl.Series(self._anomaly(voices)),
            "ai_threat": self._threat(margin),
            "ai_reasons": texts.reasons,
            "ai_contributions": texts.contributions,
            "ai_model": pl.Series([self.id]).new_from_index(0, table.height),
            "ai_event_id": event_ids_of(table, spec.ids),
            "ai_status": self._status(table, scored),
            "ai_note": self._notes(table, cold, inputs, scored, texts.done, trained.broken(inputs, values)),
        }
        return Scored(_output(columns, scored, prefix), inputs.carry, lacking(table, values, spec, ~scored))

    def _anomaly(self, voices: Floats) -> Floats:
        """The share of reference rows that are less strange to the unsupervised voices, at six decimals."""
        grid = self.trained.anomaly_grid
        shares = np.interp(self.trained.margin.unsupervised(voices), grid, np.linspace(0.0, 1.0, len(grid)))
        return np.round(shares, 6)

    def _threat(self, margin: Floats) -> pl.Series:
        platt = self.trained.platt
        if platt is None:
            return pl.Series([None], dtype=pl.Float64).new_from_index(0, len(margin))
        return pl.Series(np.round(platt.probability(margin), 6))

    def _status(self, table: pl.DataFrame, scored: npt.NDArray[np.bool_]) -> pl.Series:
        words = pl.Series(["unscored", "partial" if self._absent(table) else "scored"])
        return words.gather(scored.astype(np.uint32))

    def _absent(self, table: pl.DataFrame) -> bool:
        """Whether a field that the model reads is not in the table at all."""
        contract = self.contract
        return any(field not in table.columns for field in (*contract.inputs, *contract.entities, *contract.scope))

    def _explanations(self, inputs: Inputs, asked: Asked, witness: Callable[[], Witness]) -> Explanations:
        """Explain the rows in the given order while there is patience, a batch to each thread at once; the first
        batches in any case."""
        most = FAST_EXPLAIN_BATCH if asked.engine == "auto" and self.trained.explains_fast else EXPLAIN_BATCH
        nthread = asked.nthread if asked.engine == "auto" else 1  # the libraries' explainers are not for sharing
        batches: list[Ints] = []
        found: list[Texts] = []
        said = witness() if len(asked.rows) else None
        for start in range(0, len(asked.rows), most * nthread):
            if said is None or start and not asked.patience():
                break
            rows = np.sort(asked.rows[start : start + most * nthread])
            together = np.array_split(rows, min(nthread, len(rows)))
            found += in_threads(partial(self._texts, inputs, said, asked.engine), together, nthread)
            batches += together
        return _in_place(len(inputs.matrix), batches, found)

    def _texts(self, inputs: Inputs, witness: Witness, engine: Engine, rows: Ints) -> Texts:
        phi = self.trained.contributions(inputs.take(rows), 1, engine).phi
        return reason_texts(phi, rows, witness), contribution_texts(phi, self.trained.spec.sources())

    def _notes(
        self,
        table: pl.DataFrame,
        cold: npt.NDArray[np.bool_],
        inputs: Inputs,
        scored: npt.NDArray[np.bool_],
        explained: npt.NDArray[np.bool_],
        broken: npt.NDArray[np.bool_],
    ) -> pl.Series:
        """The words that apply to each row, `,` between, in the order of the closed list."""
        flags = {
            "unsupervised_only": np.full(table.height, self.trained.boost is None),
            "cold_entity": cold,
            "not_explained": ~explained,
            "missing_fields": np.full(table.height, self._absent(table)),
            "out_of_order": inputs.out_of_order,
            "quality": broken,
        }
        return _joined(flags, scored, "bad_features")


def shown_id(name: str, bundle_version: str, generation_version: str) -> str:
    """What `ai_model` says."""
    return f"{name}@{bundle_version[:SHOWN_VERSION]}/{generation_version[:SHOWN_VERSION]}"


@contextmanager
def _reading() -> Iterator[None]:
    """Whatever the files of a model make fail while they are read is a DataError that says what to do."""
    try:
        yield
    except DataError as error:
        raise _unreadable(error.message) from error
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        raise _unreadable(f"{type(error).__name__}: {error}") from error


def _unreadable(why: str) -> DataError:
    return DataError(
        f"the model's files cannot be read ({why})", field="model", mend="fit the model again with this version"
    )


def _joined(flags: Mapping[str, npt.NDArray[np.bool_]], known: npt.NDArray[np.bool_], otherwise: str) -> pl.Series:
    """The names of the flags that are up, `,` between, per known row: one text per combination, not per row.

    >>> up, both = np.array([True, False]), np.array([True, True])
    >>> _joined({"a": up, "b": both}, both, "no").to_list()
    ['a,b', 'b']
    """
    names = list(flags)
    last = 1 << len(names)
    texts = [",".join(n for at, n in enumerate(names) if bits >> at & 1) for bits in range(last)]
    chosen = sum((up.astype(np.uint32) << at for at, up in enumerate(flags.values())), np.uint32(0))
    return pl.Series([*texts, otherwise]).gather(np.where(known, chosen, last))


def _chosen(
    score: Floats, scored: npt.NDArray[np.bool_], explain: str | int, time_left: Callable[[], float] | None
) -> tuple[Ints, Callable[[], bool]]:
    """The rows to explain, highest score first unless all are explained anyhow, and whether there is patience left."""
    if not (explain in ("auto", "all", "none") or isinstance(explain, int) and explain >= 0):
        raise DataError(f"unknown choice {explain!r}", field="explain", mend="use auto, all, none or a number of rows")
    rows = np.flatnonzero(scored)
    if explain == "all" or (explain == "auto" and time_left is None):
        return rows, lambda: True
    rows = rows[np.argsort(-score[rows], kind="stable")]
    if explain == "auto":
        return rows, lambda: time_left is not None and time_left() > 0
    return rows[: 0 if explain == "none" else int(explain)], lambda: True


def _in_place(count: int, batches: Sequence[Ints], found: Sequence[Texts]) -> Explanations:
    """Texts that came batch by batch, each at its row."""
    done = np.zeros(count, np.bool_)
    if not batches:
        nothing = pl.Series([None], dtype=pl.String).new_from_index(0, count)
        return Explanations(nothing, nothing, done)
    rows = np.concatenate(batches)
    done[rows] = True
    reasons, contributions = (pl.concat(texts) for texts in zip(*found, strict=True))
    if not np.array_equal(rows, np.arange(count)):
        at = pl.Series(np.full(count, len(rows)), dtype=pl.UInt32).scatter(rows, np.arange(len(rows), dtype=np.uint32))
        reasons, contributions = (texts.extend_constant(None, 1).gather(at) for texts in (reasons, contributions))
    return Explanations(reasons, contributions, done)


def _output(columns: Mapping[str, pl.Series], scored: npt.NDArray[np.bool_], prefix: str) -> pl.DataFrame:
    """All output fields in order; an unscored row keeps only its id, status and note."""
    table = pl.DataFrame(
        [columns[name].alias(shown) for name, shown in zip(output_names(), output_names(prefix), strict=True)]
    )
    if scored.all():
        return table
    lost = [shown for name, shown in zip(output_names(), output_names(prefix), strict=True) if name not in UNSCORED]
    return table.with_columns(pl.when(pl.Series(scored)).then(pl.col(lost)))
