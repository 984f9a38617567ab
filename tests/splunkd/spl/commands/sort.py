"""sort: the rows in the order of fields."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import natural_order
from tests.splunkd.spl.tree import Sort
from tests.splunkd.spl.world import RunningSearch


def run(stage: Sort, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """At most `count` rows, 0 for all; rows that lack a field come last in either direction."""
    ordered = natural_order.arrange(table, list(stage.keys))
    return ordered.head(stage.count) if stage.count else ordered
