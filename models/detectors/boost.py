"""The supervised voice: an XGBoost ensemble (Chen and Guestrin, 2016), scored in log-odds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from models.arrays import Buffer
from models.detectors.attribution import Attribution
from models.detectors.base import Contributions, Floats, Matrix
from models.detectors.trees import Trees
from models.detectors.xgboost_json import FILE, Boosted, read_boosted, write_boosted
from models.written import MOST_BYTES

ROUNDS = 300
PARAMETERS: dict[str, Any] = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_depth": 6,
    "eta": 0.05,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "min_child_weight": 1.0,
    "lambda": 1.0,
}


@dataclass(frozen=True)
class Boost:
    """A fitted booster as XGBoost writes it (JSON); the same bytes give the same scores."""

    written: bytes

    @classmethod
    def fit(
        cls, matrix: Matrix, labels: npt.NDArray[np.bool_], seed: int, rounds: int = ROUNDS, nthread: int = 1
    ) -> Boost:
        """Fit on labelled rows. labels: bool (n,), True for an attack."""
        import xgboost

        data = xgboost.QuantileDMatrix(matrix, label=labels.astype(np.float32), nthread=nthread)
        parameters = {**PARAMETERS, "seed": seed, "nthread": nthread, "verbosity": 0}
        booster = xgboost.train(parameters, data, num_boost_round=rounds)
        return cls(bytes(booster.save_raw("json")))

    def score(self, matrix: Matrix, nthread: int = 1) -> Floats:
        """Log-odds of an attack, float64 (n,): higher is stranger."""
        return self.trees.total(matrix, nthread)

    @cached_property
    def boosted(self) -> Boosted:
        """What was written, read back. Raises DataError where it cannot be."""
        return read_boosted(self.written)

    @property
    def trees(self) -> Trees:
        """The trees whose sum is the score, leaves in log-odds."""
        return self.boosted.trees

    @cached_property
    def booster(self) -> Any:
        """XGBoost's own object, on one thread: OpenMP threads that wait for a busy core wait spinning."""
        import xgboost

        booster = xgboost.Booster({"nthread": 1})
        booster.load_model(bytearray(write_boosted(self.boosted)))
        return booster

    def contributions(self, matrix: Matrix) -> Contributions:
        """Path-dependent TreeSHAP of the score, exact; who asks often keeps an Attribution of the trees."""
        return Attribution.of(self.trees, matrix.shape[1]).contributions(matrix)

    def library_contributions(self, matrix: Matrix) -> Contributions:
        """Path-dependent TreeSHAP of the log-odds, as XGBoost computes it (in float32)."""
        import xgboost

        data = xgboost.DMatrix(np.ascontiguousarray(matrix, np.float32), nthread=1)
        found = np.asarray(self.booster.predict(data, pred_contribs=True), np.float64)
        return Contributions(found[:, :-1], float(found[0, -1]) if len(found) else 0.0)

    def files(self) -> dict[str, bytes]:
        return {FILE: self.written}

    @classmethod
    def from_files(cls, files: Mapping[str, Buffer]) -> Boost:
        """The booster back. Raises DataError where it is none that a fit could have made."""
        found = cls(bytes(files[FILE][: MOST_BYTES + 1]))
        found.trees.check_size()
        return found
