"""bin: values put into ranges of one width."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import columns, spans, values
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.tree import Bin
from tests.splunkd.spl.world import RunningSearch


def run(stage: Bin, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """A time becomes the beginning of its span, another number the text `low-high`; what is no number stays."""
    found = columns.column(table, stage.input)
    if stage.input == "_time":
        return table.with_columns(spans.floor(values.number(found), spans.seconds(stage.span)).alias(stage.name))
    if spans.has_unit(stage.span):
        raise NotSupported(f"bin {stage.input} span={stage.span}: a span of time for another field than _time")
    if found.dtype == columns.LISTS:
        raise NotSupported(f"bin of {stage.input}, which has several values")
    try:
        width = float(stage.span)
    except ValueError:
        raise SplError(f"The value for option span ({stage.span}) is invalid.") from None
    number = values.number(found)
    low = spans.floor(number, width)
    ranges = pl.DataFrame(
        {"low": values.text(low), "high": values.text((low + width).round(9)), "old": values.text(found)}
    )
    shown = pl.concat_str("low", pl.lit("-"), "high")
    return table.with_columns(
        ranges.select(pl.when(pl.col("low").is_not_null()).then(shown).otherwise("old").alias(stage.name))[stage.name]
    )
