"""Fit a model: from a table of past events to a bundle, a generation and a card."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from models.arrays import array_bytes
from models.calibration import Platt
from models.detectors.base import Floats, Matrix
from models.detectors.boost import Boost
from models.detectors.ensemble import UNLABELLED_WEIGHTS, VOICES, Margin, learn_weights
from models.detectors.forest import Forest
from models.errors import DataError
from models.features.baseline import Generation
from models.features.context import with_context
from models.features.encode import encode
from models.features.partition import Partition, learn
from models.features.prequential import Past, encode_past
from models.features.spec import FeatureSpec
from models.features.values import Values, read_values
from models.folds import Mask, out_of_fold
from models.labels import MIN_POSITIVES, read_labels
from models.plan import FitPlan, Resolved, resolve
from models.scale import Scale
from models.trained import Inputs, Trained, inputs_of

TRIM_SHARE = 0.005
"""Without labels, the strangest rows (one in 200) do not teach: an attack in the past must not become normal."""

QUIET_BITS = 50.0
"""Surroundings whose median surprise is below this are quiet: a handful of rare values in half an hour."""

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Fit:
    """The result of a fit as files: the bundle, the generation, the learned days by name; and the model's card."""

    bundle: dict[str, bytes]
    generation: dict[str, bytes]
    partitions: dict[str, dict[str, bytes]]
    card: dict[str, Any]


@dataclass(frozen=True)
class History:
    """The rows of a fit in the order of learning, with their labels and which of them may teach.

    quiet: whether the surroundings of a row are usually quiet, so that noise around it means something.
    """

    values: Values
    positive: Mask
    known: Mask
    teaches: Mask
    quiet: bool

    @property
    def labelled(self) -> bool:
        return int((self.positive & self.known).sum()) >= MIN_POSITIVES

    @property
    def owners(self) -> npt.NDArray[np.uint64] | None:
        return next(iter(self.values.entities.values()), None)


def fit(table: pl.DataFrame, plan: FitPlan, progress: Progress = lambda share, words: None) -> Fit:
    """Fit a model. table: events, strings or typed; progress: called with a share 0..1 and words.

    Raises DataError naming the field and the mend when the data cannot carry the plan.
    """
    progress(0.0, "reading fields")
    resolved = resolve(table, plan)
    history = _history(table, resolved.spec, plan)
    progress(0.1, "learning baselines")
    spec = replace(resolved.spec, context=history.quiet)
    past = encode_past(history.values, spec, history.teaches, lambda s: progress(0.1 + 0.4 * s, "encoding"))
    inputs = inputs_of(past.encoded, history.values, spec)
    trained = _train(inputs, past, history, plan, replace(resolved, spec=spec), progress)
    progress(1.0, "done")
    return Fit(
        bundle=trained.files(),
        generation=past.generation.files(spec),
        partitions={name: partition_files(part) for name, part in past.partitions.items()},
        card=trained.card,
    )


def partition_files(partition: Partition) -> dict[str, bytes]:
    """A learned day as files."""
    keys = list(partition.tables)
    index = json.dumps([list(key) for key in keys]).encode()
    arrays = {
        f"{number:04d}.{part}.npy": array_bytes(getattr(partition.tables[key], part))
        for number, key in enumerate(keys)
        for part in ("owners", "codes", "counts")
    }
    return {"partition.json": index, **arrays}


def _history(table: pl.DataFrame, spec: FeatureSpec, plan: FitPlan) -> History:
    """Rows ascending in time (those without a time left out), or shuffled where there is no clock."""
    values = read_values(table, spec)
    if values.time is not None:
        order = np.argsort(values.time, kind="stable")
        order = order[~np.isnan(values.time[order])]
    else:
        order = np.random.default_rng(plan.seed).permutation(table.height)
    if len(order) == 0:
        raise DataError("no row has a time", field=spec.time or "", mend="name the time field with time=")
    table = table[order]
    values = read_values(table, spec)
    positive, known = read_labels(table, plan.label)
    surprise = _first_look(values, spec, ~positive)
    teaches = ~positive if plan.label else surprise <= np.quantile(surprise, 1.0 - TRIM_SHARE)
    return History(values, positive, known, teaches, _is_quiet(values, surprise))


def _first_look(values: Values, spec: FeatureSpec, teaches: Mask) -> Floats:
    """The surprise of each row against a baseline that holds it, float64 (n,): rough, but enough to rank rows."""
    baseline = Generation.publish(learn(values, spec, teaches), spec, 1)
    return np.asarray(encode(values, spec, baseline).surprise.sum(axis=1))


def _is_quiet(values: Values, surprise: Floats) -> bool:
    """In a busy stream something strange is always happening around a row, and its context is only noise."""
    if values.time is None:
        return False
    return bool(np.median(with_context(surprise, values.time, values.scope).around) <= QUIET_BITS)


