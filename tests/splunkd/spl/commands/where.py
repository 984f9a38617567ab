"""where: keeps the rows in which an expression is true."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl.expressions import condition
from tests.splunkd.spl.tree import Where
from tests.splunkd.spl.world import RunningSearch


def run(stage: Where, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """The rows that pass."""
    return table.filter(condition(stage.condition, table, search))
