"""stats: one row for each group of rows."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import aggregations
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.tree import Stats
from tests.splunkd.spl.world import RunningSearch


def run(stage: Stats, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """The groups in the order of their keys; without BY one row, or none when nothing could be computed."""
    for aggregation in stage.aggregations:
        if aggregation.name in stage.by:
            raise SplError(f"The output field '{aggregation.name}' cannot have the same name as a group-by field.")
    grouping = aggregations.group(table, stage.by)
    count = grouping.keys.height if stage.by else 1
    results = [
        aggregations.compute(aggregation, table, grouping.members, count, search) for aggregation in stage.aggregations
    ]
    done = pl.DataFrame([*grouping.keys.get_columns(), *results])
    if not stage.by and all(result.is_null().all() for result in results):
        # `stats sum(x)` over nothing has no result, `stats count` has one (mockdr, measured on Splunk 10.4.2).
        return done.clear()
    return done
