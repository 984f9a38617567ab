"""What every detector can do, and the direction of its score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from models.arrays import Buffer

Matrix = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Contributions:
    """An exact additive explanation: base + sum of phi over the columns = score.

    phi: float64 (n, d), in the units of the detector's score; base: the score of a typical row.
    """

    phi: Floats
    base: float


class Detector(Protocol):
    """A fitted detector. A HIGHER score is stranger, always; scores are in the detector's own additive units."""

    def score(self, matrix: Matrix, nthread: int = 1) -> Floats:
        """One score a row, float64 (n,). matrix: float32 (n, d), NaN where missing."""
        ...

    def contributions(self, matrix: Matrix) -> Contributions:
        """The exact Shapley values of `score`, per row and column."""
        ...

    def files(self) -> dict[str, bytes]:
        """The detector as named files, JSON and .npy only."""
        ...

    @classmethod
    def from_files(cls, files: Mapping[str, Buffer]) -> Detector:
        """The detector back from its files."""
        ...
