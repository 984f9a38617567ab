"""A command of the app's own, run by the world."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl.tree import CustomCommand
from tests.splunkd.spl.world import RunningSearch


def run(stage: CustomCommand, table: pl.DataFrame, search: RunningSearch, first: bool) -> pl.DataFrame:
    """`first` says that it stands at the beginning of the search."""
    return search.world.command(stage, table, search, first)
