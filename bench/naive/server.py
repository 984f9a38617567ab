"""The naive service: JSON records in, JSON rows out, on Flask's development server.

python -m bench.naive.server --home HOME --model NAME --forest forest.joblib --port 5000

The features, the margin and the scale are AIScore's own code on the champion's own files, so that both designs do the
same work; the forest is scored by scikit-learn and the boost by XGBoost, as their manuals show.
"""

from __future__ import annotations

import argparse
import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import polars as pl
import xgboost
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from sklearn.ensemble import IsolationForest

from models.detectors.base import Floats, Matrix
from models.detectors.forest import expected_path
from models.event_id import event_ids_of
from models.features.encode import Encoded, encode
from models.features.values import read_values
from models.risk import risk_of, severity_of
from models.scoring import LEAST_FILLED, Model
from models.trained import Inputs, inputs_of
from sidecar.app import open_house
from sidecar.settings import Settings

EMPTY = ("score", "severity", "risk", "anomaly", "threat", "reasons", "contributions", "model")
UNSCORED = {f"ai_{name}": "" for name in EMPTY} | {"ai_status": "unscored", "ai_note": "bad_features"}
"""What a row says that holds too little to be scored."""


@dataclass(frozen=True)
class Scorer:
    """A model whose forest is scikit-learn's own object."""

    model: Model
    forest: IsolationForest

    def rows(self, records: list[dict[str, Any]], carry: bytes) -> tuple[list[dict[str, Any]], bytes]:
        """The output fields of each record, and the carry for the next chunk."""
        spec = self.model.trained.spec
        table = pl.DataFrame(records, infer_schema_length=None)
        values = read_values(table, spec)
        encoded = encode(values, spec, self.model.generation)
        inputs = inputs_of(encoded, values, spec, carry)
        columns = self._columns(table, encoded, inputs)
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        for row, filled in zip(rows, encoded.filled, strict=True):
            if filled < LEAST_FILLED:
                row.update(UNSCORED)
        return rows, inputs.carry

    def _columns(self, table: pl.DataFrame, encoded: Encoded, inputs: Inputs) -> dict[str, list[Any]]:
        trained, count = self.model.trained, table.height
        voices = np.column_stack([inputs.surprise.score(), self._forest(inputs.matrix), self._boost(inputs.matrix)])
        margin = trained.margin.score(voices)
        score = trained.scale.score(margin)
        shares = np.linspace(0, 1, len(trained.anomaly_grid))
        anomaly = np.interp(trained.margin.unsupervised(voices), trained.anomaly_grid, shares)
        complete = all(field in table.columns for field in self.model.contract.inputs)
        return {
            "ai_score": score.tolist(),
            "ai_severity": severity_of(score, trained.thresholds).tolist(),
            "ai_risk": risk_of(score).tolist(),
            "ai_anomaly": anomaly.round(6).tolist(),
            "ai_threat": trained.platt.probability(margin).round(6).tolist() if trained.platt else [""] * count,
            "ai_reasons": [""] * count,
            "ai_contributions": [""] * count,
            "ai_model": [self.model.id] * count,
            "ai_event_id": event_ids_of(table, trained.spec.ids),
            "ai_status": ["scored" if complete else "partial"] * count,
            "ai_note": [
                self._note(cold, late, complete) for cold, late in zip(encoded.cold, inputs.out_of_order, strict=True)
            ],
        }

    def _forest(self, matrix: Matrix) -> Floats:
        """Minus the mean path length, taken back out of scikit-learn's score -2 ** (-path / c)."""
        typical = float(expected_path(np.array([self.forest.max_samples_]))[0])
        return typical * np.log2(-self.forest.score_samples(matrix))

    def _boost(self, matrix: Matrix) -> Floats:
        if self.model.trained.boost is None:
            return np.zeros(len(matrix))
        booster = self.model.trained.boost.booster
        return np.asarray(booster.predict(xgboost.DMatrix(matrix), output_margin=True), np.float64)

    def _note(self, cold: bool, late: bool, complete: bool) -> str:
        words = ["unsupervised_only"] if self.model.trained.boost is None else []
        words += ["cold_entity"] if cold else []
        words += ["not_explained"]
        words += [] if complete else ["missing_fields"]
        words += ["out_of_order"] if late else []
        return ",".join(words)


def create_app(scorer: Scorer) -> Flask:
    """The service."""
    app = Flask(__name__)

    @app.post("/score")
    def score() -> ResponseReturnValue:
        sent = request.get_json()
        rows, carry = scorer.rows(sent["records"], base64.b64decode(sent["carry"]))
        return jsonify({"rows": rows, "carry": base64.b64encode(carry).decode()})

    @app.get("/readyz")
    def ready() -> ResponseReturnValue:
        return "ready"

    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="the AISCORE_HOME that holds the model")
    parser.add_argument("--model", required=True, help="its name")
    parser.add_argument("--forest", type=Path, required=True, help="the fitted IsolationForest, kept by joblib")
    parser.add_argument("--port", type=int, default=5000)
    chosen = parser.parse_args()
    model = open_house(Settings(home=chosen.home)).shelf.champion(chosen.model)
    app = create_app(Scorer(model, joblib.load(chosen.forest)))
    app.run(host="127.0.0.1", port=chosen.port, threaded=True)


if __name__ == "__main__":
    main()
