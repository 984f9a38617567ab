"""A trained model's files: what does not agree is refused when it is loaded, not when it scores."""

from __future__ import annotations

import numpy as np
import pytest

from models.arrays import array_bytes, read_array
from models.detectors.attribution import Attribution
from models.detectors.boost import Boost
from models.detectors.forest import Forest
from models.detectors.trees import Trees
from models.errors import DataError


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
