"""The inner loops, compiled. They release the GIL and call nothing outside this file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

ROW_BLOCK = 128
"""Rows that walk one tree together, step by step: tree and rows stay in the nearest cache, and no branch is guessed."""


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def mean_leaf_value(rows: Any, roots: Any, depth: Any, column: Any, threshold: Any, child: Any, value: Any) -> Any:
    """The mean over all trees of the value of the leaf that each row reaches, float64 (n,).

    rows: float32 (n, columns), C order; trees are concatenated node arrays; roots and depth (steps to the deepest
    leaf): (trees,); child: the left child, the right one standing next to it; a row goes right where x > threshold,
    so NaN goes left; a leaf is its own child and its threshold infinite.
    """
    count, width = rows.shape
    flat = rows.ravel()
    found = np.zeros(count)
    node = np.empty(ROW_BLOCK, np.int32)
    for start in range(0, count, ROW_BLOCK):
        block = min(ROW_BLOCK, count - start)
        for tree in range(len(roots)):
            node[:block] = roots[tree]
            for _ in range(depth[tree]):
                for row in range(block):
                    at = node[row]
                    x = flat[(start + row) * width + column[at]]
                    node[row] = child[at] + np.int32(x > threshold[at])
            for row in range(block):
                found[start + row] += value[node[row]]
    return found / len(roots)
