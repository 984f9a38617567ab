"""The margin: one number out of three voices, and its exact contributions.

m = e * z(surprise) + a * z(forest) + b * z(boost), each voice standardised on benign reference rows. The margin is
linear in the voices, so the same weighted sum of their Shapley values explains it exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.detectors.base import Contributions, Floats
from models.features.spec import FeatureSpec
from models.written import HUGE, Written, refused

VOICES = ("surprise", "forest", "boost")
STREAM_WEIGHTS = (1.0, 0.1, 0.0)
"""Without labels nothing can be learned about the voices. Among events in time the sum of surprises leads, and the
forest supports it."""
RECORD_WEIGHTS = (0.5, 1.0, 0.0)
"""Among records without a clock there is no context, and the forest leads: it knows which values go together."""
FLOOR_SHARE = 0.25
"""With labels, each unsupervised voice keeps at least this share of the boost's weight: labels never cover the next
attack."""
RIDGE = 1e-3
MAX_Z = 10.0
"""Voices beyond this many spreads say no more when weights are learned: few rows must not decide."""
LEAST_SPREAD = 1e-9
"""A voice that varies less is constant, and is not divided by its spread."""
MOST_WEIGHT = 1e3


@dataclass(frozen=True)
class Margin:
    """Weights e, a, b >= 0 and each voice's mean and spread on benign reference rows."""

    weights: tuple[float, float, float]
    means: tuple[float, float, float]
    spreads: tuple[float, float, float]

    @classmethod
    def standardised(cls, voices: Floats, benign: npt.NDArray[np.bool_], weights: tuple[float, ...]) -> Margin:
        """voices: float64 (n, 3), the boost's column 0 where there is none; benign: bool (n,)."""
        reference = voices[benign]
        spread = reference.std(axis=0)
        e, a, b = weights
        return cls((e, a, b), _three(reference.mean(axis=0)), _three(np.where(spread > LEAST_SPREAD, spread, 1.0)))

    def z(self, voices: Floats) -> Floats:
        return (voices - self.means) / self.spreads

    def score(self, voices: Floats) -> Floats:
        """The margin of each row, float64 (n,): higher is stranger."""
        return np.asarray(self.z(voices) @ np.asarray(self.weights))

    def unsupervised(self, voices: Floats) -> Floats:
        """The part of the margin that no label has shaped, float64 (n,)."""
        return np.asarray(self.z(voices)[:, :2] @ np.asarray(self.weights[:2]))

    def contributions(self, parts: list[Contributions | None]) -> Contributions:
        """The margin's contributions from those of the three voices (None: the voice is silent)."""
        phi: Floats = np.zeros(())
        base = 0.0
        for part, weight, mean, spread in zip(parts, self.weights, self.means, self.spreads, strict=True):
            if part is not None and weight:
                phi = phi + weight / spread * part.phi
                base += weight / spread * (part.base - mean)
        return Contributions(phi, base)

    def to_json(self) -> dict[str, list[float]]:
        return {name: list(values) for name, values in asdict(self).items()}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Margin:
        """The margin back. Raises DataError where it could not be computed, or nothing would speak in it."""
        told = Written.of("margin", found)
        weights = told.numbers("weights", 0.0, MOST_WEIGHT, 3, 3)
        if not weights[:2].any():
            raise refused("margin.weights are 0 for both voices that are always there")
        means, spreads = told.numbers("means", least=3, most=3), told.numbers("spreads", LEAST_SPREAD, HUGE, 3, 3)
        return cls(_three(weights), _three(means), _three(spreads))


def unlabelled_weights(spec: FeatureSpec) -> tuple[float, float, float]:
    """The weights of the voices where no label speaks.

    >>> from models.features.spec import Field
    >>> unlabelled_weights(FeatureSpec((Field("bytes", "number"),), time="_time"))
    (1.0, 0.1, 0.0)
    """
    return RECORD_WEIGHTS if spec.time is None else STREAM_WEIGHTS


def learn_weights(z: Floats, labels: npt.NDArray[np.bool_]) -> tuple[float, float, float]:
    """Weights by logistic regression on out-of-fold standardised voices, each >= 0, largest 1.

    z: float64 (n, 3); labels: bool (n,). The unsupervised weights are then lifted to the floor.
    """
    from scipy.optimize import minimize  # half a second that scoring does not need

    heard = np.clip(z, -MAX_Z, MAX_Z)
    sign = np.where(labels, 1.0, -1.0)

    def loss(w: Floats) -> tuple[float, Floats]:
        margin = sign * (heard @ w[:3] + w[3])
        pull = -sign / (1.0 + np.exp(np.clip(margin, -500, 500))) / len(sign)
        gradient = np.r_[heard.T @ pull + 2 * RIDGE * w[:3], pull.sum()]
        return float(np.logaddexp(0, -margin).mean() + RIDGE * (w[:3] ** 2).sum()), gradient

    bounds = [(0.0, None)] * 3 + [(None, None)]
    found = minimize(loss, np.full(4, 0.1), jac=True, bounds=bounds, method="L-BFGS-B").x[:3]
    e, a, b = found / found.max() if found.max() > 0 else STREAM_WEIGHTS
    floor = FLOOR_SHARE * (b if b > 0 else 1.0)
    return float(max(e, floor)), float(max(a, floor)), float(b)


def _three(values: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    first, second, third = values.tolist()
    return first, second, third
