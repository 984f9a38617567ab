"""streamstats: statistics over the rows seen so far, written into each row as it passes."""

from __future__ import annotations

import numpy as np
import polars as pl

from tests.splunkd.spl import aggregations, columns, spans, values, windows
from tests.splunkd.spl.commands import eventstats
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.tree import Streamstats
from tests.splunkd.spl.windows import Floats, Places
from tests.splunkd.spl.world import RunningSearch

MAX_STREAM_WINDOW = 10_000
"""limits.conf [stats] max_stream_window. It "takes precedence" over a time_window that holds more events
(Search Reference, streamstats, example 4)."""

LIMIT_IS_GLOBAL = True
"""Whether that limit on a time_window counts the rows of all groups together; with False each group has its own.

Not written down anywhere: `global`, which is true by default, is "used only when the window argument is set". This is
the harsher reading: a search that is right under it is right under both.
"""

NOT_IN_ORDER = (
    "time_window can only be used on input that is sorted in time order (both ascending and descending order are ok)."
)
"""The words of Splunk 10.4.2, as the mockdr project recorded them."""


def run(stage: Streamstats, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """Rows stay in their order; those that lack a BY field are not seen and stay as they are."""
    if stage.window > MAX_STREAM_WINDOW:
        raise NotSupported(f"streamstats window={stage.window}, more than max_stream_window")
    grouping = aggregations.group(table, stage.by)
    group_of_row = eventstats.one_group_a_row(grouping, table.height, "streamstats")
    moving = _windows(stage, table, grouping.members)
    found = table
    for aggregation in stage.aggregations:
        placed = windows.place(aggregations.argument(aggregation, table, search), moving, table.height)
        result = windows.compute(aggregation.function, placed)
        back = pl.Series([None] * table.height, dtype=pl.Int64).scatter(moving.rows, np.arange(len(moving.rows)))
        found = eventstats.write(found, aggregation.name, result.gather(back), group_of_row.is_not_null())
    return found


def _windows(stage: Streamstats, table: pl.DataFrame, members: pl.DataFrame) -> windows.Windows:
    """Where the window of each row begins and ends, found by bisection."""
    row, group = members["row"].to_numpy(), members["group"].to_numpy()
    order = np.argsort(group, kind="stable")
    seen = np.arange(len(row))
    oldest = _oldest_by_time(stage, table)[row] if stage.time_window else np.zeros(len(row), dtype=np.int64)
    # From rows of the table to the rows that are seen.
    oldest = np.searchsorted(row, oldest)
    most = min(stage.window or MAX_STREAM_WINDOW, MAX_STREAM_WINDOW) if stage.window or stage.time_window else 0
    within = most - 1 if stage.current else most
    # `window` is one for all groups, for `global` is true by default.
    one_for_all = bool(stage.window) or LIMIT_IS_GLOBAL
    if most and one_for_all:
        oldest = np.maximum(oldest, seen - within)
    stride = len(row) + 1
    places = group[order] * stride + seen[order]
    low = np.searchsorted(places, group[order] * stride + oldest[order])
    high = np.arange(len(row)) + (1 if stage.current else 0)
    if most and not one_for_all:
        low = np.maximum(low, np.arange(len(row)) - within)
    return windows.Windows(row[order], np.minimum(low, high), high, grows=not most)


def _oldest_by_time(stage: Streamstats, table: pl.DataFrame) -> Places:
    """The first row inside the time window that ends at each row.

    An event as old as the window is long is outside (mockdr, measured on Splunk 10.4.2).
    """
    time = values.number(columns.column(table, "_time"))
    if time.null_count():
        raise SplError(NOT_IN_ORDER)
    time_s: Floats = time.to_numpy()
    steps = np.diff(time_s)
    if (steps < 0).any():
        if (steps > 0).any():
            raise SplError(NOT_IN_ORDER)
        # Newest first: the window holds the events that come next in time.
        time_s = -time_s
    return np.searchsorted(time_s, time_s - spans.seconds(stage.time_window or ""), side="right")
