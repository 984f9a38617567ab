"""The one-line rules beside which a model is measured, and the alert budget that both get.

The budget: ten alerts a day (UTC), which one analyst can look at; forty for the four scored days. An alert
is one user on one day, shown by its highest event of that day. A story is *found* when at least one of the
alerts' events belongs to it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

ALERTS_A_DAY = 10

_DAY_S = 86_400


@dataclass(frozen=True)
class Rule:
    """A rule of one line: `spl` as one would write it in Splunk, `value` what it sorts by (more = stranger).

    `value` takes the events before the scored days and the scored ones, and gives one number a scored event.
    """

    name: str
    spl: str
    value: Callable[[pl.DataFrame, pl.DataFrame], pl.Series]


def _column(name: str) -> Callable[[pl.DataFrame, pl.DataFrame], pl.Series]:
    return lambda _, scored: scored[name].cast(pl.Float64)


def _new_country(before: pl.DataFrame, scored: pl.DataFrame) -> pl.Series:
    """1 where the user has never signed in from this country before the scored days, else 0."""
    known = before.select("user", "src_country").unique().with_columns(new=pl.lit(0.0))
    joined = scored.join(known, on=["user", "src_country"], how="left", maintain_order="left")
    return joined["new"].fill_null(1.0)


def _loudness(before: pl.DataFrame, scored: pl.DataFrame) -> pl.Series:
    """All of them in one sum: each in units of what an analyst would call loud."""
    loud = (
        scored["failures_10m"] / 10
        + scored["dests_1h"] / 20
        + scored["users_per_src_10m"] / 20
        + scored["bytes_1h"] / 1e10
    )
    return loud + _new_country(before, scored)


RULES = (
    Rule("failures", "sort 0 - failures_10m", _column("failures_10m")),
    Rule("hosts", "sort 0 - dests_1h", _column("dests_1h")),
    Rule("users on one source", "sort 0 - users_per_src_10m", _column("users_per_src_10m")),
    Rule("volume", "sort 0 - bytes_1h", _column("bytes_1h")),
    Rule(
        "new country",
        "lookup known_countries user src_country OUTPUT known | where isnull(known)",
        _new_country,
    ),
    Rule(
        "loudness",
        "eval loud = failures_10m/10 + dests_1h/20 + users_per_src_10m/20 + bytes_1h/1e10 + new_country"
        " | sort 0 - loud",
        _loudness,
    ),
)


def queue(events: pl.DataFrame, by: str, a_day: int = ALERTS_A_DAY) -> pl.DataFrame:
    """The alerts: the highest event of each user and day, highest first, the first `a_day` of each day.

    `events` needs _time (epoch seconds), user and the numeric column `by`; missing values come last. Equal
    values stand in the order of time, as an analyst would meet them.
    """
    day = (pl.col("_time") // _DAY_S).alias("_day")
    ranked = events.with_columns(day).sort([by, "_time", "user"], descending=[True, False, False], nulls_last=True)
    alerts = ranked.unique(["user", "_day"], keep="first", maintain_order=True)
    return alerts.filter(pl.int_range(pl.len()).over("_day") < a_day).drop("_day")


def found(alerts: pl.DataFrame) -> list[str]:
    """The stories that at least one alert belongs to, by name."""
    return sorted(set(alerts["story"].to_list()) - {""})
