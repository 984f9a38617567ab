"""Every detector passes every conformance check; and each check catches a detector that breaks its rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest

from models import checks
from models.checks import CHECKS
from models.detectors.base import Contributions
from models.detectors.blocks import in_blocks
from models.detectors.boost import Boost
from models.detectors.forest import Forest


def fit_forest(matrix: Any, labels: Any, seed: int) -> Forest:
    return Forest.fit(matrix[~labels], seed, trees=25)


def fit_boost(matrix: Any, labels: Any, seed: int) -> Boost:
    return Boost.fit(matrix, labels, seed, rounds=20)


@pytest.mark.parametrize("fit", [fit_forest, fit_boost])
@pytest.mark.parametrize("check", CHECKS)
def test_detector_conforms(check: Any, fit: Any) -> None:
    check(fit)


@dataclass
class Broken:
    """A forest with one planted bug."""

    forest: Forest
    bug: str
    calls: int = 0

    def score(self, matrix: Any) -> Any:
        score = self.forest.score(matrix)
        self.calls += 1
        return {
            "inverted": -score,
            "batch": score - score.mean() if len(score) else score,
            "infinite": np.where(np.isnan(matrix).all(axis=1), np.inf, score),
        }.get(self.bug, score)

    def contributions(self, matrix: Any) -> Contributions:
        found = self.forest.contributions(matrix)
        if self.bug == "short":
            return replace(found, base=found.base + 0.01)
        if self.bug == "smeared":
            return replace(found, phi=np.repeat(found.phi.mean(axis=1)[:, None], found.phi.shape[1], axis=1))
        return found

    def files(self) -> dict[str, bytes]:
        name = "forest.pickle" if self.bug == "pickle" else "forest.json"
        return {**self.forest.files(), name: b"{}"}

    @classmethod
    def from_files(cls, files: Any) -> Broken:
        return cls(Forest.from_files(files), "")


@pytest.mark.parametrize(
    ("bug", "check"),
    [
        ("inverted", checks.check_direction),
        ("infinite", checks.check_shape_and_finiteness),
        ("batch", checks.check_rows_are_independent),
        ("short", checks.check_additivity),
        ("smeared", checks.check_constant_column_says_nothing),
        ("pickle", checks.check_files),
    ],
)
def test_checks_catch_the_bug(bug: str, check: Any) -> None:
    with pytest.raises(AssertionError):
        check(lambda matrix, labels, seed: Broken(fit_forest(matrix, labels, seed), bug))


def test_check_of_the_seed_catches_a_detector_without_one() -> None:
    seeds = iter((1, 2))
    with pytest.raises(AssertionError, match="seed"):
        checks.check_seed(lambda matrix, labels, seed: fit_forest(matrix, labels, next(seeds)))


def test_forest_is_scikit_learns_path_length() -> None:
    """score_samples is -2**(-h/c): the forest's mean path h must give it back."""
    matrix, labels = checks.sample()
    ours = Forest.fit(matrix, 7, trees=50)
    theirs = IsolationForest(n_estimators=50, max_samples=256, random_state=7).fit(matrix)
    path = -np.log2(-theirs.score_samples(matrix)) * 10.244770
    assert np.abs(-ours.score(matrix) - path).max() < 1e-3


@pytest.mark.parametrize("rows", [1, 5, 300])
@pytest.mark.parametrize("missing", [0.0, 0.5])
def test_forest_walks_as_scikit_learn_does_on_every_kind_of_row(rows: int, missing: float) -> None:
    """Rows at the thresholds themselves, infinities, and missing cells whose way each tree chose by chance."""
    rng = np.random.default_rng(rows)
    train = rng.integers(0, 4, (300, 5)).astype(np.float32)
    train[rng.random(train.shape) < missing] = np.nan
    theirs = IsolationForest(n_estimators=40, max_samples=256, random_state=7).fit(train)
    ours = Forest.fit(train, 7, trees=40)
    asked = rng.integers(-1, 6, (rows, 5)).astype(np.float32)
    asked[rng.random(asked.shape) < missing] = np.nan
    path = -np.log2(-theirs.score_samples(asked)) * 10.244770
    assert np.abs(-ours.score(asked) - path).max() < 1e-3
    assert np.isfinite(ours.score(np.full((1, 5), np.inf, np.float32))).all()


def test_rows_over_threads_score_as_rows_in_one_thread() -> None:
    matrix, labels = checks.sample(rows=5000)
    forest = fit_forest(matrix, labels, 1)
    assert np.array_equal(in_blocks(forest.score, matrix, 3), forest.score(matrix))
