"""Tree models by chance, with rows to explain: synthetic trees, and fitted boosters and forests, of every shape."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shap
import xgboost
from hypothesis import strategies as st
from sklearn.ensemble import IsolationForest

from models.detectors.base import Contributions, Matrix
from models.detectors.boost import Boost
from models.detectors.forest import ROWS_PER_TREE, Forest, expected_path
from models.detectors.trees import Trees

ODD = np.array(
    [0.0, -0.0, np.inf, -np.inf, 1e-45, -1e-45, 1e-38, 3.4028235e38, -3.4028235e38, 1.0, np.nextafter(1.0, 2.0)],
    np.float32,
)
"""Cells and thresholds at the edges of float32, the two zeros and the smallest steps beside zero and one."""


@dataclass(frozen=True)
class Case:
    """Trees, and rows for them: float32 (n, columns)."""

    trees: Trees
    matrix: Matrix

    @property
    def columns(self) -> int:
        return self.matrix.shape[1]


# Synthetic trees


@dataclass(frozen=True)
class Sketch:
    """How to draw one ensemble."""

    seed: int
    trees: int
    columns: int
    depth: int
    shape: str = "any"
    features: int = 10
    """Features at most that one tree splits on."""
    values: str = "plain"
    covers: str = "rows"
    loose: bool = False
    """Children's covers do not add up to their parent's."""
    odd: float = 0.0
    """The share of thresholds and cells that are from `ODD`."""
    missing: float = 0.0
    rows: int = 8

    def draw(self) -> Case:
        rng = np.random.default_rng(self.seed)
        trees = join([self._tree(rng) for _ in range(self.trees)], base=float(rng.normal()))
        return Case(trees, asked(rng, trees, (self.rows, self.columns), self.odd, self.missing))

    def _tree(self, rng: np.random.Generator) -> Trees:
        return grow(
            rng,
            features=rng.permutation(self.columns)[: self.features],
            depth=self.depth,
            shape=self.shape,
            value=lambda n: VALUES[self.values](rng, n),
            leaf_cover=lambda n: COVERS[self.covers](rng, n),
            loose=self.loose,
            threshold=lambda n: limits(rng, n, self.odd),
        )


VALUES: dict[str, Callable[[np.random.Generator, int], Any]] = {
    "plain": lambda rng, n: rng.normal(size=n),
    "constant": lambda rng, n: np.full(n, 0.3),
    "none": lambda rng, n: np.zeros(n),
    "tiny": lambda rng, n: rng.normal(size=n) * 1e-12,
    "huge": lambda rng, n: rng.normal(size=n) * 1e12,
    "mixed": lambda rng, n: rng.normal(size=n) * 10.0 ** rng.integers(-12, 13, n),
}
COVERS: dict[str, Callable[[np.random.Generator, int], Any]] = {
    "rows": lambda rng, n: rng.integers(1, 50, n).astype(np.float64),
    "weights": lambda rng, n: rng.random(n) * 10.0 ** rng.integers(-6, 4, n),
    "some": lambda rng, n: rng.integers(0, 2, n).astype(np.float64),
    "none": lambda rng, n: np.zeros(n),
}


def cells(rng: np.random.Generator, shape: Any, odd: float) -> Matrix:
    """Values on a coarse grid, so that ties are common; some from `ODD`."""
    plain = rng.integers(-3, 4, shape) / 2.0
    return np.where(rng.random(shape) < odd, rng.choice(ODD, shape), plain).astype(np.float32)


def limits(rng: np.random.Generator, shape: Any, odd: float) -> Matrix:
    """Thresholds: every cell but minus infinity, below which no row can be."""
    found = cells(rng, shape, odd)
    return np.where(np.isneginf(found), np.float32(np.inf), found)


def asked(rng: np.random.Generator, trees: Trees, shape: tuple[int, int], odd: float, missing: float) -> Matrix:
    """Rows to explain; half of the cells stand exactly at a threshold of their column, or one step beside it."""
    matrix = cells(rng, shape, odd)
    for column in np.unique(trees.feature[trees.feature >= 0]):
        at = rng.choice(trees.threshold[trees.feature == column], shape[0])
        with np.errstate(over="ignore"):
            beside = np.nextafter(at, rng.choice(np.array([-np.inf, np.inf], np.float32), shape[0]))
        near = np.where(rng.random(shape[0]) < 0.5, at, beside)
        matrix[:, column] = np.where(rng.random(shape[0]) < 0.5, near, matrix[:, column])
    hole = np.where(rng.random(shape) < 0.5, np.float32(np.nan), -np.float32(np.nan))
    return np.where(rng.random(shape) < missing, hole, matrix).astype(np.float32)


def grow(
    rng: np.random.Generator,
    *,
    features: Any,
    depth: int,
    shape: str,
    value: Callable[[int], Any],
    leaf_cover: Callable[[int], Any],
    loose: bool,
    threshold: Callable[[int], Any],
) -> Trees:
    """One tree, its nodes in any order that has parents first.

    shape: "full", "chain" (one child of each split is a leaf) or "any"; loose: covers do not add up.
    """
    left, right = topology(rng, depth if len(features) else 0, shape)
    nodes = len(left)
    leaf = left < 0
    cover = np.where(leaf, leaf_cover(nodes), 0.0)
    for node in reversed(np.flatnonzero(~leaf)):
        cover[node] = cover[left[node]] + cover[right[node]]
    if loose:
        cover *= rng.uniform(0.5, 2.0, nodes)
    return Trees(
        roots=np.zeros(1, np.int32),
        feature=np.where(leaf, -1, rng.choice(features, nodes) if len(features) else -1).astype(np.int32),
        threshold=np.where(leaf, 0.0, threshold(nodes)).astype(np.float32),
        left=left,
        right=right,
        missing_left=rng.random(nodes) < 0.5,
        value=np.where(leaf, value(nodes), 0.0),
        cover=cover,
        base=0.0,
    )


def topology(rng: np.random.Generator, depth: int, shape: str) -> tuple[Any, Any]:
    """The children of each node, int32, -1 at a leaf."""
    children: list[list[int]] = []
    waiting = [(-1, 0, 0, True)]
    while waiting:
        parent, side, level, splits = waiting.pop(rng.integers(len(waiting)))
        node = len(children)
        children.append([-1, -1])
        if parent >= 0:
            children[parent][side] = node
        if splits and level < depth:
            first = bool(rng.integers(2))
            further = {"full": (True, True), "chain": (first, not first), "any": tuple(rng.random(2) < 0.7)}[shape]
            waiting += [(node, side, level + 1, bool(further[side])) for side in (0, 1)]
    left, right = np.array(children, np.int32).T
    return left.copy(), right.copy()


EACH_NODE = {
    "feature": np.int32,
    "threshold": np.float32,
    "left": np.int32,
    "right": np.int32,
    "missing_left": np.bool_,
    "value": np.float64,
    "cover": np.float64,
}


def arrays(trees: Trees, start: int = 0, stop: int | None = None) -> dict[str, Any]:
    """The entries of some nodes, children counted from the first of them."""
    found = {name: getattr(trees, name)[start:stop].copy() for name in EACH_NODE}
    return {**found, "left": found["left"] - start, "right": found["right"] - start}


def join(trees: list[Trees], base: float = 0.0) -> Trees:
    """One ensemble of all these, in their order; their own bases are left out."""
    starts = np.cumsum([0, *(len(tree.feature) for tree in trees)])[:-1]
    parts = [arrays(tree) for tree in trees]
    for part, start in zip(parts, starts, strict=True):
        part["left"], part["right"] = part["left"] + start, part["right"] + start
    joined = {
        name: np.concatenate([np.zeros(0), *(part[name] for part in parts)]).astype(dtype)
        for name, dtype in EACH_NODE.items()
    }
    roots = [np.zeros(0), *(tree.roots + start for tree, start in zip(trees, starts, strict=True))]
    return Trees(roots=np.concatenate(roots).astype(np.int32), base=base, **joined)


def one_by_one(trees: Trees) -> list[Trees]:
    """Each tree alone, without the base."""
    starts = [*trees.roots.tolist(), len(trees.feature)]
    first = np.zeros(1, np.int32)
    return [Trees(roots=first, base=0.0, **arrays(trees, start, stop)) for start, stop in pairwise(starts)]


def sketches(**other: st.SearchStrategy[Any]) -> st.SearchStrategy[Sketch]:
    """Synthetic ensembles small enough for the definition; other: how to choose some of the fields otherwise."""
    free = {
        "seed": st.integers(0, 2**32 - 1),
        "trees": st.integers(0, 3) | st.integers(7, 18),
        "columns": st.integers(1, 9),
        "depth": st.integers(0, 6),
        "shape": st.sampled_from(["any", "full", "chain"]),
        "features": st.integers(1, 9),
        "values": st.sampled_from(sorted(VALUES)),
        "covers": st.sampled_from(sorted(COVERS)),
        "loose": st.booleans(),
        "odd": st.sampled_from([0.0, 0.3, 1.0]),
        "missing": st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    }
    return st.builds(Sketch, **{**free, **other})


# Fitted detectors


@dataclass(frozen=True)
class Fitted:
    """A detector as the library fitted it, and what the library says of the rows."""

    detector: Any
    trees: Trees
    matrix: Matrix
    margin: Any
    """What the library scores, float64 (n,)."""
    explained: list[Contributions]
    """By shap in float64, from trees as the library wrote them; by XGBoost in float32."""


@dataclass(frozen=True)
class Table:
    """How to draw a table: noise, perhaps rounded so that cells tie, with a constant column and one that is there
    twice."""

    seed: int
    rows: int
    columns: int
    missing: float
    steps: int
    """Cells are rounded to this many steps a unit; 0 leaves them."""

    def draw(self) -> Matrix:
        rng = np.random.default_rng(self.seed)
        matrix = rng.normal(size=(self.rows, self.columns))
        if self.steps:
            matrix = np.round(matrix * self.steps) / self.steps
        if self.columns > 2:
            matrix[:, 1], matrix[:, 2] = 1.0, matrix[:, 0]
        matrix[rng.random(matrix.shape) < self.missing] = np.nan
        return matrix.astype(np.float32)

    def asked(self, trees: Trees) -> Matrix:
        """Rows of the table, and as many others."""
        rng = np.random.default_rng(self.seed)
        known = self.draw()[:16]
        return np.concatenate([known, asked(rng, trees, known.shape, 0.0, self.missing)])


@dataclass(frozen=True)
class BoostSketch:
    """How to fit one booster."""

    table: Table
    depth: int
    rounds: int
    eta: float
    min_child_weight: float
    positive: float
    """The share of labels that are true, and the score before the first tree."""

    def fit(self) -> Fitted:
        matrix = self.table.draw()
        rng = np.random.default_rng(self.table.seed)
        level = np.nan_to_num(matrix[:, :4]).prod(axis=1) + rng.normal(size=len(matrix))
        label = level >= np.quantile(level, 1.0 - self.positive)
        parameters = {
            "nthread": 1,
            "objective": "binary:logistic",
            "tree_method": "hist",
            "max_depth": self.depth,
            "eta": self.eta,
            "min_child_weight": self.min_child_weight,
            "lambda": 0.01,
            "base_score": self.positive,
            "subsample": 0.8,
            "seed": 1,
            "verbosity": 0,
        }
        data = xgboost.DMatrix(matrix, label=label.astype(np.float32), nthread=1)
        booster = xgboost.train(parameters, data, num_boost_round=self.rounds)
        detector = Boost(bytes(booster.save_raw("json")))
        rows = self.table.asked(detector.trees)
        data = xgboost.DMatrix(rows, nthread=1)
        return Fitted(
            detector,
            detector.trees,
            rows,
            booster.predict(data, output_margin=True).astype(np.float64),
            [explained(*_of_booster(booster), rows), _as_xgboost_explains(booster, data)],
        )


def _as_xgboost_explains(booster: Any, data: Any) -> Contributions:
    found = booster.predict(data, pred_contribs=True).astype(np.float64)
    return Contributions(found[:, :-1], float(found[0, -1]))


def _of_booster(booster: Any) -> tuple[list[dict[str, Any]], float]:
    """The trees of a booster as shap reads them, and its base in log-odds."""
    learner = json.loads(booster.save_raw("json"))["learner"]
    share = float(learner["learner_model_param"]["base_score"].strip("[]"))
    trees = learner["gradient_booster"]["model"]["trees"]
    return [_tree_of_booster(tree) for tree in trees], math.log(share / (1.0 - share))


def _tree_of_booster(tree: dict[str, Any]) -> dict[str, Any]:
    left, right = np.array(tree["left_children"]), np.array(tree["right_children"])
    limit = np.array(tree["split_conditions"], np.float32)
    return {
        "children_left": left,
        "children_right": right,
        "children_default": np.where(np.array(tree["default_left"], np.bool_), left, right),
        "features": np.array(tree["split_indices"]),
        "thresholds": np.nextafter(limit, np.float32(-np.inf)).astype(np.float64),  # shap asks x <= t
        "values": limit[:, None].astype(np.float64),
        "node_sample_weight": np.array(tree["sum_hessian"], np.float64),
    }


@dataclass(frozen=True)
class ForestSketch:
    """How to fit one Isolation Forest."""

    table: Table
    trees: int

    def fit(self) -> Fitted:
        matrix = self.table.draw()
        detector = Forest.fit(matrix, self.table.seed, trees=self.trees)
        theirs = IsolationForest(
            n_estimators=self.trees,
            max_samples=min(ROWS_PER_TREE, len(matrix)),
            random_state=self.table.seed,
            n_jobs=1,
        ).fit(matrix)
        rows = self.table.asked(detector.trees)
        typical = expected_path(np.array([theirs.max_samples_]))[0]
        margin = np.log2(-theirs.score_samples(rows)) * typical
        parts = [_of_forest(grown.tree_, self.trees) for grown in theirs.estimators_]
        return Fitted(detector, detector.trees, rows, margin, [explained(parts, 0.0, rows)])


def _of_forest(tree: Any, trees: int) -> dict[str, Any]:
    depth = np.zeros(tree.node_count)
    for node in np.flatnonzero(tree.children_left >= 0):
        depth[[tree.children_left[node], tree.children_right[node]]] = depth[node] + 1.0
    return {
        "children_left": tree.children_left,
        "children_right": tree.children_right,
        "children_default": np.where(tree.missing_go_to_left, tree.children_left, tree.children_right),
        "features": tree.feature,
        "thresholds": tree.threshold,
        "values": -(depth + expected_path(tree.n_node_samples))[:, None] / trees,
        "node_sample_weight": tree.n_node_samples.astype(np.float64),
    }


def explained(trees: list[dict[str, Any]], base: float, rows: Matrix) -> Contributions:
    """shap.TreeExplainer on trees as it reads them: x <= t goes left."""
    model = {"trees": trees, "tree_output": "raw_value", "input_dtype": np.float32, "internal_dtype": np.float64}
    explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    phi = explainer.shap_values(rows.astype(np.float64), check_additivity=False)
    return Contributions(np.asarray(phi).reshape(rows.shape), float(np.ravel(explainer.expected_value)[0]) + base)


def tables(columns: st.SearchStrategy[int], rows: st.SearchStrategy[int]) -> st.SearchStrategy[Table]:
    return st.builds(
        Table,
        seed=st.integers(0, 2**32 - 1),
        rows=rows,
        columns=columns,
        missing=st.sampled_from([0.0, 0.2, 0.8]),
        steps=st.sampled_from([0, 1, 4]),
    )


def boosters(columns: st.SearchStrategy[int]) -> st.SearchStrategy[BoostSketch]:
    return st.builds(
        BoostSketch,
        table=tables(columns, st.sampled_from([40, 400, 1000])),
        depth=st.sampled_from(range(1, 13)),
        rounds=st.sampled_from([1, 2, 7, 8, 9, 20]),
        eta=st.sampled_from([0.05, 0.5, 1.5]),
        min_child_weight=st.sampled_from([0.0, 0.01, 1.0]),
        positive=st.sampled_from([0.001, 0.05, 0.3, 0.9, 0.999]),
    )


def forests(columns: st.SearchStrategy[int]) -> st.SearchStrategy[ForestSketch]:
    return st.builds(
        ForestSketch,
        table=tables(columns, st.integers(2, 12) | st.sampled_from([64, 255, 256, 257, 512])),
        trees=st.sampled_from([1, 2, 7, 8, 9, 20]),
    )
