"""Why rows were not scored, in words for whoever searches: the fields that say nothing in them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from models.features.spec import FeatureSpec, Field
from models.features.values import Values, texts
from models.quality.facts import Shown
from models.quality.fields import nothing_in

MOST_NAMED = 5
MOST_SHARE = 0.5
"""A field is named where it is missing in more than this share of the rows that were not scored."""
MOST_LETTERS = 64


def lacking(table: pl.DataFrame, values: Values, spec: FeatureSpec, lost: npt.NDArray[np.bool_]) -> str:
    """What is missing in the rows that were not scored, and what to do, on one line; empty where all were scored.

    lost: bool (n,), the rows that were not scored.
    """
    count = int(lost.sum())
    if not count:
        return ""
    told = []
    for field in spec.fields:
        missing = lost.copy()
        missing[Shown.of(field, values).rows] = False
        if missing.sum() > MOST_SHARE * count:
            told.append(_why(field, table, missing))
    named = "; ".join(told[:MOST_NAMED]) + (f"; and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else "")
    return (
        f"{count:,} of {len(lost):,} rows are not scored, for most of the model's fields say nothing in them: {named}"
    )


def _why(field: Field, table: pl.DataFrame, missing: npt.NDArray[np.bool_]) -> str:
    absent = [name for name in field.sources if name not in table.columns]
    if absent:
        return f"{_names(*absent)} not in the events (alias, eval or lookup)"
    if not any((texts(table, name).filter(pl.Series(missing)) != "").any() for name in field.sources):
        return f"{_names(*field.sources)} empty"
    words, mend = nothing_in(field)
    return f"{_names(field.name)} without {words} ({_names(mend)})"


def _names(*names: str) -> str:
    """On one line, and not too long."""
    return ", ".join(
        "".join(letter if letter.isprintable() else " " for letter in name)[:MOST_LETTERS] for name in names
    )
