"""The supervised voice: an XGBoost ensemble (Chen and Guestrin, 2016), scored in log-odds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.arrays import Buffer
from models.detectors.base import Contributions, Floats, Matrix

ROUNDS = 300
ONE_THREAD = {"nthread": 1}
"""Callers split rows over threads themselves: OpenMP threads that wait for a busy core wait spinning."""
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
    """A fitted booster; the same bytes give the same scores."""

    booster: Any

    @classmethod
    def fit(
        cls, matrix: Matrix, labels: npt.NDArray[np.bool_], seed: int, rounds: int = ROUNDS, nthread: int = 1
    ) -> Boost:
        """Fit on labelled rows. labels: bool (n,), True for an attack."""
        import xgboost

        data = xgboost.DMatrix(matrix, label=labels.astype(np.float32), nthread=nthread)
        parameters = {**PARAMETERS, "seed": seed, "nthread": nthread, "verbosity": 0}
        booster = xgboost.train(parameters, data, num_boost_round=rounds)
        booster.set_param(ONE_THREAD)
        return cls(booster)

    def score(self, matrix: Matrix) -> Floats:
        """Log-odds of an attack, float64 (n,): higher is stranger."""
        found = self.booster.inplace_predict(np.ascontiguousarray(matrix, np.float32), predict_type="margin")
        return np.asarray(found, np.float64)

    def contributions(self, matrix: Matrix) -> Contributions:
        """Path-dependent TreeSHAP of the log-odds, as XGBoost computes it."""
        import xgboost

        data = xgboost.DMatrix(np.ascontiguousarray(matrix, np.float32), nthread=1)
        found = np.asarray(self.booster.predict(data, pred_contribs=True), np.float64)
        return Contributions(found[:, :-1], float(found[0, -1]) if len(found) else 0.0)

    def files(self) -> dict[str, bytes]:
        return {"boost.json": bytes(self.booster.save_raw("json"))}

    @classmethod
    def from_files(cls, files: Mapping[str, Buffer]) -> Boost:
        import xgboost

        booster = xgboost.Booster(ONE_THREAD)
        booster.load_model(bytearray(files["boost.json"]))
        return cls(booster)
