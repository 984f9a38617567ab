"""How far a row with many values, repeats counted, is from what its owner does: columns of the kind `sequence`.

A habit lies in what is done how often, so the values of a row are weighed together. Who else would have done this is
told by the log-likelihood ratio of everyone else against the owner (as in naive Bayes; Maxion and Townsend, 2002), the
owner's shares being shrunk to those of everyone else by SHRINKAGE pseudo-counts (Dirichlet smoothing). The order of the
values is another field, of the steps from each to the next (see derive/steps).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.features.values import Floats, Ints

SHRINKAGE = 25.0
"""Values an owner must have shown for its own shares to weigh as much as those of everyone else."""

Columns = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Shown:
    """The distinct values of rows. count: of rows; rows: ascending, (t,); times: how often its row shows each, (t,)."""

    count: int
    rows: Ints
    times: Floats

    def total(self, amounts: Floats) -> Floats:
        """The sum of an amount over the values of each row, (n,)."""
        return np.bincount(self.rows, amounts, self.count).astype(np.float64)

    def mean(self, amounts: npt.NDArray[Any], weights: Floats) -> Floats:
        """The weighted mean of an amount over the values of each row, (n,); NaN where a row has none."""
        size, found = self.total(weights), np.full(self.count, np.nan)
        np.divide(self.total(weights * amounts), size, out=found, where=size > 0)
        return found


@dataclass(frozen=True)
class Histories:
    """What whose history says of t values. counts: how often it holds each, (t,); total: how many it holds in all, and
    distinct: how many different ones, (t,) or one number."""

    counts: Floats
    total: Floats
    distinct: Floats


def everyones_columns(shown: Shown, bits: Floats, seen: Floats) -> Columns:
    """The mean surprise of a row's values and the share of those nobody has shown, float32 (n, 2)."""
    return np.column_stack([shown.mean(bits, shown.times), shown.mean(seen == 0, shown.times)]).astype(np.float32)


def owners_columns(shown: Shown, own: Histories, everyone: Histories) -> Columns:
    """How little a row looks like its owner's history, float32 (n, 4): everyone else against the owner in bits a value,
    the same with repeats damped, unlikeness (1 - cosine of the roots of the counts), the share of values never shown.
    """
    others, all_others = np.maximum(everyone.counts - own.counts, 0.0), np.maximum(everyone.total - own.total, 0.0)
    elsewhere = (others + 0.5) / (all_others + 0.5 * (everyone.distinct + 1.0))
    here = (own.counts + SHRINKAGE * elsewhere) / (own.total + SHRINKAGE)
    ratio = np.log2(elsewhere / here)
    size = shown.total(shown.times)[shown.rows]
    alike = np.sqrt(shown.times * own.counts / (np.maximum(own.total, 1.0) * size))
    columns = [
        shown.mean(ratio, shown.times),
        shown.mean(ratio, np.log1p(shown.times)),
        np.where(shown.total(shown.times) > 0, 1.0 - shown.total(alike), np.nan),
        shown.mean(own.counts == 0, shown.times),
    ]
    return np.column_stack(columns).astype(np.float32)
