"""mvexpand: a row for each value of a field; rows without the field go."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl.columns import LISTS, column
from tests.splunkd.spl.tree import Mvexpand
from tests.splunkd.spl.world import RunningSearch


def run(stage: Mvexpand, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """`limit` 0 is all values."""
    found = column(table, stage.name)
    table = table.with_columns(found.alias(stage.name))
    if found.dtype == LISTS:
        kept = found.list.drop_nulls()
        table = table.with_columns((kept.list.head(stage.limit) if stage.limit else kept).alias(stage.name))
        table = table.explode(stage.name)
    return table.filter(pl.col(stage.name).is_not_null())
