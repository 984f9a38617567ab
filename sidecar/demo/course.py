"""The picture of one day: unusual events by the half hour, and when its notables were raised."""

from math import ceil

import polars as pl

from sidecar.demo.evidence import DAY_S
from sidecar.demo.pictures import Bar, Mark, Picture
from sidecar.demo.watch import HALF_HOUR_S, Day
from sidecar.demo.words import clock_time

BINS = int(DAY_S // HALF_HOUR_S)


def course(day: Day, width: int, height: int = 170) -> Picture:
    """Bars are unusual events, those of attacks in front; points stand above them where notables were raised."""
    left, right, top, bottom = 34, width - 12, 34, height - 26
    counts = _counts(day)
    most = _round_up(max([1, *counts["all"].to_list()]))
    step = (right - left) / BINS

    def x(at_s: float) -> float:
        # A notable raised after the last midnight stands at the day's end.
        return round(left + (right - left) * min((at_s - day.begins_s) / DAY_S, 1), 1)

    def bar(number: int, count: int, text: str, story: str) -> Bar:
        tall = round((bottom - top) * count / most, 1)
        return Bar(round(left + number * step + 0.5, 1), bottom - tall, round(step - 1, 1), tall, text, story)

    bars = []
    for number, every, told in counts.iter_rows():
        at = clock_time(day.begins_s + number * HALF_HOUR_S, "%H:%M")
        bars.append(bar(number, every, f"{at}: {every} unusual events, {told} of an attack", ""))
        if told:
            bars.append(bar(number, told, "", "any"))
    hours = range(0, 25, 3 if width > 500 else 6)
    return Picture(
        width, height, left, right, top, bottom,
        x_ticks=[Mark(x(day.begins_s + 3_600 * hour), bottom, f"{hour:02d}:00") for hour in hours],
        y_ticks=[Mark(left, bottom, "0"), Mark(left, top, f"{most:,}")],
        bands=(),
        points=[
            Mark(x(n.raised_s), top - 18, f"{clock_time(n.raised_s, '%H:%M')}: {n.entity}", n.story)
            for n in day.notables
        ],
        bars=bars,
    )  # fmt: skip


def _counts(day: Day) -> pl.DataFrame:
    """Unusual events a half hour: bin, all, story."""
    numbered = day.unusual.with_columns(bin=((pl.col("_time") - day.begins_s) // HALF_HOUR_S).cast(pl.Int64))
    return numbered.group_by("bin").agg(pl.len().alias("all"), (pl.col("story") != "").sum().alias("story")).sort("bin")


def _round_up(count: int) -> int:
    """The next number with one digit and zeros.

    >>> _round_up(7), _round_up(23), _round_up(100)
    (7, 30, 100)
    """
    unit = int(10 ** (len(str(count)) - 1))
    return ceil(count / unit) * unit
