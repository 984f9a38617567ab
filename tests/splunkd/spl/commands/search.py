"""search: reads events where it is the first command, filters rows where it is not."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import filters
from tests.splunkd.spl.tree import Search
from tests.splunkd.spl.world import RunningSearch


def run(stage: Search, table: pl.DataFrame, search: RunningSearch, first: bool) -> pl.DataFrame:
    """The events or rows that pass; events come newest first."""
    if not first:
        return table.filter(filters.mask(stage.filter, table, search))
    reading = filters.reading(stage.filter, search)
    events = search.world.events(reading.indexes, reading.earliest_s, reading.latest_s, reading.sources)
    return events.filter(filters.mask(reading.filter, events, search))
