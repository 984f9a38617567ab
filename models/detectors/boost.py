"""The supervised voice: an XGBoost ensemble (Chen and Guestrin, 2016), scored in log-odds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from models.arrays import Buffer
from models.detectors.attribution import Attribution
from models.detectors.base import Contributions, Floats, Matrix
from models.detectors.trees import LEAF, Trees
from models.errors import DataError

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
    def trees(self) -> Trees:
        """The trees whose sum is the score, leaves in log-odds. Raises DataError where the booster cannot be read."""
        try:
            with np.errstate(all="ignore"):  # what comes of it is refused by the trees
                return _trees(json.loads(self.written)["learner"])
        except DataError:
            raise
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            what = f"the booster cannot be read ({type(error).__name__})"
            raise DataError(what, field="model", mend="fit the model again") from error

    @cached_property
    def booster(self) -> Any:
        """XGBoost's own object, on one thread: OpenMP threads that wait for a busy core wait spinning."""
        import xgboost

        booster = xgboost.Booster({"nthread": 1})
        booster.load_model(bytearray(self.written))
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
        return {"boost.json": self.written}

    @classmethod
    def from_files(cls, files: Mapping[str, Buffer]) -> Boost:
        return cls(bytes(files["boost.json"]))


def _trees(learner: dict[str, Any]) -> Trees:
    """The trees of a booster of logistic loss; its base_score is a probability, the margin's base its log-odds."""
    model = learner["gradient_booster"]["model"]
    written = model["trees"]
    counts = [len(tree["split_indices"]) for tree in written]
    roots = np.cumsum([0, *counts[:-1]] if counts else [], dtype=np.int32)

    def joined(name: str, dtype: Any) -> npt.NDArray[Any]:
        return np.concatenate([np.zeros(0, dtype), *(np.asarray(tree[name], dtype) for tree in written)])

    left, right = joined("left_children", np.int32), joined("right_children", np.int32)
    leaf = left < 0
    shift = np.repeat(roots, counts).astype(np.int32)
    conditions = joined("split_conditions", np.float32)
    start = np.float32(learner["learner_model_param"]["base_score"].strip("[]"))
    return Trees(
        roots=roots,
        feature=np.where(leaf, LEAF, joined("split_indices", np.int32)).astype(np.int32),
        threshold=conditions,
        left=left + shift,
        right=right + shift,
        missing_left=joined("default_left", np.bool_),
        value=np.where(leaf, conditions, 0.0).astype(np.float64),
        cover=joined("sum_hessian", np.float64),
        base=float(-np.log(np.float32(1.0) / start - np.float32(1.0))),  # in float32, as XGBoost does
    )
