"""From margin to score: orders of magnitude of strangeness.

x = log10(1 / q), q = the share of benign reference rows with at least this margin. Inside the reference, q follows its
quantiles; above the threshold u (its strangest 2%), excesses follow a generalised Pareto distribution fitted by
probability-weighted moments (Hosking and Wallis, 1987): q = q_u * (1 + xi * (m - u) / sigma) ** (-1 / xi), with xi held
in 0..0.9, so that the tail never ends and the score keeps rising. A reference of n rows cannot vouch for much more than
one in n: beyond one in 10 n, x bends towards one in 100 n and never reaches it. The score is x / 6 up to 0.95; beyond,
it bends towards 1 and never reaches it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.detectors.base import Floats
from models.written import HUGE, Written, refused

TAIL_SHARE = 0.02
MIN_TAIL_ROWS = 10
MAX_SHAPE = 0.9
GRID = 512
ORDERS_FOR_ONE = 6.0
BEND = 0.95
HIGHEST = 0.999999
"""The largest score that six decimals can write without reaching 1."""
LEAST_SIGMA = 1e-100
MOST_ORDERS = 100.0
"""More than any count of rows could vouch for."""


@dataclass(frozen=True)
class Scale:
    """The reference as a grid: margins ascending and x = log10(1/q) at each; shape and sigma of the tail beyond.

    limit: the x from which the reference is too small to vouch for more.
    """

    margins: Floats
    orders: Floats
    shape: float
    sigma: float
    limit: float

    @classmethod
    def fit(cls, reference: Floats) -> Scale:
        """reference: margins of benign rows that trained nothing, float64 (n,), n >= 1."""
        ordered = np.sort(reference)
        tail_rows = max(int(np.ceil(TAIL_SHARE * len(ordered))), min(MIN_TAIL_ROWS, len(ordered)))
        body = ordered[: len(ordered) - tail_rows + 1]
        ranks = np.unique(np.linspace(0, len(body) - 1, GRID).round().astype(int))
        margins, first = np.unique(body[ranks], return_index=True)
        at_least = (len(ordered) - np.searchsorted(ordered, margins)) / len(ordered)
        shape, sigma = _pareto(ordered[-tail_rows:] - margins[-1], max(float(np.ptp(margins)), 1e-6))
        return cls(margins, np.log10(1.0 / at_least), shape, sigma, float(np.log10(10.0 * len(ordered))))

    def orders_of(self, margin: Floats) -> Floats:
        """x = log10(1/q), float64 (n,), rising with the margin everywhere."""
        inside = np.interp(margin, self.margins, self.orders)
        beyond = np.maximum(margin - self.margins[-1], 0.0) / self.sigma
        tail = np.log1p(self.shape * beyond) / self.shape if self.shape > 1e-6 else beyond
        return bend(inside + tail / np.log(10.0), self.limit, 1.0)

    def score(self, margin: Floats) -> Floats:
        """`ai_score` in 0..1 at six decimals, float64 (n,)."""
        bent = bend(self.orders_of(margin) / ORDERS_FOR_ONE, BEND, 1.0 - BEND)
        return np.minimum(np.round(bent, 6), HIGHEST)

    def to_json(self) -> dict[str, Any]:
        return {
            "margins": self.margins.tolist(),
            "orders": self.orders.tolist(),
            "shape": self.shape,
            "sigma": self.sigma,
            "limit": self.limit,
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Scale:
        """The scale back. Raises DataError where its score would not rise from 0 towards 1 with the margin."""
        told = Written.of("scale", found)
        margins = told.numbers("margins", most=GRID)
        orders = told.numbers("orders", 0.0, MOST_ORDERS, most=GRID)
        if len(margins) != len(orders) or (np.diff(margins) <= 0).any() or (np.diff(orders) < 0).any():
            raise refused("scale.margins and scale.orders do not rise together")
        sigma = told.number("sigma", LEAST_SIGMA, HUGE)
        return cls(margins, orders, told.number("shape", 0.0, MAX_SHAPE), sigma, told.number("limit", 0.0, MOST_ORDERS))


def bend(values: Floats, start: float, room: float) -> Floats:
    """Values up to start as they are; beyond, with the same slope there, towards start + room, never reached.

    >>> bend(np.array([0.5, 2.0, 1e9]), 1.0, 1.0).round(3).tolist()
    [0.5, 1.5, 2.0]
    """
    over = np.maximum(values - start, 0.0)
    return np.asarray(np.minimum(values, start) + room * over / (room + over))


def _pareto(excess: Floats, fallback: float) -> tuple[float, float]:
    """Shape and sigma of the excesses by probability-weighted moments; the shape held in 0..MAX_SHAPE."""
    excess = np.sort(np.maximum(excess, 0.0))
    mean = float(excess.mean())
    if mean <= 0:
        return 0.0, fallback / len(excess)
    weights = 1.0 - (np.arange(1, len(excess) + 1) - 0.35) / len(excess)
    second = float((weights * excess).mean())
    shape = 2.0 - mean / max(mean - 2.0 * second, 1e-12)
    shape = float(np.clip(shape, 0.0, MAX_SHAPE))
    return shape, mean * (1.0 - shape)
