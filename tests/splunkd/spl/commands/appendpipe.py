"""appendpipe: what further commands make of the rows, below the rows themselves."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import columns
from tests.splunkd.spl import run as runner
from tests.splunkd.spl.tree import Appendpipe
from tests.splunkd.spl.world import RunningSearch


def run(stage: Appendpipe, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """It runs also when there are no rows."""
    return columns.stack(table, runner.execute(stage.pipeline, table, search, first=False))
