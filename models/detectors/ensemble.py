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
STREAM_WEIGHTS = (1.0, 0.1, 2.0)
"""Among events in time the sum of surprises leads, and the forest supports it. The boost has its weight where every row
has a label."""
RECORD_WEIGHTS = (0.0, 1.0, 0.1)
"""Among records without a clock there is no context, and the forest speaks alone: it knows which values go together,
where a sum counts fields that say the same as often as there are of them. The boost adds little: its log-odds run far
apart in many fields, and would drown the forest where an attack is of no kind that the labels show."""
PARTIAL_SHARE = 0.125
"""What the boost's weight is multiplied by where some rows have no label: what nobody has judged may be of another kind
than what the labels show, and no weight that is learned from them would tell."""
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


def weights_of(spec: FeatureSpec, told: float = 0.0, *, complete: bool = False) -> tuple[float, float, float]:
    """The weights of the voices. told: how well the boost ranks what it has not seen, 0 (like chance, or no boost) to
    1; complete: whether every row has a label.

    >>> from models.features.spec import Field
    >>> spec = FeatureSpec((Field("bytes", "number"),), time="_time")
    >>> weights_of(spec), weights_of(spec, 1.0), weights_of(spec, 0.5, complete=True)
    ((1.0, 0.1, 0.0), (1.0, 0.1, 0.25), (1.0, 0.1, 1.0))
    """
    e, a, b = RECORD_WEIGHTS if spec.time is None else STREAM_WEIGHTS
    return e, a, b * told * (1.0 if complete else PARTIAL_SHARE)


def told_by(score: Floats, labels: npt.NDArray[np.bool_]) -> float:
    """How well a score ranks attacks before benign rows: the probability that it does (Hanley and McNeil, 1982), from
    0.5 on, stretched to 0..1. labels: bool (n,), both kinds present.

    >>> told_by(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, False, True]))
    0.5
    """
    ordered = np.sort(score[~labels])
    below = np.searchsorted(ordered, score[labels]) + np.searchsorted(ordered, score[labels], side="right")
    return max(0.0, float(below.mean() / len(ordered)) - 1.0)


def _three(values: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    first, second, third = values.tolist()
    return first, second, third
