"""collect: the rows written into a summary index, and passed on."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl.tree import Collect
from tests.splunkd.spl.world import RunningSearch


def run(stage: Collect, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """With testmode nothing is written."""
    if stage.options.get("testmode", "false").lower() not in ("true", "t", "1"):
        search.world.collect(table, stage.options, search)
    return table
