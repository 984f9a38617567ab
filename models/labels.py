"""Labels as people write them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from models.errors import DataError
from models.features.values import texts

POSITIVE = ("1", "1.0", "true", "yes", "attack", "malicious")
NEGATIVE = ("0", "0.0", "false", "no", "benign", "-")
MIN_POSITIVES = 20
"""Fewer attacks than this teach a booster nothing that holds on the next day."""


def read_labels(table: pl.DataFrame, name: str | None) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """(positive, known), bool (n,) each. Empty means unknown; where no row is called benign, empty means benign.

    >>> read_labels(pl.DataFrame({"y": ["1", "0", ""]}), "y")
    (array([ True, False, False]), array([ True,  True, False]))
    """
    if name is None:
        return np.zeros(table.height, np.bool_), np.zeros(table.height, np.bool_)
    text = texts(table, name).str.strip_chars().str.to_lowercase()
    positive, negative = text.is_in(POSITIVE).to_numpy(), text.is_in(NEGATIVE).to_numpy()
    other = text.filter(pl.Series(~(positive | negative)) & (text != ""))
    if len(other):
        raise DataError("some values are no label", field=name, mend="use 1 and 0, or true and false", example=other[0])
    if not positive.any() and not negative.any():
        raise DataError("no row is labelled", field=name, mend="leave out label=, or label some rows")
    return positive, (positive | negative) if negative.any() else np.ones(table.height, np.bool_)
