"""From root to leaf: what every tree says of every row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

ROW_BLOCK = 256
"""Rows that walk one tree together, step by step: the tree stays in the nearest cache and no branch is guessed."""


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def walk(
    matrix: Any,
    roots: Any,
    depths: Any,
    feature: Any,
    missing_right: Any,
    limit: Any,
    below: Any,
    value: Any,
) -> Any:
    """The sum over all trees of the value of the leaf that each row reaches, float64 (n,).

    Nodes are numbered through all trees. below: a node's left child, the right one next to it; of a leaf, itself. A
    row goes right where x > limit, and where x is NaN and missing_right is 1; the limit of a leaf is infinite, so that
    as many steps as the tree is deep lead every row to its leaf.
    """
    rows, columns = matrix.shape
    size = np.uint32(ROW_BLOCK)
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
        for tree in range(len(roots)):
            node[:count] = roots[tree]
            for _ in range(depths[tree]):
                for row in range(count):
                    at = node[row]
                    x = block[(feature[at] + second * missing_right[at]) * size + np.uint32(row)]
                    node[row] = below[at] + np.uint32(x > limit[at])
            for row in range(count):
                found[start + row] += value[node[row]]
    return found
