"""Trees that loop, that ask for what is not there, that are too deep or too many, or that hold no numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.reliability.bundles.edits import Edit, Files, all_of, array, arrays, content, facts, named, put
from tests.reliability.bundles.foreign import contents

LAST = 2**31 - 1
BOOST = "boost.json"


def chosen() -> list[tuple[str, Edit]]:
    """Each with its name."""
    return [*named("forest", [*_forest(), *_bombs()]), *named("boost", [*_boost(), *_boosters()])]


def _forest() -> list[tuple[str, Edit]]:
    left, right, feature = "forest.left.npy", "forest.right.npy", "forest.feature.npy"
    threshold, value, weight, roots = (f"forest.{part}.npy" for part in ("threshold", "value", "weight", "roots"))
    return [
        ("whose root is its own child", put(left, 0)),
        ("with a node under itself", array(left, lambda a: a.__setitem__(1, 1))),
        ("with a node under its child", array(right, lambda a: a.__setitem__(int(a[0]), 0))),
        ("whose two children are one", array(right, lambda a: a.__setitem__(0, a[0] - 1))),
        ("with a child in the next tree", put(right, 5000)),
        ("with a child out of range", put(left, LAST)),
        ("with a child below 0", put(left, -5)),
        ("with all children 1", put(left, 1, slice(None))),
        ("whose leaves have children", array(left, lambda a: np.where(a < 0, 7_000_000, a))),
        ("whose leaves have other leaves", array(right, lambda a: np.where(a < 0, 0, a))),
        ("with a column too many", put(feature, 35)),
        ("with column 2147483647", put(feature, LAST)),
        ("with column -2", put(feature, -2)),
        ("with all leaves asking", array(feature, lambda a: np.abs(a))),
        ("with all nodes leaves", put(feature, -1, slice(None))),
        ("with NaN thresholds", put(threshold, np.nan, slice(None))),
        ("with one NaN threshold", put(threshold, np.nan)),
        ("with infinite thresholds", put(threshold, np.inf, slice(None))),
        ("with thresholds of -inf", put(threshold, -np.inf, slice(None))),
        ("with thresholds of 1e300", put(threshold, 1e300, slice(None))),
        ("with NaN leaves", put(value, np.nan, slice(None))),
        ("with one NaN value inside", put(value, np.nan)),
        ("with infinite leaves", put(value, np.inf, slice(None))),
        ("with leaves of 1e308", put(value, 1e308, slice(None))),
        ("with leaves of 1e14", put(value, 1e14, slice(None))),
        ("with leaves of 1e11", put(value, 1e11, slice(None))),
        ("with leaves of -1e9", put(value, -1e9, slice(None))),
        ("with negative weights", array(weight, lambda a: -a)),
        ("with NaN weights", put(weight, np.nan, slice(None))),
        ("with infinite weights", put(weight, np.inf)),
        ("with weights of 0", put(weight, 0.0, slice(None))),
        ("with weights of 5e-324", put(weight, 5e-324, slice(None))),
        ("with weights turned round", array(weight, lambda a: a[::-1].copy())),
        ("with roots turned round", array(roots, lambda a: a[::-1].copy())),
        ("with roots out of range", put(roots, LAST, slice(-1, None))),
        ("with roots below 0", put(roots, -1)),
        ("with all roots 0", put(roots, 0, slice(None))),
        ("with one root", array(roots, lambda a: a[:1])),
        ("without roots", array(roots, lambda a: a[:0])),
        ("with twice as many roots", array(roots, lambda a: np.repeat(a, 2))),
        *((f"with half of {part}", array(f"forest.{part}.npy", lambda a: a[: len(a) // 2])) for part in PARTS),
    ]


PARTS = ("feature", "threshold", "left", "right", "missing_left", "value", "weight")


def _bombs() -> list[tuple[str, Edit]]:
    return [
        ("of a chain of 100,000 nodes", _chain(50_000)),
        ("of a chain of 33 steps", _chain(33)),
        ("of chains of 32 steps", _many(lambda: chain(32), 8000)),
        ("of a chain of 32 steps", _chain(32)),
        ("of 3 full trees of 2**19 nodes", _many(lambda: full(18), 3)),
        ("of 1 full tree of 2**19 nodes", _many(lambda: full(18), 1)),
        ("of 500,000 trees of one leaf", _many(lambda: full(0), 500_000)),
        ("of 40,000 trees of six steps", _many(lambda: full(3), 33_000)),
        ("of no trees", _many(lambda: full(0), 0)),
        ("of one leaf", _many(lambda: full(0), 1)),
        ("of empty arrays but for roots", all_of(*(array(f"forest.{part}.npy", lambda a: a[:0]) for part in PARTS))),
    ]


Tree = dict[str, np.ndarray[Any, Any]]


def chain(steps: int, columns: int = 35) -> Tree:
    """A tree whose every left child is a leaf; children one after the other."""
    nodes = 2 * steps + 1
    inner = np.arange(0, nodes - 1, 2)
    left, right = np.full(nodes, -1, np.int32), np.full(nodes, -1, np.int32)
    left[inner], right[inner] = inner + 1, inner + 2
    return _tree(left, right, columns)


def full(depth: int, columns: int = 35) -> Tree:
    """A tree with all leaves at one depth."""
    nodes = 2 ** (depth + 1) - 1
    inner = np.arange(nodes // 2)
    left, right = np.full(nodes, -1, np.int32), np.full(nodes, -1, np.int32)
    left[inner], right[inner] = 2 * inner + 1, 2 * inner + 2
    return _tree(left, right, columns)


def _tree(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any], columns: int) -> Tree:
    nodes = len(left)
    leaf = left < 0
    return {
        "feature": np.where(leaf, -1, np.arange(nodes) % columns).astype(np.int32),
        "threshold": np.linspace(0.0, 5.0, nodes),
        "left": left,
        "right": right,
        "missing_left": np.arange(nodes) % 2 == 0,
        "value": np.linspace(1.0, 9.0, nodes),
        "weight": np.linspace(256.0, 1.0, nodes),
    }


def _chain(steps: int) -> Edit:
    return _many(lambda: chain(steps), 1)


def _many(tree: Callable[[], Tree], count: int) -> Edit:
    """The same tree so many times."""

    def alter(files: Files) -> None:
        one = tree()
        nodes = len(one["left"])
        roots = (np.arange(count) * nodes).astype(np.int32)
        shift = np.repeat(roots, nodes)
        forest = {part: np.tile(array, count) for part, array in one.items()}
        for side in ("left", "right"):
            forest[side] = np.where(forest[side] < 0, -1, forest[side] + shift).astype(np.int32)
        arrays(roots=roots, **forest)(files)

    return alter


def _tree_edit(edit: Callable[[dict[str, Any]], object]) -> Edit:
    """Edit the first tree of the booster that has a split."""

    def whole(found: Any) -> None:
        trees = found["learner"]["gradient_booster"]["model"]["trees"]
        edit(next(tree for tree in trees if len(tree["left_children"]) > 2))

    return facts(BOOST, whole)


def _set(name: str, at: int, value: Any) -> Edit:
    return _tree_edit(lambda tree: tree[name].__setitem__(at, value))


def _boost() -> list[tuple[str, Edit]]:
    odd = (None, "1", 1.5, [1], {}, True, -7, LAST, 2**31, 2**63, 10**400, 1e308, float("nan"), float("inf"))
    lists = ("left_children", "right_children", "split_indices", "split_conditions", "default_left", "sum_hessian")
    return [
        *((f"with {name}[0] = {str(value)[:20]}", _set(name, 0, value)) for name in lists for value in odd),
        *((f"with a leaf's {name} = {LAST}", _set(name, -1, LAST)) for name in lists),
        *((f"without {name}", _tree_edit(lambda tree, name=name: tree.pop(name))) for name in lists),  # type: ignore[misc]
        *((f"with {name} null", _tree_edit(lambda tree, name=name: tree.update({name: None}))) for name in lists[:2]),  # type: ignore[misc]
        ("with a loop", _tree_edit(lambda tree: tree["left_children"].__setitem__(1, 0))),
        ("with a node under itself", _set("left_children", 0, 0)),
        ("of a chain of 20,000 nodes", _tree_edit(_booster_chain)),
        ("with parents out of range", _tree_edit(lambda tree: tree.update(parents=[LAST - 1] * len(tree["parents"])))),
        ("with leaves of five numbers", _tree_edit(lambda tree: tree["tree_param"].update(size_leaf_vector="5"))),
        ("of a million nodes by its word", _tree_edit(lambda tree: tree["tree_param"].update(num_nodes="1000000"))),
        ("with deleted nodes", _tree_edit(lambda tree: tree["tree_param"].update(num_deleted="-3"))),
        ("with categories out of range", _tree_edit(_categories)),
    ]


def _booster_chain(tree: dict[str, Any]) -> None:
    nodes = 20_001
    left = [at + 1 if at % 2 == 0 and at + 1 < nodes else -1 for at in range(nodes)]
    tree.update(
        left_children=left,
        right_children=[at + 1 if at >= 0 else -1 for at in left],
        split_indices=[0] * nodes,
        split_conditions=[0.5] * nodes,
        default_left=[0] * nodes,
        sum_hessian=[1.0] * nodes,
    )


def _categories(tree: dict[str, Any]) -> None:
    tree.update(categories=[1, 2, 3], categories_nodes=[900_000], categories_segments=[99_999_999])
    tree.update(categories_sizes=[7_777_777], split_type=[1] * len(tree["split_type"]))


def _boosters() -> list[tuple[str, Edit]]:
    def learner(edit: Callable[[Any], object]) -> Edit:
        return facts(BOOST, lambda found: edit(found["learner"]))

    def given(**facts_given: Any) -> Edit:
        return learner(lambda found: found["learner_model_param"].update(facts_given))

    def model(edit: Callable[[Any], object]) -> Edit:
        return learner(lambda found: edit(found["gradient_booster"]["model"]))

    scores = ("", "[]", "0", "1", "-1", "nan", "inf", "1e-400", "[5E-1,5E-1]", "x", 0.5, None)
    columns = ("0", "1", "36", "-1", "4000000000", "9" * 30, "35.0", "", 35, None)
    return [
        *((f"with base_score {score!r}", given(base_score=score)) for score in scores),
        *((f"with num_feature {count!r}", given(num_feature=count)) for count in columns),
        ("with a million classes", given(num_class="1000000")),
        ("with 99 targets", given(num_target="99")),
        ("as gblinear", learner(lambda found: found["gradient_booster"].update(name="gblinear"))),
        ("as dart", learner(lambda found: found["gradient_booster"].update(name="dart"))),
        ("of another objective", learner(lambda found: found["objective"].update(name="multi:softmax"))),
        ("with a foreign objective", learner(lambda found: found.update(objective={"name": "os.system"}))),
        ("with odd steps", model(lambda found: found.update(iteration_indptr=[0, 77_777_777, 3]))),
        ("with trees of other groups", model(lambda found: found.update(tree_info=[77_777_777] * 3))),
        ("with more trees by its word", model(lambda found: found["gbtree_model_param"].update(num_trees="99999"))),
        ("with foreign categories", model(lambda found: found.update(cats={"enc": [1], "sorted_idx": [7_777_777]}))),
        ("without trees", model(lambda found: found.update(trees=[]))),
        ("with trees null", model(lambda found: found.update(trees=None))),
        ("with 20,000 trees", model(lambda found: found.update(trees=found["trees"][:1] * 20_000))),
        ("nested deeply", content(BOOST, b"[" * 1_000_000)),
        ("nested deeply within", content(BOOST, b'{"learner":' * 200_000)),
        ("of 20 MB", content(BOOST, b'{"learner": [' + b"[]," * 7_000_000 + b"[]]}")),
        ("of one number", content(BOOST, b"1" * 5000)),
        ("without anything", content(BOOST, b"")),
        *((f"as {kind}", content(BOOST, one)) for kind, one in sorted(contents().items())),
    ]


def deep(files: Files) -> Files:
    """A sound model that no table explains."""
    _chain(20)(files)
    return files
