"""timechart: one row for each span of time, one column for each value of a field."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import aggregations, columns, natural_order, spans, values
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.tree import Timechart
from tests.splunkd.spl.world import RunningSearch

LIMIT = 10
"""How many values of the BY field have a column; the others are OTHER (docs: Search Reference, timechart, limit)."""
MAX_BINS = 100
STEPS_S = (1, 5, 10, 30, 60, 300, 600, 1800, 3600, 86_400)
"""docs: Search Reference, timechart, "Spans used when minspan is specified"."""


def run(stage: Timechart, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """Spans without events have a row too; counts are 0 there, all else is absent."""
    if stage.by is not None and len(stage.aggregations) != 1:
        raise NotSupported("timechart of several aggregations BY a field")
    time_s = values.number(columns.column(table, "_time"))
    table = table.filter(time_s.is_not_null())
    begin_s, end_s = _range(time_s.drop_nulls(), search)
    span_s = spans.seconds(stage.span) if stage.span else _default_span_s(end_s - begin_s)
    buckets = pl.Series("_time", _buckets(begin_s, end_s, span_s), dtype=pl.Float64)
    in_bucket = spans.floor(values.number(columns.column(table, "_time")), span_s)
    series = [("", table, in_bucket)] if stage.by is None else _split(stage, table, in_bucket, search)
    done = buckets.to_frame()
    for label, rows, bucket in series:
        members = rows.select(pl.int_range(pl.len()).alias("row")).with_columns(bucket.alias("_time"))
        members = members.join(done.select("_time").with_row_index("group"), on="_time", maintain_order="left")
        members = members.select("row", pl.col("group").cast(pl.Int64))
        for aggregation in stage.aggregations:
            result = aggregations.compute(aggregation, rows, members, len(buckets), search)
            done = done.with_columns(result.alias(label or aggregation.name))
    return done


def _range(time_s: pl.Series, search: RunningSearch) -> tuple[float, float]:
    """The search's range; over all time that of the events."""
    if search.earliest_s > 0 and search.latest_s < float("inf"):
        return search.earliest_s, search.latest_s
    least, most = time_s.min(), time_s.max()
    return (float(least), float(most) + 1e-6) if least is not None and most is not None else (0.0, 0.0)  # type: ignore[arg-type]


def _default_span_s(range_s: float) -> float:
    """The smallest step that makes no more than 100 bins, as the documentation's table of default spans has it."""
    for step_s in STEPS_S:
        if range_s / step_s <= MAX_BINS:
            return step_s
    raise NotSupported("timechart without span over more than 100 days")


def _buckets(begin_s: float, end_s: float, span_s: float) -> list[float]:
    first = begin_s // span_s
    count = int(-(-end_s // span_s) - first)
    if count > 50_000:
        raise SplError("The span is too small for the time range.")
    return [(first + at) * span_s for at in range(count)]


def _split(
    stage: Timechart, table: pl.DataFrame, bucket: pl.Series, search: RunningSearch
) -> list[tuple[str, pl.DataFrame, pl.Series]]:
    """(label, rows, their buckets) for each of the top values, in their order; then OTHER and NULL where needed.

    The top ones have the largest sum over their buckets, ties in the order of the texts.
    """
    by = columns.column(table, stage.by or "")
    if by.dtype == columns.LISTS:
        raise NotSupported(f"timechart BY {stage.by}, which has several values")
    text = values.text(by)
    cells = pl.DataFrame({"series": text, "bucket": bucket})
    grouping = aggregations.group(cells, ["series", "bucket"])
    result = aggregations.compute(stage.aggregations[0], table, grouping.members, grouping.keys.height, search)
    scores = (
        grouping.keys.select("series", values.number(result).alias("score")).group_by("series").agg(pl.sum("score"))
    )
    top = scores.sort(["score", "series"], descending=[True, False]).head(LIMIT)["series"]
    labels = pl.DataFrame({"text": text}).select(
        pl.when(pl.col("text").is_null())
        .then(pl.lit("NULL"))
        .when(pl.col("text").is_in(top.implode()))
        .then(pl.col("text"))
        .otherwise(pl.lit("OTHER"))
        .alias("label")
    )["label"]
    shown = natural_order.arrange(top.alias("label").to_frame(), [(False, "label", "auto")])["label"].to_list()
    shown += [name for name in ("OTHER", "NULL") if name not in shown and (labels == name).any()]
    # A column named with an underscore would be an internal field.
    return [
        (f"VALUE{name}" if name.startswith("_") else name, table.filter(labels == name), bucket.filter(labels == name))
        for name in shown
    ]
