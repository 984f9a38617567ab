"""Shapley values of tree ensembles from the definition, subset by subset: slow, and plain enough to be believed.

What a set of known features is worth is the tree's expectation when a row goes its way at the splits on known features
and is shared out by cover at all others (Lundberg et al., 2020, algorithm 1). A feature's Shapley value is its mean
marginal worth over all orders in which the features may become known (Shapley, 1953).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from models.detectors.base import Contributions, Floats, Matrix
from models.detectors.trees import Trees

MOST_FEATURES = 10
"""Features of one tree: 2**10 subsets."""
Masks = npt.NDArray[np.bool_]


def nodes_of(trees: Trees, root: int) -> list[int]:
    """The positions of one tree's nodes, parents first."""
    if trees.feature[root] < 0:
        return [root]
    return [root, *nodes_of(trees, int(trees.left[root])), *nodes_of(trees, int(trees.right[root]))]


def features_of(trees: Trees, root: int) -> list[int]:
    """The features that one tree splits on, ascending."""
    return sorted({int(trees.feature[node]) for node in nodes_of(trees, root)} - {-1})


def shares(trees: Trees, node: int) -> tuple[float, float]:
    """How an unknown row is shared out at a split: by cover, or half and half where nothing passed."""
    cover, left, right = (float(trees.cover[at]) for at in (node, trees.left[node], trees.right[node]))
    return (left / cover, right / cover) if cover > 0.0 else (0.5, 0.5)


def goes_left(trees: Trees, node: int, matrix: Matrix) -> Masks:
    """Which rows take the left branch of a split, bool (n,)."""
    x = matrix[:, trees.feature[node]]
    return np.where(np.isnan(x), trees.missing_left[node], x < trees.threshold[node])


def worth(trees: Trees, node: int, matrix: Matrix, known: dict[int, Masks]) -> Floats:
    """What each subset is worth below a node, for each row, float64 (subsets, n) or what broadcasts to it.

    known: for each feature of the tree, the subsets that hold it, bool (subsets, 1).
    """
    if trees.feature[node] < 0:
        return np.full((1, 1), trees.value[node])
    left, right = (worth(trees, int(child), matrix, known) for child in (trees.left[node], trees.right[node]))
    to_left, to_right = shares(trees, node)
    followed = np.where(goes_left(trees, node, matrix), left, right)
    return np.where(known[int(trees.feature[node])], followed, to_left * left + to_right * right)


def of_tree(trees: Trees, root: int, matrix: Matrix) -> Floats:
    """The Shapley values of one tree's leaf value, float64 (n, columns)."""
    features = features_of(trees, root)
    assert len(features) <= MOST_FEATURES, "too many subsets"
    subsets = np.arange(2 ** len(features))
    holds = {feature: (subsets >> bit & 1).astype(np.bool_) for bit, feature in enumerate(features)}
    of_subset = worth(trees, root, matrix, {feature: mask[:, None] for feature, mask in holds.items()})
    size = sum(holds.values(), np.zeros(len(subsets), np.int64))
    phi = np.zeros(matrix.shape)
    for bit, feature in enumerate(features):
        without = np.flatnonzero(~holds[feature])
        weight = np.array([share_of_orders(int(before), len(features)) for before in size[without]])
        phi[:, feature] = weight @ (of_subset[without + 2**bit] - of_subset[without])
    return phi


def share_of_orders(before: int, features: int) -> float:
    """In which share of all orders the features of one subset come first, and then the feature that is asked for."""
    return math.factorial(before) * math.factorial(features - before - 1) / math.factorial(features)


def shapley(trees: Trees, matrix: Matrix) -> Contributions:
    """The Shapley values of `total`: the sum over the trees.

    >>> trees = Trees(
    ...     roots=np.array([0], np.int32), feature=np.array([1, -1, -1], np.int32),
    ...     threshold=np.array([0.5, 0.0, 0.0], np.float32),
    ...     left=np.array([1, -1, -1], np.int32), right=np.array([2, -1, -1], np.int32),
    ...     missing_left=np.array([True, False, False]), value=np.array([0.0, 2.0, 10.0]),
    ...     cover=np.array([4.0, 3.0, 1.0]), base=100.0,
    ... )
    >>> found = shapley(trees, np.array([[0.0, 0.7], [0.0, np.nan]], np.float32))
    >>> found.base, found.phi.tolist()
    (104.0, [[0.0, 6.0], [0.0, -2.0]])
    """
    phi = sum((of_tree(trees, int(root), matrix) for root in trees.roots), np.zeros(matrix.shape))
    blank = np.full((1, matrix.shape[1]), np.nan, np.float32)
    return Contributions(phi, float(whole(trees, blank, np.False_)[0]))


def total(trees: Trees, matrix: Matrix) -> Floats:
    """The base and the sum of the leaves that each row reaches, float64 (n,)."""
    return whole(trees, matrix, np.True_)


def whole(trees: Trees, matrix: Matrix, known: Any) -> Floats:
    """What the ensemble is worth, float64 (n,), when every feature is known, or none."""
    found = np.full(len(matrix), trees.base)
    for root in trees.roots:
        found += worth(trees, int(root), matrix, dict.fromkeys(features_of(trees, int(root)), known)).reshape(-1)
    return found
