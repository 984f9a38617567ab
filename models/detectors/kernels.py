"""The inner loops, compiled. They release the GIL and call nothing outside this file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

ROW_BLOCK = 256
"""Rows that walk one tree together, step by step: the tree stays in the nearest cache and no branch is guessed."""


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def mean_leaf_value(
    matrix: Any,
    roots: Any,
    depth: Any,
    feature: Any,
    threshold: Any,
    child: Any,
    missing_left: Any,
    value: Any,
) -> Any:
    """The mean over all trees of the value of the leaf that each row reaches, float64 (n,).

    Trees are concatenated node arrays; roots and depth (steps to the deepest leaf): (trees,); a row goes left where
    x <= threshold, or where x is NaN and missing_left says so; child: (2 * nodes,), left then right, a leaf being its
    own child.
    """
    rows = matrix.shape[0]
    found = np.zeros(rows)
    node = np.empty(ROW_BLOCK, np.int32)
    for start in range(0, rows, ROW_BLOCK):
        count = min(ROW_BLOCK, rows - start)
        for tree in range(len(roots)):
            node[:count] = roots[tree]
            for _ in range(depth[tree]):
                for row in range(count):
                    at = node[row]
                    x = matrix[start + row, feature[at]]
                    goes_left = (x <= threshold[at]) | (missing_left[at] & (x != x))
                    node[row] = child[2 * at + 1 - goes_left]
            for row in range(count):
                found[start + row] += value[node[row]]
    return found / len(roots)
