"""The tuned service: columns of JSON in, columns of JSON out, on waitress.

python -m bench.tuned.server --home HOME --model NAME --forest forest.joblib --booster booster.json --port 5001

Needs waitress beside the pinned packages.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import waitress
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from bench.library import UNSCORED, LibraryModel, contribution_text, reason_text, service_options
from models.contract import LEAST_FILLED
from models.detectors.base import Contributions, Floats, Matrix
from models.event_id import event_ids_of
from models.features.encode import encode
from models.features.values import read_values
from models.trained import Inputs, inputs_of

EXPLAINED_SHARE = 0.03
"""The share of each chunk's rows, highest scores first, that is explained."""
THREADS = 4


@dataclass(frozen=True)
class Scorer:
    """Scores columns, and explains the rows that matter."""

    library: LibraryModel

    def columns(self, table: pl.DataFrame, carry: bytes) -> tuple[dict[str, list[Any]], bytes]:
        """The output fields as columns, and the carry for the next chunk."""
        model = self.library.model
        spec = model.trained.spec
        values = read_values(table, spec)
        encoded = encode(values, spec, model.generation)
        inputs = inputs_of(encoded, values, spec, carry)
        found = self.library.columns(encoded, inputs, self._boost(inputs.matrix), event_ids_of(table, spec.ids))
        rows = np.argsort(-np.asarray(found["ai_score"]), kind="stable")[: round(EXPLAINED_SHARE * len(table))]
        rows = rows[encoded.filled[rows] >= LEAST_FILLED]
        self._explain(table, inputs, rows, found)
        found["ai_note"] = self.library.notes(encoded, inputs, np.isin(np.arange(len(table)), rows).tolist())
        for row in np.flatnonzero(encoded.filled < LEAST_FILLED):
            for name in UNSCORED:
                found[f"ai_{name}"][row] = ""
        return found, inputs.carry

    def _boost(self, matrix: Matrix) -> Floats:
        if self.library.booster is None:
            return np.zeros(len(matrix))
        return np.asarray(self.library.booster.inplace_predict(matrix, predict_type="margin"), np.float64)

    def _explain(
        self, table: pl.DataFrame, inputs: Inputs, rows: npt.NDArray[np.int64], found: dict[str, list[Any]]
    ) -> None:
        """Write reasons and contributions of these rows into the columns found."""
        heard = inputs.take(rows)
        forest = self._by_source(self.library.forest_contributions(heard.matrix))
        boost = self._by_source(self.library.boost_contributions(heard.matrix))
        phi = self.library.model.trained.margin.contributions([heard.surprise.contributions(), forest, boost]).phi
        sources = self.library.model.trained.spec.sources()
        for row, record, values in zip(rows.tolist(), table[rows].to_dicts(), phi.tolist(), strict=True):
            by_field = dict(zip(sources, values, strict=True))
            found["ai_reasons"][row] = reason_text(by_field, record)
            found["ai_contributions"][row] = contribution_text(by_field)

    def _by_source(self, part: Contributions | None) -> Contributions | None:
        """Contributions summed by field."""
        if part is None:
            return None
        spec = self.library.model.trained.spec
        sources = spec.sources()
        place = [sources.index(column.field) for column in spec.columns()]
        return Contributions(part.phi @ np.eye(len(sources))[place], part.base)


def create_app(scorer: Scorer) -> Flask:
    """The service."""
    app = Flask(__name__)

    @app.post("/score")
    def score() -> ResponseReturnValue:
        sent = request.get_json()
        columns, carry = scorer.columns(pl.DataFrame(sent["columns"]), base64.b64decode(sent["carry"]))
        return jsonify({"columns": columns, "carry": base64.b64encode(carry).decode()})

    @app.get("/readyz")
    def ready() -> ResponseReturnValue:
        return "ready"

    return app


def main() -> None:
    library, port = service_options(__doc__ or "")
    waitress.serve(create_app(Scorer(library)), host="127.0.0.1", port=port, threads=THREADS)


if __name__ == "__main__":
    main()
