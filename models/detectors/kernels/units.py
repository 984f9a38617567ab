"""Exact Shapley values by table: small subtrees cut out as units, a row of each unit's table for every pattern.

Path-dependent TreeSHAP (Lundberg et al., 2020): a leaf of value v, with the distinct features F on its path, adds
phi_i = v (o_i - z_i) * integral over t in 0..1 of the product over j in F without i of (z_j + t (o_j - z_j)),
where o_j is 1 if the row passes every split on j along the path, else 0, and z_j is the product of the cover shares
behind these splits. It depends on the row through a few yes-or-no answers only, so it can be tabled (Yang, 2021). A
unit is a subtree whose answers are at most MAX_BITS: one for each distinct feature on the path to the subtree, one for
each split within it. Its table holds, for each pattern of answers, what all of its leaves together add to each output.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

MAX_BITS = 8
"""Answers of a unit: a pattern is one byte."""
MAX_PATH = 64
"""Nodes on a path that leads to a unit; deeper trees are not tabled."""
ONES = 0x0101010101010101
"""Turns round eight answers, one a byte."""


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def find_units(root: int, feature: Any, left: Any, right: Any, splits: Any, found: Any) -> int:
    """Cut one tree into the largest subtrees that can be units; write their roots to found.

    splits: how many splits the subtree under each node holds. Returns how many units; -1 where a path alone asks for
    more than MAX_BITS features, or is longer than MAX_PATH.
    """
    stack = np.empty(2 * MAX_PATH + 2, np.int32)
    depth_of = np.empty(2 * MAX_PATH + 2, np.int32)
    path = np.empty(MAX_PATH, np.int32)
    stack[0], depth_of[0] = root, 0
    top, count = 1, 0
    while top:
        top -= 1
        node, depth = stack[top], depth_of[top]
        if _distinct(path, depth) + splits[node] <= MAX_BITS:
            found[count] = node
            count += 1
        elif feature[node] < 0 or depth == MAX_PATH:
            return -1
        else:
            path[depth] = feature[node]
            stack[top], depth_of[top] = right[node], depth + 1
            stack[top + 1], depth_of[top + 1] = left[node], depth + 1
            top += 2
    return count


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _distinct(values: Any, count: int) -> int:
    found = 0
    for at in range(count):
        fresh = True
        for before in range(at):
            fresh &= values[before] != values[at]
        found += fresh
    return found


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _place(values: Any, count: int, value: int) -> int:
    """Where value stands among the first count values, or count."""
    for at in range(count):
        if values[at] == value:
            return at
    return count


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _path_features(node: int, feature: Any, parent: Any, found: Any) -> int:
    """The distinct features on the way from a node up to its root; returns how many."""
    count = 0
    while parent[node] >= 0:
        node = parent[node]
        at = _place(found, count, feature[node])
        found[at] = feature[node]
        count += at == count
    return count


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _subtree(root: int, feature: Any, left: Any, right: Any, inner: Any, leaves: Any) -> tuple[int, int]:
    """The splits and the leaves under a unit's root; returns how many of each."""
    stack = np.empty(MAX_BITS + 2, np.int32)
    stack[0] = root
    top, splits, ends = 1, 0, 0
    while top:
        top -= 1
        node = stack[top]
        if feature[node] < 0:
            leaves[ends] = node
            ends += 1
        else:
            inner[splits] = node
            splits += 1
            stack[top], stack[top + 1] = right[node], left[node]
            top += 2
    return splits, ends


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def measure(units: Any, feature: Any, left: Any, right: Any, parent: Any, output: Any) -> Any:
    """The bits, terms and outputs of each unit, int64 (u, 3). A term is one node's answer within a bit.

    output: the output that each feature's contributions are booked on.
    """
    sizes = np.empty((len(units), 3), np.int64)
    features, outputs = np.empty(MAX_BITS + 1, np.int64), np.empty(MAX_BITS + 1, np.int64)
    inner, leaves = np.empty(MAX_BITS, np.int32), np.empty(MAX_BITS + 1, np.int32)
    for unit in range(len(units)):
        on_path = _path_features(units[unit], feature, parent, features)
        splits, _ = _subtree(units[unit], feature, left, right, inner, leaves)
        steps, node = 0, units[unit]
        while parent[node] >= 0:
            node = parent[node]
            steps += 1
        sizes[unit, 0] = on_path + splits
        sizes[unit, 1] = steps + splits
        sizes[unit, 2] = _outputs(features, on_path, inner, splits, feature, output, outputs)
    return sizes


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _outputs(features: Any, on_path: int, inner: Any, splits: int, feature: Any, output: Any, found: Any) -> int:
    """The distinct outputs of a unit's features; returns how many."""
    count = 0
    for at in range(on_path + splits):
        one = output[features[at] if at < on_path else feature[inner[at - on_path]]]
        place = _place(found, count, one)
        found[place] = one
        count += place == count
    return count


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def fill(
    units: Any,
    feature: Any,
    left: Any,
    right: Any,
    parent: Any,
    share: Any,
    value: Any,
    output: Any,
    points: Any,
    weights: Any,
    bit_start: Any,
    bit_term: Any,
    term_node: Any,
    term_flip: Any,
    pair_start: Any,
    pair_output: Any,
    pair_table: Any,
    table: Any,
) -> None:
    """Describe each unit's bits, terms and pairs of outputs, and write its table.

    points, weights: of a Gauss-Legendre rule on 0..1 that is exact to degree MAX_BITS - 1; the starts are given, the
    other arrays are filled. A bit is 1 where all its terms are: a path's feature where every split was passed on the
    unit's side, a split within where the row went left.
    """
    features, outputs = np.empty(MAX_BITS + 1, np.int64), np.empty(MAX_BITS + 1, np.int64)
    inner, leaves = np.empty(MAX_BITS, np.int32), np.empty(MAX_BITS + 1, np.int32)
    sums = np.empty((MAX_BITS, 1 << MAX_BITS))
    term = 0
    for unit in range(len(units)):
        root = units[unit]
        on_path = _path_features(root, feature, parent, features)
        splits, ends = _subtree(root, feature, left, right, inner, leaves)
        count = _outputs(features, on_path, inner, splits, feature, output, outputs)
        bit = bit_start[unit]
        for at in range(on_path):
            bit_term[bit] = term
            bit += 1
            node = root
            while parent[node] >= 0:
                above = parent[node]
                if feature[above] == features[at]:
                    term_node[term] = above
                    term_flip[term] = 0 if left[above] == node else ONES
                    term += 1
                node = above
        for at in range(splits):
            bit_term[bit] = term
            bit += 1
            term_node[term] = inner[at]
            term_flip[term] = 0
            term += 1
        patterns = 1 << (on_path + splits)
        sums[:, :patterns] = 0.0
        for at in range(ends):
            _add_leaf(
                leaves[at], root, feature, left, parent, share, value, output, points, weights,
                features, on_path, inner, splits, outputs, count, patterns, sums,
            )  # fmt: skip
        for pair in range(pair_start[unit], pair_start[unit + 1]):
            first = 2 * (pair - pair_start[unit])
            pair_output[pair, 0] = outputs[first]
            pair_output[pair, 1] = outputs[first + 1] if first + 1 < count else -1
            start = pair_table[pair]
            for pattern in range(patterns):
                table[start + pattern, 0] = sums[first, pattern]
                table[start + pattern, 1] = sums[first + 1, pattern] if first + 1 < count else 0.0
    bit_term[len(bit_term) - 1] = term


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _add_leaf(
    leaf: int,
    root: int,
    feature: Any,
    left: Any,
    parent: Any,
    share: Any,
    value: Any,
    output: Any,
    points: Any,
    weights: Any,
    features: Any,
    on_path: int,
    inner: Any,
    splits: int,
    outputs: Any,
    count: int,
    patterns: int,
    sums: Any,
) -> None:
    """Add what one leaf contributes to each output of its unit under each pattern."""
    own = np.empty(MAX_BITS, np.int64)
    z = np.ones(MAX_BITS)
    asked = np.zeros(MAX_BITS, np.int64)  # per own feature: the bits that speak of it
    wanted = np.zeros(MAX_BITS, np.int64)  # and what they must be
    total, node, within = 0, leaf, leaf != root
    while parent[node] >= 0:
        above = parent[node]
        at = _place(own, total, feature[above])
        own[at] = feature[above]
        total += at == total
        z[at] *= share[node]
        if within:
            bit = 1 << (on_path + _place(inner, splits, above))
            asked[at] |= bit
            wanted[at] |= bit if left[above] == node else 0
        else:
            bit = 1 << _place(features, on_path, feature[above])
            asked[at] |= bit
            wanted[at] |= bit
        within = within and above != root
        node = above
    phi = _leaf_phi(value[leaf], z, total, points, weights)
    for pattern in range(patterns):
        passed = 0
        for at in range(total):
            passed |= (1 << at) if pattern & asked[at] == wanted[at] else 0
        for at in range(total):
            sums[_place(outputs, count, output[own[at]]), pattern] += phi[passed, at]


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _leaf_phi(value: float, z: Any, total: int, points: Any, weights: Any) -> Any:
    """phi of each of a leaf's features, float64 (2**total, total), for each set of passed features (as bits)."""
    phi = np.zeros((1 << total, MAX_BITS))
    before = np.empty(MAX_BITS + 1)
    for passed in range(1 << total):
        for point in range(len(points)):
            t = points[point]
            before[0] = weights[point] * value
            for at in range(total):
                before[at + 1] = before[at] * (z[at] + t * ((passed >> at & 1) - z[at]))
            after = 1.0
            for at in range(total - 1, -1, -1):
                o = passed >> at & 1
                phi[passed, at] += (o - z[at]) * before[at] * after
                after *= z[at] + t * (o - z[at])
    return phi
