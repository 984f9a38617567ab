"""From score to severity and risk."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SEVERITIES = ("informational", "low", "medium", "high", "critical")
THRESHOLDS = (0.33, 0.5, 0.67, 0.83)
"""Scores at which low, medium, high and critical begin: one benign row in 100, 1,000, 10,000 and 100,000."""


def level_of(score: npt.NDArray[np.float64], thresholds: tuple[float, ...] = THRESHOLDS) -> npt.NDArray[np.int64]:
    """The place in SEVERITIES of each score, (n,)."""
    return np.searchsorted(thresholds, score, side="right")


def severity_of(score: npt.NDArray[np.float64], thresholds: tuple[float, ...] = THRESHOLDS) -> npt.NDArray[np.str_]:
    """The word for each score, (n,).

    >>> severity_of(np.array([0.1, 0.5, 0.99])).tolist()
    ['informational', 'medium', 'critical']
    """
    return np.asarray(SEVERITIES)[level_of(score, thresholds)]


def risk_of(score: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Risk 1..100: a hundred times the score, never 0.

    >>> risk_of(np.array([0.0, 0.674, 0.999999])).tolist()
    [1, 67, 100]
    """
    return np.maximum(1, np.round(100 * score)).astype(np.int64)
