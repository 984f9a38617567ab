"""addinfo: the search's own time range, id and start in every row."""

from __future__ import annotations

import math

import polars as pl

from tests.splunkd.spl.functions.calls import repeated
from tests.splunkd.spl.tree import Addinfo
from tests.splunkd.spl.world import RunningSearch


def run(stage: Addinfo, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """info_max_time is +Infinity where the range has no end."""
    latest = "+Infinity" if math.isinf(search.latest_s) else search.latest_s
    info = {
        "info_min_time": search.earliest_s,
        "info_max_time": latest,
        "info_sid": search.sid,
        "info_search_time": search.now_s,
    }
    return table.with_columns(
        repeated(value, table.height, pl.String() if isinstance(value, str) else pl.Float64()).alias(name)
        for name, value in info.items()
    )
