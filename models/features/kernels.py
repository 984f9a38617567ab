"""The inner loop of lookups, compiled. It releases the GIL and calls nothing outside this file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

ROW_BLOCK = 256
"""Rows that search together, step by step: their waits for memory overlap and no branch is guessed."""


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def lower_bound(keys: Any, wanted: Any) -> Any:
    """As np.searchsorted(keys, wanted): how many sorted keys are smaller, int64 (n,). keys: at least one."""
    found = np.zeros(len(wanted), np.int64)
    size = len(keys)
    for start in range(0, len(wanted), ROW_BLOCK):
        stop = min(start + ROW_BLOCK, len(wanted))
        left = size
        while left > 1:
            half = left // 2
            for row in range(start, stop):
                at = found[row]
                found[row] = at + half * np.int64(keys[np.uint64(at + half - 1)] < wanted[row])
            left -= half
        for row in range(start, stop):
            found[row] += np.int64(keys[np.uint64(found[row])] < wanted[row])
    return found
