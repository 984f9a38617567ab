"""XGBoost's JSON: read into trees, and written anew from them.

XGBoost's own parser trusts what it reads: one child out of range ends the process. It is given only what was written
here, from trees that have been checked.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from models.arrays import Buffer
from models.detectors.trees import LEAF, MOST_NODES, Trees
from models.errors import DataError
from models.written import Written, refused

FILE = "boost.json"
NO_PARENT = 2**31 - 1
REALS = {int, float}


class Boosted(NamedTuple):
    """trees: leaves in log-odds; columns: of the matrix it was fitted on; start: its base_score, a probability."""

    trees: Trees
    columns: int
    start: np.float32


def read_boosted(written: Buffer) -> Boosted:
    """A booster of logistic loss. Raises DataError where it is none that a fit could have made."""
    learner = Written.read({FILE: written}, FILE).part("learner")
    given = learner.part("learner_model_param")
    columns = given.text("num_feature", 1)
    if not re.fullmatch(r"[0-9]{1,6}", columns):
        raise refused(f"{given.place}.num_feature is no number of columns")
    start = _start(given)
    with np.errstate(all="ignore"):  # what comes of it is refused by the trees
        trees = _trees(learner.part("gradient_booster").part("model").parts("trees"), start)
    trees.check_columns(int(columns))
    return Boosted(trees, int(columns), start)


def write_boosted(boosted: Boosted) -> bytes:
    """The same booster as XGBoost reads it."""
    trees, columns = boosted.trees, str(boosted.columns)
    ends = [*trees.roots[1:].tolist(), len(trees.feature)]
    written = [_tree(trees, *span, number, columns) for number, span in enumerate(zip(trees.roots, ends, strict=True))]
    model = {
        "cats": {"enc": [], "feature_segments": [], "sorted_idx": []},
        "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(len(written))},
        "iteration_indptr": list(range(len(written) + 1)),
        "tree_info": [0] * len(written),
        "trees": written,
    }
    learner = {
        "attributes": {},
        "feature_names": [],
        "feature_types": [],
        "gradient_booster": {"model": model, "name": "gbtree"},
        "learner_model_param": {
            "base_score": f"[{boosted.start:.9g}]",
            "boost_from_average": "1",
            "num_class": "0",
            "num_feature": columns,
            "num_target": "1",
        },
        "objective": {"name": "binary:logistic", "reg_loss_param": {"scale_pos_weight": "1"}},
    }
    return json.dumps({"learner": learner, "version": [3, 2, 0]}).encode()


def _start(given: Written) -> np.float32:
    try:
        start = np.float32(given.text("base_score").strip("[]"))
    except DataError:
        raise
    except ValueError:
        start = np.float32(np.nan)
    if not 0 < start < 1:
        raise refused(f"{given.place}.base_score is no probability")
    return start


def _trees(written: list[Written], start: np.float32) -> Trees:
    counts = [len(tree.entries("split_indices", MOST_NODES)) for tree in written]
    roots = np.cumsum([0, *counts[:-1]] if counts else [], dtype=np.int32)
    left, right = (_joined(written, counts, f"{side}_children", np.int32, {int}) for side in ("left", "right"))
    leaf = left < 0
    shift = np.repeat(roots, counts).astype(np.int32)
    conditions = _joined(written, counts, "split_conditions", np.float32, REALS)
    return Trees(
        roots=roots,
        feature=np.where(leaf, LEAF, _joined(written, counts, "split_indices", np.int32, {int})).astype(np.int32),
        threshold=conditions,
        left=left + shift,
        right=right + shift,
        missing_left=_joined(written, counts, "default_left", np.uint8, {int}) != 0,
        value=np.where(leaf, conditions, 0.0).astype(np.float64),
        cover=_joined(written, counts, "sum_hessian", np.float64, REALS),
        base=float(-np.log(np.float32(1.0) / start - np.float32(1.0))),  # in float32, as XGBoost does
    )


def _joined(written: list[Written], counts: list[int], name: str, dtype: Any, kinds: set[type]) -> npt.NDArray[Any]:
    """One list of all trees, one after the other."""
    found: list[Any] = []
    for tree, count in zip(written, counts, strict=True):
        values = tree.entries(name, MOST_NODES)
        if len(values) != count or not {*map(type, values)} <= kinds:
            raise refused(f"{tree.place}.{name} does not hold {count} numbers of its kind")
        found += values
    try:
        return np.array(found, dtype)
    except (OverflowError, ValueError):
        raise refused(f"{FILE} holds numbers in {name} that are too large") from None


def _tree(trees: Trees, first: int, end: int, number: int, columns: str) -> dict[str, Any]:
    """One tree; nodes are counted from its root."""
    span = slice(first, end)
    leaf, count = trees.feature[span] == LEAF, int(end - first)
    parent = trees.parent[span]
    return {
        "base_weights": [0.0] * count,
        "categories": [],
        "categories_nodes": [],
        "categories_segments": [],
        "categories_sizes": [],
        "default_left": trees.missing_left[span].astype(int).tolist(),
        "id": number,
        "left_children": np.where(leaf, LEAF, trees.left[span] - first).tolist(),
        "loss_changes": [0.0] * count,
        "parents": np.where(parent < 0, NO_PARENT, parent - first).tolist(),
        "right_children": np.where(leaf, LEAF, trees.right[span] - first).tolist(),
        "split_conditions": np.where(leaf, trees.value[span], trees.threshold[span].astype(np.float64)).tolist(),
        "split_indices": np.where(leaf, 0, trees.feature[span]).tolist(),
        "split_type": [0] * count,
        "sum_hessian": trees.cover[span].tolist(),
        "tree_param": {
            "num_deleted": "0",
            "num_feature": columns,
            "num_nodes": str(count),
            "size_leaf_vector": "1",
        },
    }