def _train(
    inputs: Inputs, past: Past, history: History, plan: FitPlan, resolved: Resolved, progress: Progress
) -> Trained:
    rows = _sample(past.trains, history, plan)
    positive = history.positive[rows]
    matrix = inputs.matrix[rows]
    progress(0.5, "growing the forest")
    forest = Forest.fit(matrix[history.teaches[rows]], plan.seed, nthread=plan.nthread)
    progress(0.6, "fitting the boost")
    boost, unseen = _boost(matrix, history, rows, plan)
    voices = np.column_stack([inputs.surprise.score()[rows], forest.score(matrix), unseen])
    heard = ~np.isnan(voices[:, 2])
    reference = ~positive & heard
    if not reference.any():
        raise DataError("no benign rows are left to compare with", field=plan.label or "events", mend="give more days")
    progress(0.9, "scaling")
    weights = _weights(voices, reference, positive & heard) if boost else UNLABELLED_WEIGHTS
    margin = Margin.standardised(voices, reference, weights)
    margins = margin.score(np.nan_to_num(voices))
    mature = reference & _later_half(rows, history.values)
    mature = mature if mature.any() else reference
    platt = Platt.fit(margins[heard], positive[heard]) if boost and positive[heard].any() else None
    return Trained(
        spec=resolved.spec,
        risk=resolved.risk,
        forest=forest,
        boost=boost,
        margin=margin,
        scale=Scale.fit(margins[mature]),
        platt=platt,
        anomaly_grid=np.quantile(margin.unsupervised(voices[mature]), np.linspace(0, 1, 1001)),
        card=_card(plan, resolved, history, past, margin, int(mature.sum())),
    )


def _later_half(rows: npt.NDArray[np.int64], values: Values) -> Mask:
    """Rows whose baseline was about as mature as the one that will score: early ones know few entities."""
    return np.ones(len(rows), np.bool_) if values.time is None else np.arange(len(rows)) >= len(rows) // 2


def _sample(trains: Mask, history: History, plan: FitPlan) -> npt.NDArray[np.int64]:
    """The rows that train the detectors: all, or every attack and an even share of the rest, seeded."""
    rows = np.flatnonzero(trains)
    if len(rows) <= plan.max_rows:
        return rows
    keep = history.positive[rows]
    others = rows[~keep]
    step = len(others) / max(plan.max_rows - int(keep.sum()), 1)
    shift = np.random.default_rng(plan.seed).random()
    even = others[np.floor((np.arange(int(len(others) / step)) + shift) * step).astype(np.int64)]
    return np.sort(np.concatenate([rows[keep], even]))


def _boost(matrix: Matrix, history: History, rows: npt.NDArray[np.int64], plan: FitPlan) -> tuple[Boost | None, Floats]:
    """The boost and its predictions of rows it has not seen (NaN where it could not be tried); no boost: zeros."""
    known, positive = history.known[rows], history.positive[rows]
    if not history.labelled or int((positive & known).sum()) < MIN_POSITIVES:
        return None, np.zeros(len(rows))
    owners = history.owners[rows][known] if history.owners is not None else None
    data, labels = matrix[known], positive[known]

    def fit_and_score(train: Mask, test: Mask) -> Floats:
        return Boost.fit(data[train], labels[train], plan.seed, nthread=plan.nthread).score(data[test])

    unseen = np.full(len(rows), np.nan)
    unseen[known] = out_of_fold(labels, owners, fit_and_score)
    if not (positive & ~np.isnan(unseen)).any():
        return None, np.zeros(len(rows))
    return Boost.fit(data, labels, plan.seed, nthread=plan.nthread), unseen


def _weights(voices: Floats, reference: Mask, positive: Mask) -> tuple[float, float, float]:
    used = reference | positive
    z = Margin.standardised(voices, reference, (1.0, 1.0, 1.0)).z(voices[used])
    return learn_weights(z, positive[used])


def _card(
    plan: FitPlan, resolved: Resolved, history: History, past: Past, margin: Margin, reference: int
) -> dict[str, Any]:
    """What a person should know before trusting the model."""
    spec = resolved.spec
    positives = int(history.positive.sum())
    return {
        "rows": history.values.count,
        "rows_left_out_of_baselines": int((~history.teaches).sum()),
        "reference_rows": reference,
        "periods": list(past.partitions),
        "positives": positives,
        "entities": list(spec.entities),
        "entities_with_history": {e: int(past.generation.warm[e].sum()) for e in spec.entities},
        "time": spec.time,
        "scope": spec.scope,
        "recipe": plan.recipe,
        "label": plan.label,
        "seed": plan.seed,
        "fields": {field.name: field.kind for field in spec.fields},
        "left_out": list(resolved.left_out),
        "weights": dict(zip(VOICES, margin.weights, strict=True)),
        "notes": _notes(plan, positives),
    }


def _notes(plan: FitPlan, positives: int) -> list[str]:
    if not plan.label:
        return [
            "No labels: the strangest 0.5% of the rows taught nothing. A past that is mostly attack would still be "
            "learned as normal; look at what the first scores say."
        ]
    if positives < MIN_POSITIVES:
        return [f"{positives} labelled attacks are too few for the boost ({MIN_POSITIVES} needed): unsupervised only."]
    return ["Labels cover known attacks only; the unsupervised voices keep their share of the margin."]
