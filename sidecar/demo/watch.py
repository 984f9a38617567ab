"""From events to notables: how many of each there were, in all and on each day."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from models.simulator import Story
from sidecar.demo.evidence import DAY_S
from sidecar.demo.notables import Notable, judged
from sidecar.demo.played import Played

HALF_HOUR_S = 1_800.0
"""A record of a run counts the events of the half hour before its time."""


@dataclass(frozen=True)
class Counts:
    """Over some time: events scored and unscored, unusual ones, risk events and on how many users and systems."""

    scored: int
    unscored: int
    unusual: int
    risk_events: int
    entities: int


@dataclass(frozen=True)
class Day:
    """One day: `stories` are the attacks with events on it; `unusual` has the unusual events' _time and story."""

    begins_s: float
    counts: Counts
    notables: tuple[Notable, ...]
    stories: tuple[str, ...]
    unusual: pl.DataFrame

    @property
    def right(self) -> int:
        """Notables of an attack."""
        return sum(notable.right for notable in self.notables)


@dataclass(frozen=True)
class Watch:
    """All days and their sum. `before` is what the daily search for late events found in the day before them."""

    counts: Counts
    before: Counts
    days: tuple[Day, ...]
    runs: int
    searches: int
    failed: int

    @property
    def notables(self) -> list[Notable]:
        """Those of every day, in the order of time."""
        return [notable for day in self.days for notable in day.notables]

    @property
    def right(self) -> int:
        """Notables of an attack."""
        return sum(day.right for day in self.days)

    @property
    def busiest(self) -> Day:
        """The day with most notables, the first of several."""
        return max(self.days, key=lambda day: len(day.notables))


def watched(played: Played, scored: pl.DataFrame, stories: Sequence[Story]) -> Watch:
    """Count what was played; `scored` has all events of the days with their stories."""
    begins_s = float(scored["_time"][0]) // DAY_S * DAY_S
    last_s = float(played.runs["scheduled_s"].max() or begins_s)  # type: ignore[arg-type]
    ends_s = min(float(scored["_time"][-1]) + 1, max(last_s, begins_s + 1))
    starts = [begins_s + DAY_S * number for number in range(int((ends_s - 1 - begins_s) // DAY_S) + 1)]
    known = _with_story(played.kept, scored)
    found = judged(played, scored, stories)
    days = []
    for start in starts:
        # What is raised after the last midnight belongs to the last day.
        until_s = float("inf") if start == starts[-1] else start + DAY_S
        days.append(
            Day(
                start,
                _counts(played, start, start + DAY_S),
                tuple(n for n in found if start <= n.raised_s < until_s),
                _active(scored, start),
                known.filter(pl.col("_time").is_between(start, start + DAY_S, closed="left")),
            )
        )
    return Watch(
        _counts(played, begins_s, starts[-1] + DAY_S), _counts(played, float("-inf"), begins_s), tuple(days),
        len(played.runs), played.runs["name"].n_unique(), played.failed,
    )  # fmt: skip


def _counts(played: Played, begins_s: float, ends_s: float) -> Counts:
    """What concerns events of this time, whenever it was counted, kept or raised."""

    def of(table: pl.DataFrame, shift_s: float = 0.0) -> pl.DataFrame:
        return table.filter((pl.col("_time") - shift_s).is_between(begins_s, ends_s, closed="left"))

    records = of(played.records.filter(pl.col("ai_record") == "run"), HALF_HOUR_S)
    rows, unscored = int(records["rows"].sum()), int(records["unscored"].sum())
    risk = of(played.risk)
    entities = risk.select("risk_object", "risk_object_type").n_unique() if len(risk) else 0
    return Counts(rows - min(unscored, rows), unscored, len(of(played.kept)), len(risk), entities)


def _active(scored: pl.DataFrame, start: float) -> tuple[str, ...]:
    """The stories with events on this day, in the order of their first."""
    today = pl.col("_time").is_between(start, start + DAY_S, closed="left")
    return tuple(scored.filter(today, pl.col("story") != "")["story"].unique(maintain_order=True))


def _with_story(kept: pl.DataFrame, scored: pl.DataFrame) -> pl.DataFrame:
    """_time and story of each unusual event, which is known by its time to the millisecond, user, source and host."""
    ms = (pl.col("_time") * 1_000).round().cast(pl.Int64).alias("ms")
    key = ["ms", "user", "src", "dest"]
    truth = scored.with_columns(ms).select(*key, "story").unique(key, keep="first")
    found = kept.with_columns(ms).join(truth, on=key, how="left", maintain_order="left")
    return found.select("_time", pl.col("story").fill_null(""))
