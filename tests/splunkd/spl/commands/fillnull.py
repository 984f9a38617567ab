"""fillnull: a value where there is none; with no fields named, in every field."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl.columns import LISTS, column
from tests.splunkd.spl.functions.calls import choose
from tests.splunkd.spl.functions.conditions import present
from tests.splunkd.spl.tree import Fillnull
from tests.splunkd.spl.values import number
from tests.splunkd.spl.world import RunningSearch


def run(stage: Fillnull, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """A field named that no row has is made."""
    filled = {name: _filled(column(table, name), stage.value) for name in stage.names or table.columns}
    return table.with_columns(series.alias(name) for name, series in filled.items())


def _filled(series: pl.Series, value: str) -> pl.Series:
    alone = pl.Series([value])
    if series.dtype not in (pl.String, LISTS) and number(alone)[0] is not None:
        alone = number(alone)
    if not len(series):
        return series
    return choose(present(series), series, alone.new_from_index(0, len(series)))
