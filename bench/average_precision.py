"""Average precision (AP) per network, its mean, and how sure the mean is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def ap(labels: Mask, score: Floats) -> float:
    """Average precision: the mean over the positives of the precision among all rows that score as high as they do.

    >>> ap(np.array([True, False, True, False]), np.array([4.0, 3.0, 2.0, 2.0]))
    0.75
    """
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))  # of each run of equal scores
    found = np.cumsum(labels[order])[last]
    return float((np.diff(found, prepend=0) * found / (last + 1)).sum() / found[-1])


def mean(by_network: Mapping[str, float]) -> float:
    """The mean over the networks, at four decimals."""
    return round(float(np.mean(list(by_network.values()))), 4)


def resampled(
    scores: Mapping[str, Mapping[str, Floats]], truth: Mapping[str, Mask], resamples: int = RESAMPLES
) -> dict[str, Floats]:
    """Mean AP over the networks on resampled windows, (resamples,) per method, the same windows for all methods."""
    rng = np.random.default_rng(7)
    found = {key: np.zeros(resamples) for key in scores}
    for at in range(resamples):
        for network, labels in truth.items():
            rows = rng.integers(len(labels), size=len(labels))
            if not labels[rows].any():
                rows = np.arange(len(labels))
            for key, by in scores.items():
                found[key][at] += ap(labels[rows], by[network][rows]) / len(truth)
    return found


def interval(found: Floats) -> list[float]:
    """The 90% interval."""
    low, high = np.quantile(found, [0.05, 0.95]).round(3).tolist()
    return [low, high]
