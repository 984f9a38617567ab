"""eventstats: what stats computes, written into every row of the group."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import aggregations, columns
from tests.splunkd.spl.errors import NotSupported
from tests.splunkd.spl.tree import Eventstats
from tests.splunkd.spl.world import RunningSearch


def run(stage: Eventstats, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """Rows that lack a BY field stay as they are."""
    grouping = aggregations.group(table, stage.by)
    group_of_row = one_group_a_row(grouping, table.height, "eventstats")
    count = grouping.keys.height if stage.by else 1
    found = table
    for aggregation in stage.aggregations:
        result = aggregations.compute(aggregation, table, grouping.members, count, search)
        found = write(found, aggregation.name, result.gather(group_of_row), group_of_row.is_not_null())
    return found


def one_group_a_row(grouping: aggregations.Grouping, height: int, command: str) -> pl.Series:
    """The group of each row, null for none."""
    if grouping.members["row"].n_unique() < grouping.members.height:
        raise NotSupported(f"{command} BY a field with several values")
    rows = pl.DataFrame({"row": pl.int_range(height, eager=True)})
    return rows.join(grouping.members, on="row", how="left", maintain_order="left")["group"]


def write(table: pl.DataFrame, name: str, result: pl.Series, where: pl.Series) -> pl.DataFrame:
    """Put results into a column; rows outside `where` keep what they had."""
    if name not in table.columns:
        return table.with_columns(result.alias(name))
    old = table[name]
    both = columns.stack(old.alias("v").to_frame(), result.alias("v").to_frame())["v"]
    pair = pl.DataFrame({"old": both[: len(old)], "new": both[len(old) :], "where": where})
    return table.with_columns(pair.select(pl.when("where").then("new").otherwise("old").alias(name))[name])
