"""outputlookup: the rows written into a lookup, and passed on."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl.tree import Outputlookup
from tests.splunkd.spl.world import RunningSearch


def run(stage: Outputlookup, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """With a key field rows are added, those of the same key replaced (docs: Search Reference, outputlookup)."""
    if table.is_empty() and not stage.override_if_empty:
        return table
    append = stage.append or stage.key_field is not None
    if table.is_empty() and append:
        return table
    search.world.write_lookup(stage.lookup, table, append=append, key_field=stage.key_field)
    return table
