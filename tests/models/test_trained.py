"""A trained model's files: what does not agree is refused when it is loaded, not when it scores."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from functools import cache

import numpy as np
import pytest

from models.arrays import array_bytes, read_array
from models.detectors.attribution import Attribution
from models.detectors.boost import Boost
from models.detectors.forest import Forest
from models.detectors.trees import MOST_DEPTH, Trees
from models.errors import DataError
from models.features.baseline import Generation
from models.plan import FitPlan
from models.trained import Trained
from models.training import Fit, fit
from tests.models.tables import sign_ins
from tests.reliability.bundles.altered_trees import chain


def forest_files() -> dict[str, bytes]:
    return Forest.fit(np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32), 1, trees=5).files()


@pytest.mark.parametrize(
    ("name", "break_it"),
    [
        ("left", lambda array: array[:-1]),
        ("left", lambda array: np.where(array > 0, array + 100_000, array)),
        ("right", lambda array: np.where(array > 0, 0, array)),
        ("feature", lambda array: np.where(array == 0, -7, array)),
        ("threshold", lambda array: np.full_like(array, np.nan)),
        ("value", lambda array: np.full_like(array, np.inf)),
        ("weight", lambda array: -array),
        ("weight", lambda array: np.where(np.arange(len(array)) == len(array) - 1, 1e308, array)),
        ("roots", lambda array: array[::-1].copy()),
    ],
)
def test_a_forest_whose_arrays_do_not_agree_is_refused(name: str, break_it: object) -> None:
    files = forest_files()
    Forest.from_files(files).trees  # noqa: B018
    array = read_array(files[f"forest.{name}.npy"])
    files[f"forest.{name}.npy"] = array_bytes(break_it(array))  # type: ignore[operator]
    with pytest.raises(DataError, match="fit the model again"):
        Forest.from_files(files).trees  # noqa: B018


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"left_children":[1', b'"left_children":[900000'),
        (b'"split_conditions":[', b'"split_conditions":["nan",'),
        (b'"base_score"', b'"no_score"'),
        (b'{"learner"', b'{"pupil"'),
        (b"}", b""),
        (b'"split_indices":[', b'"split_indices":[4294967296,'),
        (b'"left_children":[1', b'"left_children":[1099511627776'),
        (b'"base_score":"[5E-1]"', b'"base_score":5'),
        (b'"base_score":"[5E-1]"', b'"base_score":"2"'),
        (b'"split_conditions":[', b'"split_conditions":[1e300,'),
        (b'{"learner"', b"[" * 100_000 + b'{"learner"'),
    ],
)
def test_a_booster_that_does_not_agree_is_refused(old: bytes, new: bytes) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(300, 4)).astype(np.float32)
    boost = Boost.fit(matrix, matrix[:, 0] > np.median(matrix[:, 0]), 1, rounds=3)
    boost.trees  # noqa: B018
    assert old in boost.written
    with pytest.raises(DataError, match="fit the model again"):
        Boost(boost.written.replace(old, new, 1)).trees  # noqa: B018


def test_trees_that_loop_are_refused() -> None:
    with pytest.raises(DataError, match="a child before its parent"):
        Trees(
            np.array([0]), np.array([0, 0, -1]), np.zeros(3), np.array([1, 0, 2]), np.array([2, 2, 2]),
            np.zeros(3, np.bool_), np.zeros(3), np.ones(3),
        )  # fmt: skip


def test_trees_deeper_than_any_that_is_grown_are_refused() -> None:
    for steps, refused in ((MOST_DEPTH, False), (MOST_DEPTH + 1, True), (50_000, True)):
        files = forest_files()
        arrays = {**chain(steps), "roots": np.zeros(1, np.int32)}
        files |= {f"forest.{part}.npy": array_bytes(array) for part, array in arrays.items()}
        with pytest.raises(DataError, match="more than 32 steps") if refused else nullcontext():
            Forest.from_files(files)


def test_leaves_have_no_children() -> None:
    files = forest_files()
    left = read_array(files["forest.left.npy"])
    files["forest.left.npy"] = array_bytes(np.where(left < 0, 7, left).astype(np.int32))
    with pytest.raises(DataError, match="a leaf with children"):
        Forest.from_files(files)


def test_xgboost_reads_what_was_checked_and_nothing_else() -> None:
    matrix = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    boost = Boost.fit(matrix, matrix[:, 0] > 0, 1, rounds=3)
    written = json.loads(boost.written)
    for tree in written["learner"]["gradient_booster"]["model"]["trees"]:
        tree["split_type"] = [1] * len(tree["split_type"])  # categories, by XGBoost's own parser
    altered = Boost(json.dumps(written).encode())
    assert np.array_equal(altered.library_contributions(matrix).phi, boost.library_contributions(matrix).phi)


def changed(name: str, *path: str | int, to: object) -> dict[str, bytes]:
    """The files of a model with one fact changed."""
    files = {**fitted().bundle, **fitted().generation}
    found = place = json.loads(files[name])
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return files | {name: json.dumps(found).encode()}


@pytest.mark.parametrize(
    ("path", "to", "told"),
    [
        (("scale", "sigma"), float("nan"), "scale.sigma"),
        (("scale", "margins", 0), 1e9, "rise"),
        (("margin", "weights"), [0.0, 0.0, 1.0], "margin.weights"),
        (("margin", "spreads", 0), 0.0, "margin.spreads"),
        (("anomaly_grid", 0), 1e9, "anomaly_grid"),
        (("thresholds",), [0.1, 0.2], "thresholds"),
        (("spec", "fields", 0, "name"), "\ud800", "half a letter"),
        (("spec", "fields", 0, "kind"), "pickle", "kind"),
        (("spec", "entities"), "user", "spec.entities"),
        (("spec", "peers"), [{"entity": "dest", "field": "team"}], "peers of no entity"),
        (("spec", "peers"), [{"entity": "user", "field": ""}, {"entity": "user", "field": "team"}], "twice"),
        (("spec", "peers"), [{"entity": "user", "field": "user"}], "its own group"),
        (("spec", "peers"), [{"entity": "user"}], "field is missing"),
        (("spec", "peers"), "user", "spec.peers"),
        (("spec", "fields", 0, "name"), "", "fields"),
        (("risk",), None, "risk"),
    ],
)
def test_facts_out_of_their_range_are_refused_by_name(path: tuple[str | int, ...], to: object, told: str) -> None:
    with pytest.raises(DataError, match=told):
        Trained.from_files(changed("model.json", *path, to=to))


@pytest.mark.parametrize(
    ("name", "break_it", "told"),
    [
        ("category.keys.npy", lambda array: array[::-1].copy(), "keys that do not ascend"),
        ("category.distinct.npy", np.zeros_like, "a history of no values"),
        ("category.count.npy", np.zeros_like, "a count that is none"),
        ("category.count.npy", lambda array: array.astype(np.float64), "no array of uint32 or uint64"),
        ("category.total.npy", lambda array: array + np.uint64(2**54), "a total that is no count"),
        ("roster.0.npy", lambda array: array[:-1], "not 7"),
        ("roster.0.npy", lambda array: array[::-1].copy(), "do not ascend"),
        ("number.tail.npy", lambda array: array + np.uint32(10**9), "a tail that is no count"),
        ("number.spread.npy", np.zeros_like, "a spread that is none"),
        ("number.keys.npy", lambda array: array.astype(np.float64), "no array of int64"),
        ("category.distinct.npy", lambda array: array + np.uint32(10**6), "smaller than its distinct values"),
        ("category.mass.npy", np.zeros_like, "larger than its mass"),
        ("category.mass.npy", lambda array: array + np.uint32(10**6), "a mass larger than all"),
        ("category.rare.npy", lambda array: array + np.uint32(10**6), "more rare values than values"),
        ("number.keys.npy", lambda array: array[::-1].copy(), "keys that do not ascend"),
        ("number.keys.npy", lambda array: array + 10**9, "keys that do not ascend, or of no owner"),
        ("number.median.npy", lambda array: array + 1e9, "a median that is no bucket"),
        ("roster.0.npy", lambda array: array[:0], "holds nobody"),
        ("warm.0.npy", lambda array: array[:-1], "not 8"),
    ],
)
def test_a_baseline_that_does_not_agree_is_refused(name: str, break_it: Callable[..., np.ndarray], told: str) -> None:
    files = {**fitted().bundle, **fitted().generation}
    spec = Trained.from_files(files).spec
    Generation.from_files(files, spec)
    files[name] = array_bytes(break_it(read_array(files[name])))
    with pytest.raises(DataError, match=told):
        Generation.from_files(files, spec)


def test_a_span_of_two_lines_is_refused() -> None:
    """It stands in every reason, and each reason is a line."""
    spec = Trained.from_files(changed("model.json", "fitted_with", to="")).spec
    with pytest.raises(DataError, match="span"):
        Generation.from_files(changed("generation.json", "span", to="6\ndays"), spec)


@cache
def fitted() -> Fit:
    return fit(sign_ins(), FitPlan("logon", entities=("user",), fields=("dest", "app", "bytes")))


def trees_of(values: list[float], cover: list[float]) -> Trees:
    """A stump: x < 0 goes left."""
    ints = [np.array(array, np.int32) for array in ([0], [0, -1, -1], [1, 1, 2], [2, 1, 2])]
    roots, feature, left, right = ints
    return Trees(
        roots, feature, np.zeros(3, np.float32), left, right, np.zeros(3, np.bool_), np.array([0.0, *values]),
        np.array(cover),
    )  # fmt: skip


def test_leaves_too_large_for_a_table_are_explained_without() -> None:
    trees = trees_of([4e38, -4e38], [2.0, 1.0, 1.0])
    attribution = Attribution.of(trees, 1)
    assert attribution.path == "quadrature"
    assert attribution.contributions(np.array([[-1.0], [1.0]], np.float32)).phi.ravel().tolist() == [4e38, -4e38]


def test_a_branch_that_hardly_a_row_took_does_not_spoil_the_rest() -> None:
    attribution = Attribution.of(trees_of([1.0, 2.0], [1.0, 1e-310, 1.0]), 1, table_bytes=0)
    phi = attribution.contributions(np.array([[-1.0], [1.0]], np.float32)).phi
    assert phi.ravel().tolist() == [-1.0, 0.0]
