"""Decision trees as flat arrays: the one form in which every tree detector is scored and explained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from models.detectors.base import Floats, Matrix
from models.detectors.blocks import in_blocks
from models.detectors.kernels.walk import walk
from models.errors import DataError

Ints = npt.NDArray[np.int32]
LEAF = -1
MOST_TREES = 10_000
MOST_NODES = 1 << 19
MOST_DEPTH = 32
"""What a file may hold: several times what is grown, and so little that no explanation takes gigabytes or minutes."""
MOST_TOTAL = 1e12
"""The size that a sum over trees from a file may have, so that no margin overflows."""
MOST_SHARE = 1.001
"""The part of a node's weight that may have gone one way: all of it, but for rounding in single precision."""
DTYPES: dict[str, Any] = {
    "roots": np.int32,
    "feature": np.int32,
    "threshold": np.float32,
    "left": np.int32,
    "right": np.int32,
    "missing_left": np.bool_,
    "value": np.float64,
    "cover": np.float64,
}


@dataclass(frozen=True, eq=False)
class Trees:
    """Trees one after another, one entry a node, parents before their children; children are absolute positions.

    roots: int32 (t,), where each tree begins; feature: int32 (m,), the column a node asks, -1 at a leaf; threshold:
    float32 (m,), a row goes left where x < threshold; left, right: int32 (m,), their own position at a leaf;
    missing_left: bool (m,), where NaN goes; value: float64 (m,), what a leaf adds; cover: float64 (m,), the weight of
    the training rows that passed; base: added to the sum over the trees. Raises DataError when these do not agree.
    """

    roots: Ints
    feature: Ints
    threshold: npt.NDArray[np.float32]
    left: Ints
    right: Ints
    missing_left: npt.NDArray[np.bool_]
    value: Floats
    cover: Floats
    base: float = 0.0

    @classmethod
    def none(cls) -> Trees:
        """No trees: 0 for every row."""
        ints, floats = np.zeros(0, np.int32), np.zeros(0)
        return cls(ints, ints, floats.astype(np.float32), ints, ints, np.zeros(0, np.bool_), floats, floats)

    def __post_init__(self) -> None:
        for name, dtype in DTYPES.items():
            # Copies of ours: compiled code tells arrays that can be written from those that cannot, and is made twice.
            object.__setattr__(self, name, np.array(getattr(self, name), dtype))
        if len(self.left) == len(self.right) == len(self.feature):
            leaf = np.flatnonzero(self.feature == LEAF)
            self.left[leaf] = self.right[leaf] = leaf
        fault = self._fault()
        if fault:
            raise DataError(f"the trees do not agree: {fault}", field="model", mend="fit the model again")

    def _fault(self) -> str:
        """What is wrong with the arrays, in words; empty when nothing is."""
        nodes = len(self.feature)
        arrays = (self.threshold, self.left, self.right, self.missing_left, self.value, self.cover)
        if any(array.shape != (nodes,) for array in (self.feature, *arrays)):
            return "arrays of different length"
        if nodes and (not len(self.roots) or self.roots[0] != 0 or (np.diff(self.roots) <= 0).any()):
            return "the trees do not begin one after another"
        if len(self.roots) and self.roots[-1] >= nodes:
            return "a tree without a node"
        if (self.feature < LEAF).any():
            return "a column below 0"
        return self._fault_of_values() or self._fault_of_children()

    def _fault_of_values(self) -> str:
        leaf = self.feature == LEAF
        if np.isnan(self.threshold[~leaf]).any() or np.isneginf(self.threshold[~leaf]).any():
            return "a threshold that is no number"
        if not np.isfinite(self.value[leaf]).all() or not np.isfinite(self.base):
            return "a leaf that is no finite number"
        if not (np.isfinite(self.cover).all() and (self.cover >= 0).all()):
            return "a weight that is no number from 0 on"
        return ""

    def _fault_of_children(self) -> str:
        inner = np.flatnonzero(self.feature != LEAF)
        children = np.concatenate([self.left[inner], self.right[inner]])
        ends = np.append(self.roots[1:], len(self.feature))[self.tree_of[inner]] if len(inner) else inner
        if (children <= np.tile(inner, 2)).any() or (children >= np.tile(ends, 2)).any():
            return "a child before its parent or outside its tree"
        parents = np.bincount(children, minlength=len(self.feature))
        parents[self.roots] += 1
        return "" if (parents == 1).all() else "a node with no parent, or with two"

    def check_size(self) -> None:
        """DataError when these are more, deeper or larger trees than a model has."""
        leaf = self.feature == LEAF
        largest = np.where(leaf, np.abs(self.value), 0.0)
        fault = ""
        if not 0 < len(self.feature) <= MOST_NODES:
            fault = f"no nodes, or more than {MOST_NODES}"
        elif len(self.roots) > MOST_TREES:
            fault = f"more than {MOST_TREES} trees"
        elif not self._ends_at(MOST_DEPTH):
            fault = f"a tree of more than {MOST_DEPTH} steps"
        elif not abs(self.base) + np.maximum.reduceat(largest, self.roots).sum() <= MOST_TOTAL:
            fault = f"leaves that may add up to more than {MOST_TOTAL:g}"
        elif not (self.share <= MOST_SHARE).all():
            fault = "more weight below a node than passed it"
        if fault:
            raise DataError(f"the trees are none of ours: {fault}", field="model", mend="fit the model again")

    def _ends_at(self, depth: int) -> bool:
        """Whether every row has reached its leaf after so many steps."""
        level = np.asarray(self.roots)
        for _ in range(depth + 1):
            level = level[self.feature[level] != LEAF]
            level = np.concatenate([self.left[level], self.right[level]])
        return not len(level)

    def check_columns(self, columns: int) -> None:
        """DataError when a tree asks for a column that a matrix of so many columns does not have."""
        last = int(self.feature.max(initial=LEAF))
        if last >= columns:
            what = f"a tree asks for column {last}, and there are {columns}"
            raise DataError(what, field="model", mend="fit the model again")

    @cached_property
    def tree_of(self) -> Ints:
        """The number of the tree that each node stands in, int32 (m,)."""
        starts = np.zeros(len(self.feature), np.int32)
        starts[self.roots] = 1
        return np.asarray(np.cumsum(starts, dtype=np.int32) - 1, np.int32)

    @cached_property
    def parent(self) -> Ints:
        """The position of each node's parent, int32 (m,), -1 at a root."""
        found = np.full(len(self.feature), -1, np.int32)
        inner = np.flatnonzero(self.feature != LEAF).astype(np.int32)
        found[self.left[inner]] = found[self.right[inner]] = inner
        return found

    @cached_property
    def depths(self) -> Ints:
        """Steps from the root to the deepest leaf of each tree, int32 (t,)."""
        depth = np.zeros(len(self.feature), np.int32)
        level = np.asarray(self.roots)
        while len(level):
            level = level[self.feature[level] != LEAF]
            below = np.concatenate([self.left[level], self.right[level]])
            depth[below] = np.tile(depth[level], 2) + 1
            level = below
        return np.maximum.reduceat(depth, self.roots) if len(self.roots) else depth

    @cached_property
    def share(self) -> Floats:
        """The share of its parent's weight that passed each node, float64 (m,), 1 at a root; halves of nothing are a
        half each."""
        above = np.where(self.parent < 0, np.arange(len(self.parent)), self.parent)
        weight = self.cover[above]
        share: Floats = np.divide(self.cover, weight, out=np.full(len(weight), 0.5), where=weight > 0)
        share[self.roots] = 1.0
        return share

    @cached_property
    def expected(self) -> float:
        """Base plus the sum over the trees of the leaves' mean, weighted by their cover: what a row scores of which
        nothing is known (Lundberg et al., 2020, algorithm 1 with no feature known)."""
        reach = self.share.copy()
        level = np.asarray(self.roots)
        while len(level):
            level = level[self.feature[level] != LEAF]
            for child in (self.left[level], self.right[level]):
                reach[child] *= reach[level]
            level = np.concatenate([self.left[level], self.right[level]])
        leaf = self.feature == LEAF
        return float(self.base + (reach[leaf] * self.value[leaf]).sum())

    def total(self, matrix: Matrix, nthread: int = 1) -> Floats:
        """Base plus the sum over the trees of the leaf that each row reaches, float64 (n,).

        matrix: float32 (n, d), NaN where missing.
        """
        self.check_columns(matrix.shape[1])
        rows = np.ascontiguousarray(matrix, np.float32)
        return in_blocks(self._walk, rows, nthread)

    def _walk(self, rows: Matrix) -> Floats:
        found: Floats = walk(rows, *self._walkable)
        found += self.base
        return found

    @cached_property
    def _walkable(self) -> tuple[Any, ...]:
        """The trees as `walk` takes them: siblings side by side, level by level."""
        order = self._by_levels()
        place = np.empty(len(order), np.uint32)
        place[order] = np.arange(len(order), dtype=np.uint32)
        leaf = self.feature[order] == LEAF
        with np.errstate(over="ignore"):  # below the least number stands -inf, and that is right
            limit = np.nextafter(self.threshold[order], np.float32(-np.inf))
        return (
            place[self.roots],
            self.depths,
            np.where(leaf, 0, self.feature[order]).astype(np.uint32),
            (~leaf & ~self.missing_left[order]).astype(np.uint32),
            np.where(leaf, np.float32(np.inf), limit),
            place[self.left[order]],
            self.value[order],
        )

    def _by_levels(self) -> Ints:
        """The positions of all nodes, each tree's level by level, a left child just before the right."""
        levels = [np.asarray(self.roots)]
        while len(levels[-1]):
            inner = levels[-1][self.feature[levels[-1]] != LEAF]
            levels.append(np.stack([self.left[inner], self.right[inner]], axis=1).reshape(-1))
        order = np.concatenate(levels)
        return order[np.argsort(self.tree_of[order], kind="stable")]
