"""The rows that train the detectors, and all that is kept of a history once it has been encoded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.detectors.base import Floats, Matrix
from models.detectors.surprise import Surprise
from models.features.context import with_context
from models.features.hashing import Codes
from models.features.prequential import Past, warm_up_rows
from models.features.spec import FeatureSpec
from models.features.values import Ints, Values
from models.folds import Mask
from models.history import History
from models.plan import FitPlan


@dataclass(frozen=True)
class Examples:
    """Rows ascending in time, k of them: what the voices hear, and what is known.

    matrix: float32 (k, d), the context included; surprise: the score of that voice, float64 (k,); positive, known,
    teaches: bool (k,); mature: bool (k,), rows whose baseline was about as mature as the one that will score; owners:
    codes of the main entity (k,), or None; time: epoch seconds (k,), or None; kept: the share of the rows after the
    warm-up that are no attacks which stand among them, 0..1.
    """

    matrix: Matrix
    surprise: Floats
    positive: Mask
    known: Mask
    teaches: Mask
    mature: Mask
    owners: Codes | None
    time: Floats | None
    kept: float

    @classmethod
    def of(cls, history: History, past: Past, spec: FeatureSpec, rows: Ints) -> Examples:
        """rows: those whose columns the past has kept. Its matrix is taken over and gets its context column."""
        around = _around(past, history.values, spec)
        if around is not None:
            past.matrix[:, -1] = np.log1p(around[rows])
        heard = Surprise.of(past.surprise[rows, None], None if around is None else around[rows])
        owners = None if history.owners is None else history.owners[rows]
        positive, known, teaches = history.positive[rows], history.known[rows], past.teaches[rows]
        mature = _later_half(rows, history.values)
        time = None if history.values.time is None else history.values.time[rows]
        benign, first = ~history.positive, warm_up_rows(history.values)
        kept = float(benign[rows].sum()) / max(int(benign[first:].sum()), 1)
        return cls(past.matrix, heard.score(), positive, known, teaches, mature, owners, time, kept)


def training_rows(history: History, plan: FitPlan) -> Ints:
    """The rows that train the detectors, ascending: all but the warm-up, or every attack and an even share of the
    rest, seeded, where they are more than plan.max_rows."""
    rows = np.arange(warm_up_rows(history.values), history.values.count)
    if len(rows) <= plan.max_rows:
        return rows
    keep = history.positive[rows]
    others = rows[~keep]
    most = min(max(plan.max_rows - int(keep.sum()), 1), len(others))
    shift = np.random.default_rng(plan.seed).random()
    even = others[np.floor((np.arange(most) + shift) * (len(others) / max(most, 1))).astype(np.int64)]
    return np.sort(np.concatenate([rows[keep], even]))


def _around(past: Past, values: Values, spec: FeatureSpec) -> Floats | None:
    """The bits around every row of the history, not of the examples only; None where the model keeps no context."""
    if not spec.has_context or values.time is None:
        return None
    return with_context(past.surprise, values.time, values.scope, values.main).around


def _later_half(rows: Ints, values: Values) -> Mask:
    """Early rows were encoded by a baseline that knew few entities; without a clock all knew as many."""
    return np.ones(len(rows), np.bool_) if values.time is None else np.arange(len(rows)) >= len(rows) // 2
