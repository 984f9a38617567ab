"""table: only the fields named, in that order; one that no row has is an empty column."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import names
from tests.splunkd.spl.columns import column
from tests.splunkd.spl.tree import Table
from tests.splunkd.spl.world import RunningSearch


def run(stage: Table, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """The columns, each once."""
    wanted: dict[str, None] = {}
    for pattern in stage.names:
        wanted |= dict.fromkeys(names.matching([pattern], table.columns) if "*" in pattern else [pattern])
    return pl.DataFrame([column(table, name).alias(name) for name in wanted])
