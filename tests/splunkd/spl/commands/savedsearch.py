"""savedsearch: another search by its name."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import run as runner
from tests.splunkd.spl.tree import Savedsearch
from tests.splunkd.spl.world import RunningSearch


def run(stage: Savedsearch, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """It runs in the time range of the search that calls it."""
    return runner.run(search.world.saved_search(stage.name), search)
