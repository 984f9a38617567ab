"""Columns must not tell the label of a row from how the row was corrected for being in its own past.

Attacks never teach, so a benign row is in the baseline and an attack is not. Where only the benign rows are encoded
without themselves, each of their values has been seen once less often than the same value of an attack, and a booster
reads the label from that: perfect in training, worthless after it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.metrics import roc_auc_score

from models.detectors.base import Matrix
from models.detectors.boost import Boost
from models.features.baseline import Generation
from models.features.encode import encode
from models.features.partition import learn
from models.features.prequential import encode_past
from models.features.spec import FeatureSpec, Field
from models.features.values import Values, read_values

SPEC = FeatureSpec((Field("service", "category"), Field("flag", "category")))
Mask = npt.NDArray[np.bool_]


def records(rows: int = 1200) -> tuple[Values, Mask]:
    """Records whose values have nothing to do with their labels."""
    rng = np.random.default_rng(5)
    common = rng.choice(12, rows, p=np.arange(1, 13) / 78)
    table = pl.DataFrame({"service": [f"s{at}" for at in common], "flag": rng.choice(["SF", "REJ"], rows)})
    return read_values(table, SPEC), rng.random(rows) < 0.5


def by_folds(values: Values, attack: Mask) -> Matrix:
    return encode_past(values, SPEC, ~attack).matrix


def benign_rows_without_themselves(values: Values, attack: Mask) -> Matrix:
    """The bug: a benign row is encoded against all other benign rows, an attack against all of them."""
    matrix = encode(values, SPEC, taught(values, ~attack)).matrix
    for row in np.flatnonzero(~attack)[::4]:
        others = ~attack & (np.arange(values.count) != row)
        matrix[row] = encode(values.slice(row, row + 1), SPEC, taught(values, others)).matrix[0]
    return matrix


def taught(values: Values, teaches: Mask) -> Generation:
    return Generation.publish(learn(values, SPEC, teaches).fold(SPEC), SPEC)


def label_read(encoder: Callable[[Values, Mask], Matrix]) -> float:
    """How well a booster that was fitted on half of the rows tells the labels of the others."""
    values, attack = records()
    matrix = encoder(values, attack)
    asked = np.flatnonzero(
        attack | (np.cumsum(~attack) % 4 == 1)
    )  # all attacks, and the benign rows that are corrected
    train, test = asked[asked % 2 == 0], asked[asked % 2 == 1]
    boost = Boost.fit(matrix[train], attack[train], 7, rounds=60)
    return float(roc_auc_score(attack[test], boost.score(matrix[test])))


def test_no_column_tells_the_label() -> None:
    assert 0.4 < label_read(by_folds) < 0.6


def test_correcting_benign_rows_only_would_tell_it() -> None:
    assert label_read(benign_rows_without_themselves) > 0.9
