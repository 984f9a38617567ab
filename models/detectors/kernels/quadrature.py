"""Exact Shapley values by quadrature, for trees that no table can hold.

The same sum as in tables.py, leaf by leaf, but taken on the way through each tree (Quadrature TreeSHAP, arXiv
2605.04497): with p_q the product over the features so far of (z_j + t_q (o_j - z_j)) at the points t_q of a
Gauss-Legendre rule, the leaves below a split on feature i add
phi_i = sum over q of w_q * G_q * (o_i - z_i) / (z_i + t_q (o_i - z_i)), G_q being the sum of v p_q over these leaves.
A feature that was split before is first taken out again. A rule of half as many points as there are features on a path
is exact. Everything is float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

ROW_BLOCK = 64
"""Rows that go through a tree together."""
LEAST_FACTOR = 1e-290


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def integrate(
    matrix: Any,
    roots: Any,
    feature: Any,
    threshold: Any,
    left: Any,
    right: Any,
    missing_left: Any,
    share: Any,
    value: Any,
    output: Any,
    depth: int,
    points: Any,
    weights: Any,
    found: Any,
) -> None:
    """Add the Shapley values of the trees at roots to found, float64 (n, outputs).

    matrix: float32 (n, d), NaN where missing; depth: of the deepest tree; output: what each feature is booked on.
    """
    rows, order = len(found), len(points)
    path = np.empty(depth + 1, np.int32)
    turn = np.empty(depth + 1, np.int8)
    same = np.zeros(depth + 1, np.int32)
    z = np.ones(depth + 1)
    o = np.ones((depth + 1, ROW_BLOCK))
    product = np.empty((depth + 1, order, ROW_BLOCK))
    below = np.empty((depth + 1, order, ROW_BLOCK))
    phi = np.empty((found.shape[1], ROW_BLOCK))
    for point in range(order):
        product[0, point] = weights[point]
    for start in range(0, rows, ROW_BLOCK):
        count = min(ROW_BLOCK, rows - start)
        phi[:] = 0.0
        for root in roots:
            path[0], turn[0], at = root, 0, 0
            below[0] = 0.0
            while at >= 0:
                node = path[at]
                if feature[node] >= 0 and turn[at] < 2:
                    child = left[node] if turn[at] == 0 else right[node]
                    turn[at] += 1
                    path[at + 1], turn[at + 1] = child, 0
                    same[at + 1] = _same(path, feature, at)
                    z[at + 1] = share[child] * z[same[at + 1]]
                    _pass(matrix, start, count, node, child, at, feature, threshold, left, missing_left, same, o)
                    _multiply(points, count, at, same[at + 1], z, o, product, below)
                    at += 1
                    continue
                if feature[node] < 0:
                    below[at] = value[node] * product[at]
                if at > 0:
                    column = output[feature[path[at - 1]]]
                    _collect(points, count, at, same[at], z, o, below, phi, column)
                at -= 1
        for row in range(count):
            for column in range(len(phi)):
                found[start + row, column] += phi[column, row]


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _same(path: Any, feature: Any, at: int) -> int:
    """The last edge at or above this place that asks the same feature as the node here; 0 where there is none."""
    column = feature[path[at]]
    while at > 0 and feature[path[at - 1]] != column:
        at -= 1
    return at


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _pass(
    matrix: Any,
    start: int,
    count: int,
    node: int,
    child: int,
    at: int,
    feature: Any,
    threshold: Any,
    left: Any,
    missing_left: Any,
    same: Any,
    o: Any,
) -> None:
    """o of the edge to the child: 1 where the row passes this split, and every earlier one of the feature."""
    before = same[at + 1]
    for row in range(count):
        x = matrix[start + row, feature[node]]
        goes_left = missing_left[node] if x != x else x < threshold[node]
        o[at + 1, row] = o[before, row] if goes_left == (child == left[node]) else 0.0


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _inverse(factor: float) -> float:
    """1 / factor; 0 for a factor of (next to) 0, since then no leaf below has any weight."""
    return 1.0 / factor if factor > LEAST_FACTOR else 0.0


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _multiply(points: Any, count: int, at: int, before: int, z: Any, o: Any, product: Any, below: Any) -> None:
    """The product of the path, with the new edge's factor in and that of the edge it refines out; each factor has two
    values, one for the rows that pass and one for those that do not."""
    for point in range(len(points)):
        t = points[point]
        failed, passed = z[at + 1] * (1.0 - t), z[at + 1] + t * (1.0 - z[at + 1])
        was_failed, was_passed = _inverse(z[before] * (1.0 - t)), _inverse(z[before] + t * (1.0 - z[before]))
        for row in range(count):
            p = product[at, point, row] * (passed if o[at + 1, row] > 0.0 else failed)
            product[at + 1, point, row] = p * (was_passed if o[before, row] > 0.0 else was_failed)
            below[at + 1, point, row] = 0.0


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _collect(points: Any, count: int, at: int, before: int, z: Any, o: Any, below: Any, phi: Any, column: int) -> None:
    """What the leaves below an edge say of its feature, less what the edge that it refines will say of them."""
    for point in range(len(points)):
        t = points[point]
        failed = -z[at] * _inverse(z[at] * (1.0 - t))
        passed = (1.0 - z[at]) * _inverse(z[at] + t * (1.0 - z[at]))
        was_failed = -z[before] * _inverse(z[before] * (1.0 - t)) if before else 0.0
        was_passed = (1.0 - z[before]) * _inverse(z[before] + t * (1.0 - z[before]))
        for row in range(count):
            now = passed if o[at, row] > 0.0 else failed
            was = was_passed if o[before, row] > 0.0 else was_failed
            phi[column, row] += (now - was) * below[at, point, row]
            below[at - 1, point, row] += below[at, point, row]
