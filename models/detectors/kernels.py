"""The inner loops, compiled. They release the GIL and call nothing outside this file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

ROW_BLOCK = 256
"""Rows that walk one tree together, step by step: the tree stays in the nearest cache and no branch is guessed."""


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def mean_leaf_value(matrix: Any, depth: int, feature: Any, missing_right: Any, threshold: Any, value: Any) -> Any:
    """The mean over all trees of the value of the leaf that each row reaches, float64 (n,).

    Trees are complete, all of one depth: node i has the children 2 i + 1 and 2 i + 2; feature, missing_right and
    threshold: (trees, 2**depth - 1); value: (trees, 2**depth). A row goes right where x > threshold, or where x is NaN
    and missing_right is 1.
    """
    rows, columns = matrix.shape
    trees = len(feature)
    size = np.uint32(ROW_BLOCK)
    one, two, inner = np.uint32(1), np.uint32(2), np.uint32(feature.shape[1])
    found = np.zeros(rows)
    node = np.empty(ROW_BLOCK, np.uint32)
    # Each column twice: a missing value is below every threshold in the first copy, above it in the second.
    block = np.empty(2 * columns * ROW_BLOCK, np.float32)
    for start in range(0, rows, ROW_BLOCK):
        count = min(ROW_BLOCK, rows - start)
        holes = False
        for column in range(columns):
            for row in range(count):
                x = matrix[start + row, column]
                hole = x != x
                holes |= hole
                block[column * ROW_BLOCK + row] = -np.inf if hole else x
                block[(columns + column) * ROW_BLOCK + row] = np.inf if hole else x
        second = np.uint32(columns if holes else 0)
        for tree in range(trees):
            feature_of, right_of, threshold_of, value_of = (
                feature[tree],
                missing_right[tree],
                threshold[tree],
                value[tree],
            )
            node[:count] = 0
            for _ in range(depth):
                if holes:
                    for row in range(count):
                        at = node[row]
                        place = (feature_of[at] + second * right_of[at]) * size + np.uint32(row)
                        node[row] = two * at + one + np.uint32(block[place] > threshold_of[at])
                else:
                    for row in range(count):
                        at = node[row]
                        x = block[feature_of[at] * size + np.uint32(row)]
                        node[row] = two * at + one + np.uint32(x > threshold_of[at])
            for row in range(count):
                found[start + row] += value_of[node[row] - inner]
    return found / trees
