"""makemv: a text becomes several values at its delimiters."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import values
from tests.splunkd.spl.columns import narrow
from tests.splunkd.spl.tree import Makemv
from tests.splunkd.spl.world import RunningSearch


def run(stage: Makemv, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """Empty pieces are left out unless allowed."""
    if stage.name not in table.columns:
        return table
    pieces = values.text(values.single(table[stage.name], "what makemv splits")).str.split(stage.delim)
    if not stage.allowempty:
        pieces = pieces.list.filter(pl.element() != "")
    return table.with_columns(narrow(pieces).alias(stage.name))
