"""The past that a fit learns from: rows in order, their labels, and which of them may teach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from models.detectors.base import Floats
from models.errors import DataError
from models.features.baseline import Generation
from models.features.context import with_context
from models.features.encode import encode
from models.features.partition import learn
from models.features.spec import FeatureSpec
from models.features.values import Values, read_time, read_values
from models.folds import Mask
from models.labels import MIN_POSITIVES, read_labels
from models.plan import FitPlan

TRIM_SHARE = 0.005
"""Without labels, the strangest rows (one in 200) do not teach: an attack in the past must not become normal."""
QUIET_BITS = 50.0
"""Surroundings whose median surprise is below this are quiet: a handful of rare values in half an hour."""


@dataclass(frozen=True)
class History:
    """The rows of a fit in the order of learning, with their labels: known attacks never teach a baseline.

    trim: the share of the rows, the strangest, that do not teach either; quiet: whether the surroundings of a row are
    usually quiet, so that noise around it means something.
    """

    values: Values
    positive: Mask
    known: Mask
    trim: float
    quiet: bool

    @property
    def labelled(self) -> bool:
        return int((self.positive & self.known).sum()) >= MIN_POSITIVES

    @property
    def owners(self) -> npt.NDArray[np.uint64] | None:
        return next(iter(self.values.entities.values()), None)


def read_history(table: pl.DataFrame, spec: FeatureSpec, plan: FitPlan) -> History:
    """Rows ascending in time (those without a time left out), or shuffled where there is no clock."""
    table = table[_order(table, spec, plan.seed)]
    values = read_values(table, spec)
    positive, known = read_labels(table, plan.label)
    trim = 0.0 if plan.label else TRIM_SHARE
    return History(values, positive, known, trim, _is_quiet(values, spec, ~positive))


def _order(table: pl.DataFrame, spec: FeatureSpec, seed: int) -> npt.NDArray[np.int64]:
    if spec.time is None:
        return np.random.default_rng(seed).permutation(table.height)
    time = read_time(table, spec.time)
    order = np.argsort(time, kind="stable")
    order = order[~np.isnan(time[order])]
    if len(order) == 0:
        raise DataError("no row has a time", field=spec.time, mend="name the time field with time=")
    return order


def _first_look(values: Values, spec: FeatureSpec, teaches: Mask) -> Floats:
    """The surprise of each row against a baseline that holds it, float64 (n,): rough, but it tells busy from quiet."""
    baseline = Generation.publish(learn(values, spec, teaches), spec)
    return np.asarray(encode(values, spec, baseline).surprise.sum(axis=1))


def _is_quiet(values: Values, spec: FeatureSpec, teaches: Mask) -> bool:
    """In a busy stream something strange is always happening around a row, and its context is only noise."""
    if values.time is None:
        return False
    surprise = _first_look(values, spec, teaches)
    return bool(np.median(with_context(surprise, values.time, values.scope).around) <= QUIET_BITS)
