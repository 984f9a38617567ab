"""head: the first rows."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl.tree import Head
from tests.splunkd.spl.world import RunningSearch


def run(stage: Head, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """So many rows from the top."""
    return table.head(stage.count)
