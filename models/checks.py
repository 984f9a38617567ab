"""Conformance checks: what every detector must hold, whatever is inside it.

`for check in CHECKS: check(fit)`, where fit(matrix, labels, seed) gives a fitted detector; a check raises
AssertionError with the rule that was broken.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from models.detectors.base import Detector, Matrix

FitDetector = Callable[[Matrix, npt.NDArray[np.bool_], int], Detector]

TOLERANCE = 1e-5


def sample(rows: int = 400, columns: int = 6, seed: int = 3) -> tuple[Matrix, npt.NDArray[np.bool_]]:
    """A table with missing cells, a constant column and attacks (one row in ten) at the far end of two columns."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, columns)).astype(np.float32)
    labels = np.arange(rows) % 10 == 0
    matrix[labels, :2] += 5.0
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    matrix[:, -1] = 1.0
    return matrix, labels


def check_direction(fit: FitDetector) -> None:
    """Attacks score higher than ordinary rows, on the whole."""
    matrix, labels = sample()
    score = fit(matrix, labels, 1).score(matrix)
    assert score[labels].mean() > score[~labels].mean(), "a higher score must be stranger"


def check_shape_and_finiteness(fit: FitDetector) -> None:
    """One finite float64 a row, for none, one and many rows, and for a row of nothing but missing cells."""
    matrix, labels = sample()
    detector = fit(matrix, labels, 1)
    for rows in (matrix[:0], matrix[:1], matrix, np.full((1, matrix.shape[1]), np.nan, np.float32)):
        score = detector.score(rows)
        assert score.shape == (len(rows),) and score.dtype == np.float64, "one float64 a row"
        assert np.isfinite(score).all(), "every score is finite"


def check_seed(fit: FitDetector) -> None:
    """The same table and seed give the same scores."""
    matrix, labels = sample()
    first, again = (fit(matrix, labels, 5).score(matrix) for _ in range(2))
    assert np.array_equal(first, again), "the same seed must give the same scores"


def check_rows_are_independent(fit: FitDetector) -> None:
    """A row's score depends on no other row of its batch, nor on their order."""
    matrix, labels = sample()
    detector = fit(matrix, labels, 1)
    score, shuffled = detector.score(matrix), np.random.default_rng(0).permutation(len(matrix))
    assert np.array_equal(detector.score(matrix[shuffled]), score[shuffled]), "order must not matter"
    assert np.array_equal(detector.score(matrix[7:8]), score[7:8]), "a row alone must score as in a batch"


def check_additivity(fit: FitDetector) -> None:
    """Contributions and base add up to the score, on every row."""
    matrix, labels = sample()
    detector = fit(matrix, labels, 1)
    found = detector.contributions(matrix[:50])
    error = np.abs(found.phi.sum(axis=1) + found.base - detector.score(matrix[:50])).max()
    assert found.phi.shape == (50, matrix.shape[1]) and error < TOLERANCE, f"contributions must add up, off by {error}"


def check_constant_column_says_nothing(fit: FitDetector) -> None:
    """A column that never varied contributes nothing."""
    matrix, labels = sample()
    phi = fit(matrix, labels, 1).contributions(matrix[:20]).phi
    assert np.abs(phi[:, -1]).max() == 0.0, "a constant column must not contribute"


def check_files(fit: FitDetector) -> None:
    """Saved and read again, the detector scores the same; its files are JSON and .npy only."""
    matrix, labels = sample()
    detector = fit(matrix, labels, 1)
    files = detector.files()
    assert all(name.endswith((".json", ".npy")) for name in files), "files must be JSON or .npy"
    again = type(detector).from_files(files)
    assert np.array_equal(again.score(matrix), detector.score(matrix)), "reading back must not change a score"


CHECKS: tuple[Callable[[FitDetector], None], ...] = (
    check_direction,
    check_shape_and_finiteness,
    check_seed,
    check_rows_are_independent,
    check_additivity,
    check_constant_column_says_nothing,
    check_files,
)
