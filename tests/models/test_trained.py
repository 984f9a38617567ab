"""A trained model's files: what does not agree is refused when it is loaded, not when it scores."""

from __future__ import annotations

import numpy as np
import pytest

from models.arrays import array_bytes, read_array
from models.detectors.boost import Boost
from models.detectors.forest import Forest
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
    ],
)
def test_a_booster_that_does_not_agree_is_refused(old: bytes, new: bytes) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(300, 4)).astype(np.float32)
    boost = Boost.fit(matrix, matrix[:, 0] > 0, 1, rounds=3)
    boost.trees  # noqa: B018
    assert old in boost.written
    with pytest.raises(DataError, match="fit the model again"):
        Boost(boost.written.replace(old, new, 1)).trees  # noqa: B018
