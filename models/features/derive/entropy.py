"""How mixed the characters of a text are: high for random names and packed code, low for words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numba import njit

MOST_LETTERS = 1024
"""Only the first of a longer text are looked at."""


def entropy(sources: Sequence[pl.Series]) -> pl.Series:
    """Shannon bits per character, 0 to 10, float64; missing where there are none.

    >>> entropy([pl.Series(["aaaa", "abab", "abcd", ""])]).to_list()
    [0.0, 1.0, 2.0, nan]
    """
    cut = sources[0].str.slice(0, MOST_LETTERS)
    points = np.frombuffer("".join(cut.to_list()).encode("utf-32-le"), np.uint32)
    return pl.Series(_bits(points, np.cumsum(cut.str.len_chars().to_numpy()).astype(np.int64)))


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _bits(points: Any, ends: Any) -> Any:
    """points: the code points of all texts, one after the other; ends: where each text ends, (n,)."""
    found = np.full(len(ends), np.nan)
    start = 0
    for row in range(len(ends)):
        size = ends[row] - start
        if size > 0:
            ordered = np.sort(points[start : ends[row]])
            bits, run = 0.0, 1
            for at in range(1, size + 1):
                if at < size and ordered[at] == ordered[at - 1]:
                    run += 1
                else:
                    bits -= run / size * np.log2(run / size)
                    run = 1
            found[row] = bits
        start = ends[row]
    return found
