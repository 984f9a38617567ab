"""Numbers read in bands: which eighth of what was seen at fit a number lies in, zero standing for itself.

A number compared on a log scale is strange when it is large. In a record of many fields it is as telling when it is
small, or lies where its owner's numbers never lie, so a band is a value like any other: its rarity is looked up.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.written import HUGE

Floats = npt.NDArray[np.float64]

BANDS = 8
"""Bands of equal mass over all numbers but zero."""


def edges_of(numbers: Floats) -> tuple[float, ...]:
    """Where a band ends and the next begins, ascending, -HUGE to HUGE; NaN and 0 do not count. numbers: float64 (n,).

    >>> edges_of(np.array([0.0, 0.0, 1.0, 1.0, 1.0, 8.0]))
    (1.0, 8.0)
    """
    told = np.clip(numbers[np.isfinite(numbers) & (numbers != 0)], -HUGE, HUGE)
    if not len(told):
        return ()
    inner = np.quantile(told, np.arange(1, BANDS) / BANDS, method="inverted_cdf")
    return tuple(np.unique(np.append(inner, told.max())).tolist())


def bands_of(numbers: Floats, edges: tuple[float, ...]) -> npt.NDArray[np.uint32]:
    """The band of each number, by its place in band_texts: it holds its upper edge. numbers: float64 (n,), no NaN.

    >>> bands_of(np.array([0.0, 0.5, 8.0, 9.0]), (1.0, 8.0)).tolist()
    [0, 1, 2, 3]
    """
    at = 1 + np.searchsorted(np.asarray(edges, np.float64), numbers)
    return np.where(numbers == 0, 0, at).astype(np.uint32)


def band_texts(edges: tuple[float, ...]) -> list[str]:
    """What the bands are called, each by a name of its own.

    >>> band_texts((1.0, 8.0))
    ['0', 'up to 1', '1 to 8', 'above 8']
    """
    shown = [f"{edge:.15g}" for edge in edges]
    if not shown:
        return ["0", "not 0"]
    between = [f"{low} to {high}" for low, high in zip(shown, shown[1:], strict=False)]
    return ["0", f"up to {shown[0]}", *between, f"above {shown[-1]}"]
