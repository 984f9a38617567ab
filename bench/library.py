"""A model whose detectors are the libraries' own objects: what both conventional designs score and explain with."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
import xgboost
from sklearn.ensemble import IsolationForest

from models.contract import LEAST_FILLED
from models.detectors.base import Contributions, Floats, Matrix
from models.detectors.forest import expected_path
from models.features.encode import Encoded
from models.risk import risk_of, severity_of
from models.scoring import Model
from models.trained import Inputs
from sidecar.app import open_house
from sidecar.settings import read_settings

UNSCORED = ("score", "severity", "risk", "anomaly", "threat", "reasons", "contributions", "model")
"""The fields that stay empty on a row that holds too little to be scored."""
MAX_REASONS = 5
LEAST_SHARE = 0.05
_SPECIAL = re.compile(r"([\\;:])")


@dataclass(frozen=True)
class LibraryModel:
    """AIScore's features, margin and scale; scikit-learn's forest, XGBoost's boost, and shap for the forest."""

    model: Model
    forest: IsolationForest
    booster: xgboost.Booster | None
    explainer: Any

    @classmethod
    def read(cls, model: Model, forest: Path, booster: Path | None) -> LibraryModel:
        """From the files that bench.speed_company keeps. The explainer is made once, here."""
        grown = joblib.load(forest)
        boost = xgboost.Booster(model_file=booster) if booster else None
        return cls(model, grown, boost, forest_explainer(grown))

    def forest_score(self, matrix: Matrix) -> Floats:
        """Minus the mean path length, taken back out of scikit-learn's score -2 ** (-path / c), float64 (n,)."""
        typical = float(expected_path(np.array([self.forest.max_samples_]))[0])
        return np.asarray(typical * np.log2(-self.forest.score_samples(matrix)))

    def forest_contributions(self, matrix: Matrix) -> Contributions:
        """shap's TreeExplainer of the mean path length, with the sign of the score."""
        phi = np.asarray(self.explainer.shap_values(matrix, check_additivity=False), np.float64)
        return Contributions(-phi, -float(np.ravel(self.explainer.expected_value)[0]))

    def boost_contributions(self, matrix: Matrix) -> Contributions | None:
        """XGBoost's own exact contributions, or None without a boost."""
        if self.booster is None:
            return None
        found = np.asarray(self.booster.predict(xgboost.DMatrix(matrix), pred_contribs=True), np.float64)
        return Contributions(found[:, :-1], float(found[0, -1]) if len(found) else 0.0)

    def columns(self, encoded: Encoded, inputs: Inputs, boost: Floats, ids: Iterable[str]) -> dict[str, list[Any]]:
        """The output fields, each a list of one value a row; reasons and contributions are empty. boost: log-odds."""
        trained, count = self.model.trained, len(inputs.matrix)
        voices = np.column_stack([inputs.surprise.score(), self.forest_score(inputs.matrix), boost])
        margin = trained.margin.score(voices)
        score = trained.scale.score(margin)
        shares = np.linspace(0, 1, len(trained.anomaly_grid))
        anomaly = np.interp(trained.margin.unsupervised(voices), trained.anomaly_grid, shares)
        scored = encoded.filled >= LEAST_FILLED
        return {
            "ai_score": score.tolist(),
            "ai_severity": severity_of(score, trained.thresholds).tolist(),
            "ai_risk": risk_of(score).tolist(),
            "ai_anomaly": anomaly.round(6).tolist(),
            "ai_threat": trained.platt.probability(margin).round(6).tolist() if trained.platt else [""] * count,
            "ai_reasons": [""] * count,
            "ai_contributions": [""] * count,
            "ai_model": [self.model.id] * count,
            "ai_event_id": list(ids),
            "ai_status": np.where(scored, "scored", "unscored").tolist(),
        }

    def notes(self, encoded: Encoded, inputs: Inputs, explained: list[bool]) -> list[str]:
        """The note of each row."""
        flags = zip(encoded.filled, encoded.cold, explained, inputs.out_of_order, strict=True)
        return [self._note(*row) if filled >= LEAST_FILLED else "bad_features" for filled, *row in flags]

    def _note(self, cold: bool, explained: bool, late: bool) -> str:
        words = ["unsupervised_only"] if self.model.trained.boost is None else []
        words += ["cold_entity"] if cold else []
        words += [] if explained else ["not_explained"]
        words += ["out_of_order"] if late else []
        return ",".join(words)


def forest_explainer(forest: IsolationForest) -> Any:
    """shap.TreeExplainer of a forest, with missing values sent where scikit-learn sends them: shap does not look."""
    import shap

    explainer = shap.TreeExplainer(forest, feature_perturbation="tree_path_dependent")
    for number, grown in enumerate(forest.estimators_):
        tree = grown.tree_
        children = np.where(tree.missing_go_to_left.astype(bool), tree.children_left, tree.children_right)
        explainer.model.children_default[number, : tree.node_count] = children
    return explainer


def contribution_text(by_field: dict[str, float]) -> str:
    """`field:value` pairs, strongest first by size.

    >>> contribution_text({"dest": 0.5, "app": -1.25})
    'app:-1.25; dest:+0.5'
    """
    ranked = sorted(by_field.items(), key=lambda pair: -abs(pair[1]))
    return "; ".join(f"{escaped(field)}:{value:+.6g}" for field, value in ranked)


def reason_text(by_field: dict[str, float], values: dict[str, Any]) -> str:
    """The strongest reasons, each a field with its value: no baseline is asked what is strange about it.

    >>> reason_text({"dest": 0.5, "app": -1.25}, {"dest": "dc01", "app": "ssh"})
    'dest=dc01 (+0.5)'
    """
    positive = {field: value for field, value in by_field.items() if value > 0}
    least = LEAST_SHARE * sum(positive.values())
    strongest = sorted(positive.items(), key=lambda pair: -pair[1])[:MAX_REASONS]
    return "; ".join(f"{field}={values.get(field, '')} (+{value:.1f})" for field, value in strongest if value > least)


def escaped(text: str) -> str:
    """A field's name as it may stand between separators.

    >>> escaped("a;b")
    'a\\\\;b'
    """
    return _SPECIAL.sub(r"\\\1", text)


def service_options(doc: str) -> tuple[LibraryModel, int]:
    """What both services are started with: the model and the port to listen on."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="the AISCORE_HOME that holds the model")
    parser.add_argument("--model", required=True, help="its name")
    parser.add_argument("--forest", type=Path, required=True, help="the fitted IsolationForest, kept by joblib")
    parser.add_argument("--booster", type=Path, help="the XGBoost model, where it has one")
    parser.add_argument("--port", type=int, default=5000)
    chosen = parser.parse_args()
    model = open_house(read_settings(home=chosen.home)).shelf.champion(chosen.model)
    return LibraryModel.read(model, chosen.forest, chosen.booster), chosen.port
