"""inputlookup: the rows of a lookup."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import columns, filters
from tests.splunkd.spl.tree import Inputlookup
from tests.splunkd.spl.world import RunningSearch


def run(stage: Inputlookup, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """They replace the rows there are, or come below them."""
    found = search.world.lookup(stage.lookup).table
    if stage.where is not None:
        found = found.filter(filters.mask(stage.where, found, search))
    return columns.stack(table, found) if stage.append else found
