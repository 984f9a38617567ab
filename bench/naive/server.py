"""The naive service: JSON records in, JSON rows out, on Flask's development server.

python -m bench.naive.server --home HOME --model NAME --forest forest.joblib --booster booster.json --port 5000

The features, the margin and the scale are AIScore's own code on the champion's own files, so that all designs do the
same work. The forest is scored by scikit-learn and explained by shap, the boost scored and explained by XGBoost, as
their manuals show; the texts are made row by row.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import xgboost
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from bench.library import UNSCORED, LibraryModel, contribution_text, reason_text, service_options
from models.contract import LEAST_FILLED
from models.detectors.base import Floats, Matrix
from models.event_id import event_ids_of
from models.features.encode import encode
from models.features.values import read_values
from models.trained import Inputs, inputs_of


@dataclass(frozen=True)
class Scorer:
    """Scores and explains records."""

    library: LibraryModel

    def rows(
        self, records: list[dict[str, Any]], carry: bytes, explain: bool = False
    ) -> tuple[list[dict[str, Any]], bytes]:
        """The output fields of each record, and the carry for the next chunk."""
        model = self.library.model
        spec = model.trained.spec
        table = pl.DataFrame(records, infer_schema_length=None)
        values = read_values(table, spec)
        encoded = encode(values, spec, model.generation)
        inputs = inputs_of(encoded, values, spec, carry)
        ids = event_ids_of(table, spec.ids)
        columns = self.library.columns(encoded, inputs, self._boost(inputs.matrix), ids)
        columns["ai_note"] = self.library.notes(encoded, inputs, [explain] * len(records))
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        if explain:
            for row, record, by_field in zip(rows, records, self._by_field(inputs), strict=True):
                row["ai_reasons"] = reason_text(by_field, record)
                row["ai_contributions"] = contribution_text(by_field)
        for row, filled in zip(rows, encoded.filled, strict=True):
            if filled < LEAST_FILLED:
                row.update({f"ai_{name}": "" for name in UNSCORED})
        return rows, inputs.carry

    def _boost(self, matrix: Matrix) -> Floats:
        if self.library.booster is None:
            return np.zeros(len(matrix))
        return np.asarray(self.library.booster.predict(xgboost.DMatrix(matrix), output_margin=True), np.float64)

    def _by_field(self, inputs: Inputs) -> list[dict[str, float]]:
        """The contributions of each row to the margin, summed by field."""
        margin, spec = self.library.model.trained.margin, self.library.model.trained.spec
        columns = [column.field for column in spec.columns()]
        terms = inputs.surprise.contributions()
        forest = self.library.forest_contributions(inputs.matrix)
        boost = self.library.boost_contributions(inputs.matrix)
        heard = [(terms, spec.sources()), (forest, columns), *([(boost, columns)] if boost else [])]
        found = []
        for row in range(len(inputs.matrix)):
            by_field = dict.fromkeys(spec.sources(), 0.0)
            for (voice, fields), weight, spread in zip(heard, margin.weights, margin.spreads, strict=False):
                for field, value in zip(fields, voice.phi[row], strict=True):
                    by_field[field] += weight / spread * value
            found.append(by_field)
        return found


def create_app(scorer: Scorer) -> Flask:
    """The service."""
    app = Flask(__name__)

    @app.post("/score")
    def score() -> ResponseReturnValue:
        sent = request.get_json()
        rows, carry = scorer.rows(sent["records"], base64.b64decode(sent["carry"]), sent["explain"])
        return jsonify({"rows": rows, "carry": base64.b64encode(carry).decode()})

    @app.get("/readyz")
    def ready() -> ResponseReturnValue:
        return "ready"

    return app


def main() -> None:
    library, port = service_options(__doc__ or "")
    create_app(Scorer(library)).run(host="127.0.0.1", port=port, threaded=True)


if __name__ == "__main__":
    main()
