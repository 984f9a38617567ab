"""The windows a recipe's SPL would add, computed in one batch.

The same as `streamstats time_window=10m ... by user` over ascending time: each event sees itself and what
came before it within the window, never what comes after.
"""

import polars as pl

_TIME = pl.from_epoch(pl.col("_time").mul(1_000).round().cast(pl.Int64), time_unit="ms").alias("_when")


def with_windows(events: pl.DataFrame) -> pl.DataFrame:
    """Add failures_10m, dests_1h and bytes_1h (by user) and users_per_src_10m (by src); keep rows and order.

    `events` needs _time (epoch seconds, ascending), user, src, dest, action and bytes_out. Counts are whole
    numbers from 0 (failures, bytes) or 1 (distinct values) up.
    """
    timed = events.with_columns(_TIME)
    failed = (pl.col("action") == "failure").sum().cast(pl.Int64).alias("failures_10m")
    dests = pl.col("dest").n_unique().cast(pl.Int64).alias("dests_1h")
    users = pl.col("user").n_unique().cast(pl.Int64).alias("users_per_src_10m")
    added = [
        _window(timed, "user", "10m", failed),
        _window(timed, "user", "1h", dests),
        _window(timed, "src", "10m", users),
        _window(timed, "user", "1h", pl.col("bytes_out").sum().alias("bytes_1h")),
    ]
    return events.with_columns(*added)


def _window(timed: pl.DataFrame, by: str, period: str, value: pl.Expr) -> pl.Series:
    """One window's column, in the order of the rows."""
    rows = timed.with_row_index("_row").with_columns(pl.col("dest", "user", "src").cast(pl.Categorical))
    rolled = rows.rolling("_when", period=period, group_by=by, closed="right").agg(pl.col("_row").last(), value)
    return rolled.sort("_row").get_column(value.meta.output_name())
