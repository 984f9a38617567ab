"""Fit a model: from a table of past events to a bundle, a generation and a card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from models.bundle import seal, version_of
from models.calibration import Platt
from models.card import card_of
from models.detectors.base import Floats, Matrix
from models.detectors.boost import Boost
from models.detectors.ensemble import UNLABELLED_WEIGHTS, Margin, learn_weights
from models.detectors.forest import Forest
from models.errors import DataError
from models.features.prequential import Past, encode_past
from models.features.values import Values
from models.folds import Mask, out_of_fold
from models.history import History, read_history
from models.labels import MIN_POSITIVES
from models.plan import FitPlan, Resolved, resolve
from models.scale import Scale
from models.trained import Inputs, Trained, inputs_of

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Fit:
    """The result of a fit as files: the bundle, the generation, the learned days by name; and the model's card."""

    bundle: dict[str, bytes]
    generation: dict[str, bytes]
    partitions: dict[str, dict[str, bytes]]
    card: dict[str, Any]


def fit(table: pl.DataFrame, plan: FitPlan, progress: Progress = lambda share, words: None) -> Fit:
    """Fit a model. table: events, strings or typed; progress: called with a share 0..1 and words.

    Raises DataError naming the field and the mend when the data cannot carry the plan.
    """
    progress(0.0, "reading fields")
    resolved = resolve(table, plan)
    history = read_history(table, resolved.spec, plan)
    progress(0.1, "learning baselines")
    spec = replace(resolved.spec, context=history.quiet)
    past = encode_past(
        history.values, spec, ~history.positive, history.trim, lambda s: progress(0.1 + 0.4 * s, "encoding")
    )
    inputs = inputs_of(past.encoded, history.values, spec)
    trained = _train(inputs, past, history, plan, replace(resolved, spec=spec), progress)
    generation = past.generation.files(spec)
    progress(1.0, "done")
    return Fit(
        bundle=replace(trained, fitted_with=version_of(seal("generation", generation))).files(),
        generation=generation,
        partitions={name: part.files() for name, part in past.partitions.items()},
        card=trained.card,
    )


def _train(
    inputs: Inputs, past: Past, history: History, plan: FitPlan, resolved: Resolved, progress: Progress
) -> Trained:
    rows = _sample(past.trains, history, plan)
    positive = history.positive[rows]
    matrix = inputs.matrix[rows]
    progress(0.5, "growing the forest")
    forest = Forest.fit(_benign(matrix, past.teaches[rows], plan), plan.seed, nthread=plan.nthread)
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
        card=card_of(plan, resolved, history, past, margin, int(mature.sum())),
    )


def _benign(matrix: Matrix, teaches: Mask, plan: FitPlan) -> Matrix:
    if not teaches.any():
        raise DataError("no benign rows are left to learn from", field=plan.label or "events", mend="give more days")
    return matrix[teaches]


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
