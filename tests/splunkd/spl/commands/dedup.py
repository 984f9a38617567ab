"""dedup: the first rows of each combination of values."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import columns
from tests.splunkd.spl.tree import Dedup
from tests.splunkd.spl.world import RunningSearch


def run(stage: Dedup, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """Of a field with several values all have to be the same (docs: Search Reference, dedup, "Multivalue fields")."""
    names = [f"by_{at}" for at in range(len(stage.fields))]
    fields = [columns.column(table, field) for field in stage.fields]
    keys = pl.DataFrame([field.alias(name) for name, field in zip(names, fields, strict=True)])
    absent = keys.select(pl.any_horizontal(pl.col(names).is_null()).alias("absent"))["absent"]
    if stage.consecutive:
        # A new run begins wherever the combination is not that of the row before, among those that have one.
        runs = keys.with_row_index("row").filter(~absent)
        changed = runs.select(pl.any_horizontal([pl.col(name).ne_missing(pl.col(name).shift(1)) for name in names]))
        number = pl.DataFrame({"row": runs["row"], "run": changed.to_series().cast(pl.Int64).cum_sum()})
        keys = keys.with_row_index("row").join(number, on="row", how="left", maintain_order="left").select("run")
        names = ["run"]
    nth = keys.select(pl.int_range(pl.len()).over(names).alias("nth"))["nth"]
    kept = nth < stage.count
    return table.filter((kept & ~absent) | (absent if stage.keepempty else False))
