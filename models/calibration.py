"""From margin to the probability of an attack, where labels exist (Platt, 1999)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.detectors.base import Floats
from models.written import HUGE, Written


@dataclass(frozen=True)
class Platt:
    """probability = 1 / (1 + exp(-(slope * margin + offset))), slope >= 0."""

    slope: float
    offset: float

    @classmethod
    def fit(cls, margin: Floats, labels: npt.NDArray[np.bool_]) -> Platt:
        """Maximum likelihood with Platt's softened targets, so that few positives do not promise certainty.

        margin: of rows that trained nothing, float64 (n,); labels: bool (n,), both classes present.
        """
        from scipy.optimize import minimize  # half a second that scoring does not need

        positives, negatives = int(labels.sum()), int((~labels).sum())
        target = np.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))
        spread = float(margin.std()) or 1.0

        def loss(theta: Floats) -> tuple[float, Floats]:
            logit = theta[0] * margin / spread + theta[1]
            pull = 1.0 / (1.0 + np.exp(-np.clip(logit, -500, 500))) - target
            value = np.logaddexp(0, logit) - target * logit
            return float(value.mean()), np.array([(pull * margin / spread).mean(), pull.mean()])

        start = np.array([1.0, np.log((positives + 1) / (negatives + 1))])
        found = minimize(loss, start, jac=True, bounds=[(0.0, None), (None, None)], method="L-BFGS-B").x
        return cls(float(found[0] / spread), float(found[1]))

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Platt:
        """The calibration back. Raises DataError where the probability would not rise with the margin."""
        told = Written.of("platt", found)
        return cls(told.number("slope", 0.0, HUGE), told.number("offset"))

    def probability(self, margin: Floats) -> Floats:
        """P(attack), float64 (n,)."""
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(self.slope * margin + self.offset, -500, 500))))
