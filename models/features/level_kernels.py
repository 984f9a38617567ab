"""The inner loops over observations, compiled. They release the GIL and call nothing outside this file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

ROW_BLOCK = 256
"""Rows that search together, step by step: their waits for memory overlap and no branch is guessed."""
OWNER_KEYS = 1 << 16
"""The keys of numbers are the place of their owner times this, plus the bucket."""


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def lower_bound(keys: Any, wanted: Any) -> Any:
    """As np.searchsorted(keys, wanted): how many sorted keys are smaller, int64 (n,). keys: at least one."""
    found = np.empty(len(wanted), np.int64)
    for start in range(0, len(wanted), ROW_BLOCK):
        stop = min(start + ROW_BLOCK, len(wanted))
        _search(keys, wanted, start, stop, found[start:stop])
    return found


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def value_shares(keys: Any, count: Any, mass: Any, total: Any, distinct: Any, at: Any, wanted: Any, above: Any) -> Any:
    """The share and the count of each value in the history of its owner, float64 (t,) each.

    keys, count, mass, total, distinct: see CategoryLevel; at: places of the owners, -1 where unknown, (t,); wanted:
    codes of (owner, value), uint64 (t,); above: the shares at the level above, (t,).
    """
    share, seen = np.empty(len(wanted)), np.empty(len(wanted))
    found = np.empty(ROW_BLOCK, np.int64)
    for start in range(0, len(wanted), ROW_BLOCK):
        stop = min(start + ROW_BLOCK, len(wanted))
        _search(keys, wanted, start, stop, found)
        for row in range(start, stop):
            place, owner = found[row - start], at[row]
            known = place < len(keys) and keys[place] == wanted[row]
            seen[row] = count[place] if known else 0.0
            own = mass[place] if known else 0.0
            share[row] = _smoothed(own, total[owner], distinct[owner], above[row]) if owner >= 0 else above[row]
    return share, seen


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def tail_shares(keys: Any, tail: Any, total: Any, distinct: Any, at: Any, wanted: Any, above: Any) -> Any:
    """The share and the count of what is at least as large in the history of each owner, float64 (t,) each.

    keys, tail, total, distinct: see NumberLevel; at: places of the owners, -1 where unknown, (t,); wanted: int64 (t,);
    above: the shares at the level above, (t,).
    """
    share, seen = np.empty(len(wanted)), np.empty(len(wanted))
    found = np.empty(ROW_BLOCK, np.int64)
    for start in range(0, len(wanted), ROW_BLOCK):
        stop = min(start + ROW_BLOCK, len(wanted))
        _search(keys, wanted, start, stop, found)
        for row in range(start, stop):
            place, owner = found[row - start], at[row]
            known = place < len(keys) and keys[place] // OWNER_KEYS == owner
            seen[row] = tail[place] if known else 0.0
            share[row] = _smoothed(seen[row], total[owner], distinct[owner], above[row]) if owner >= 0 else above[row]
    return share, seen


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def put_columns(matrix: Any, column: Any, rows: Any, first: Any, second: Any, warm: Any) -> None:
    """matrix[rows, column] = first, matrix[rows, column + 1] = second, but for rows that are not warm.

    matrix: float32 (n, d); rows, first, second: (t,); warm: bool (n,).
    """
    for place in range(len(rows)):
        row = rows[place]
        if warm[row]:
            matrix[row, column] = first[place]
            matrix[row, column + 1] = second[place]


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _search(keys: Any, wanted: Any, start: Any, stop: Any, found: Any) -> None:
    """How many sorted keys are smaller than wanted[start:stop], into found. keys: at least one."""
    found[:] = 0
    left = len(keys)
    while left > 1:
        half = left // 2
        for row in range(stop - start):
            at = found[row]
            found[row] = at + half * np.int64(keys[np.uint64(at + half - 1)] < wanted[start + row])
        left -= half
    for row in range(stop - start):
        found[row] += np.int64(keys[np.uint64(found[row])] < wanted[start + row])


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _smoothed(own: Any, total: Any, distinct: Any, above: Any) -> Any:
    """The share of `own` in a total, smoothed by the share above with the weight of the number of distinct values."""
    return min((own + distinct * above) / (total + distinct), 1.0) if total > 0 else above
