"""The Isolation Forest voice (Liu, Ting and Zhou, 2008).

Its score is minus the mean path length over the trees, not the usual 2**(-E(h)/c): the mean path is additive over the
trees, so its Shapley values are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from models.arrays import Buffer, array_bytes, array_in
from models.detectors.attribution import Attribution
from models.detectors.base import Contributions, Floats, Matrix
from models.detectors.trees import LEAF, Trees
from models.errors import DataError

TREES = 300
POINT_TREES = 500
"""Trees over nothing but a few numbers: there each tree says less, and 300 of them leave too much to the seed."""
ROWS_PER_TREE = 256
DTYPES: Mapping[str, Any] = {
    "roots": np.int32,
    "feature": np.int32,
    "threshold": np.float64,
    "left": np.int32,
    "right": np.int32,
    "missing_left": np.bool_,
    "value": np.float64,
    "weight": np.float64,
}
EULER_GAMMA = 0.5772156649015329


@dataclass(frozen=True, eq=False)
class Forest:
    """Concatenated trees, one entry a node: feature is -1 at a leaf, children are absolute positions.

    value: at a leaf, the path length of a row that ends there; elsewhere the mean of what lies below;
    weight: training rows that passed the node.
    """

    roots: npt.NDArray[np.int32]
    feature: npt.NDArray[np.int32]
    threshold: Floats
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    missing_left: npt.NDArray[np.bool_]
    value: Floats
    weight: Floats

    @classmethod
    def fit(cls, matrix: Matrix, seed: int, trees: int = TREES, nthread: int = 1) -> Forest:
        """Grow the forest on rows that are held to be benign. matrix: float32 (n, d), NaN where missing."""
        from sklearn.ensemble import IsolationForest

        grown = IsolationForest(
            n_estimators=trees,
            max_samples=min(ROWS_PER_TREE, len(matrix)),
            random_state=seed,
            n_jobs=nthread,
        ).fit(matrix)
        return cls._concatenate([tree.tree_ for tree in grown.estimators_])

    @classmethod
    def _concatenate(cls, trees: list[Any]) -> Forest:
        sizes = [tree.node_count for tree in trees]
        roots = np.cumsum([0, *sizes[:-1]]).astype(np.int32)

        def children(name: str) -> npt.NDArray[np.int32]:
            shifted = (
                np.where(getattr(t, name) < 0, -1, getattr(t, name) + r) for t, r in zip(trees, roots, strict=True)
            )
            return np.concatenate(list(shifted)).astype(np.int32)

        return cls(
            roots=roots,
            feature=np.concatenate([np.where(t.children_left < 0, -1, t.feature) for t in trees]).astype(np.int32),
            threshold=np.concatenate([t.threshold for t in trees]).astype(np.float64),
            left=children("children_left"),
            right=children("children_right"),
            missing_left=np.concatenate([t.missing_go_to_left.astype(np.bool_) for t in trees]),
            value=np.concatenate([_path_lengths(t) for t in trees]),
            weight=np.concatenate([t.n_node_samples for t in trees]).astype(np.float64),
        )

    def score(self, matrix: Matrix, nthread: int = 1) -> Floats:
        """Minus the mean path length, float64 (n,): higher is stranger."""
        return self.trees.total(matrix, nthread)

    @cached_property
    def trees(self) -> Trees:
        """The trees whose sum is the score: x <= t on float32 x is x < the next float32 above t rounded down."""
        lowest, highest = np.float32(-np.inf), np.float32(np.inf)
        with np.errstate(over="ignore"):
            rounded = self.threshold.astype(np.float32)
            rounded = np.where(rounded > self.threshold, np.nextafter(rounded, lowest), rounded)
            above = np.nextafter(rounded, highest)
        return Trees(
            roots=self.roots,
            feature=self.feature,
            threshold=above,
            left=self.left,
            right=self.right,
            missing_left=self.missing_left,
            value=-self.value / len(self.roots),
            cover=self.weight,
        )

    def contributions(self, matrix: Matrix) -> Contributions:
        """Path-dependent TreeSHAP of the score, exact; who asks often keeps an Attribution of the trees."""
        return Attribution.of(self.trees, matrix.shape[1]).contributions(matrix)

    def library_contributions(self, matrix: Matrix) -> Contributions:
        """Path-dependent TreeSHAP (Lundberg et al., 2020) of the score, as the shap library computes it."""
        explainer = self.library_explainer()
        phi = np.asarray(explainer.shap_values(np.asarray(matrix, np.float64), check_additivity=False))
        return Contributions(phi.reshape(len(matrix), matrix.shape[1]), float(np.ravel(explainer.expected_value)[0]))

    def library_explainer(self) -> Any:
        """The forest as the shap library holds it."""
        import shap

        ends = [*self.roots[1:].tolist(), len(self.feature)]
        model = {
            "trees": [self._library_tree(start, stop) for start, stop in zip(self.roots.tolist(), ends, strict=True)],
            "tree_output": "raw_value",
            "input_dtype": np.float32,
            "internal_dtype": np.float64,
        }
        return shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")

    def _library_tree(self, start: int, stop: int) -> dict[str, npt.NDArray[Any]]:
        """One tree as the shap library reads it: values scaled so that the trees add up to the score."""
        left, right = (np.where(a[start:stop] < 0, -1, a[start:stop] - start) for a in (self.left, self.right))
        return {
            "children_left": left,
            "children_right": right,
            "children_default": np.where(self.missing_left[start:stop], left, right),
            "features": self.feature[start:stop],
            "thresholds": self.threshold[start:stop],
            "values": -self.value[start:stop, None] / len(self.roots),
            "node_sample_weight": self.weight[start:stop],
        }

    def files(self) -> dict[str, bytes]:
        return {f"forest.{field.name}.npy": array_bytes(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_files(cls, files: Mapping[str, Buffer]) -> Forest:
        """The forest back. Raises DataError where it is none that a fit could have grown."""
        found = cls(**{name: array_in(files, f"forest.{name}.npy", dtype) for name, dtype in DTYPES.items()})
        if not len(found.roots):
            raise DataError("a forest without a tree", field="model", mend="fit the model again")
        leaf = found.feature == LEAF
        found.trees.check_size()  # and that the arrays agree
        if not (found.left[leaf] == LEAF).all() or not (found.right[leaf] == LEAF).all():
            raise DataError("a leaf with children", field="model", mend="fit the model again")
        if not (found.weight >= 1).all():
            raise DataError("a node that no row has passed", field="model", mend="fit the model again")
        if not np.isfinite(found.value).all():
            raise DataError("a path length that is no number", field="model", mend="fit the model again")
        return found


def _path_lengths(tree: Any) -> Floats:
    """The path length at each node: depth, and below a leaf the expected depth of a tree over its rows."""
    depth = np.zeros(tree.node_count)
    for node in range(tree.node_count):  # parents come before their children
        if tree.children_left[node] >= 0:
            depth[[tree.children_left[node], tree.children_right[node]]] = depth[node] + 1
    length = depth + expected_path(tree.n_node_samples)
    rows = tree.n_node_samples.astype(np.float64)
    for node in reversed(range(tree.node_count)):
        if tree.children_left[node] >= 0:
            below = [tree.children_left[node], tree.children_right[node]]
            length[node] = np.sum(length[below] * rows[below]) / rows[node]
    return length


def expected_path(rows: npt.NDArray[Any]) -> Floats:
    """The average path length of an unsuccessful search in a binary tree of n rows: Liu et al. (2008), equation 1.

    >>> expected_path(np.array([1, 2, 256])).round(3).tolist()
    [0.0, 1.0, 10.245]
    """
    n = np.maximum(np.asarray(rows, np.float64), 2.0)
    length = 2.0 * (np.log(n - 1.0) + EULER_GAMMA) - 2.0 * (n - 1.0) / n
    return np.where(np.asarray(rows) <= 1, 0.0, np.where(np.asarray(rows) == 2, 1.0, length))
