"""makeresults: so many rows with nothing but the time."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl.functions.calls import repeated
from tests.splunkd.spl.tree import Makeresults
from tests.splunkd.spl.world import RunningSearch


def run(stage: Makeresults, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """_time is when the search was started, in whole seconds."""
    return pl.DataFrame({"_time": repeated(float(int(search.now_s)), stage.count, pl.Float64())})
