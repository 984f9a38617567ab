"""The geometry of the report's pictures: numbers in, coordinates out; the template draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

import polars as pl

from models.risk import SEVERITIES, THRESHOLDS
from sidecar.demo.words import clock_time, score_text

DAY_S = 86_400
DECADES = 5
"""Shares down to one in 100,000 are drawn."""


@dataclass(frozen=True)
class Mark:
    """One point or tick: where it stands, what it says, and to which story it belongs ('' = none)."""

    x: float
    y: float
    text: str = ""
    story: str = ""


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram, from its left upper corner; `story` as in Mark."""

    x: float
    y: float
    width: float
    height: float
    text: str = ""
    story: str = ""


@dataclass(frozen=True)
class Line:
    """A line through points, written as SVG wants them; `kind` says what it shows."""

    points: str
    kind: str


@dataclass(frozen=True)
class Picture:
    """A picture in its own units: frame, ticks along x and y, severity lines, points and bars."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    x_ticks: Sequence[Mark]
    y_ticks: Sequence[Mark]
    bands: Sequence[Mark]
    points: Sequence[Mark] = ()
    bars: Sequence[Bar] = ()
    lines: Sequence[Line] = ()


@dataclass(frozen=True)
class Step:
    """One step of a waterfall: a field's contribution, and its bar in percent of the width."""

    field: str
    value: str
    amount: float
    left: float
    width: float


def timeline(events: pl.DataFrame, begins_s: float, ends_s: float, width: int, height: int = 240) -> Picture:
    """A person's scores over time; `events` needs _time, ai_score, story, dest and ai_severity."""
    left, right, top, bottom = 34, width - (76 if width > 500 else 8), 12, height - 26

    def x(at_s: float) -> float:
        return round(left + (right - left) * (at_s - begins_s) / max(ends_s - begins_s, 1), 1)

    def y(score: float) -> float:
        return round(bottom - (bottom - top) * score, 1)

    ordinary_first = events.filter(pl.col("ai_score").is_not_null()).sort(pl.col("story") != "", "_time")
    points = [
        Mark(
            x(r["_time"]),
            y(r["ai_score"]),
            f"{clock_time(r['_time'])}, {r['dest']}: {score_text(r['ai_score'])}",
            r["story"],
        )
        for r in ordinary_first.iter_rows(named=True)
    ]
    midnights = range(ceil(begins_s / DAY_S), int(ends_s // DAY_S) + 1)
    form = "%a %-d %b" if width > 500 else "%a"
    return Picture(
        width, height, left, right, top, bottom,
        x_ticks=[Mark(x(day * DAY_S), bottom, clock_time(day * DAY_S, form)) for day in midnights
                 if day * DAY_S < ends_s],
        y_ticks=[Mark(left, y(tick), f"{tick:.1f}") for tick in (0.0, 0.5, 1.0)],
        bands=[Mark(right, y(at), name) for name, at in zip(SEVERITIES[1:], THRESHOLDS, strict=True)],
        points=points,
    )  # fmt: skip


def distribution(scored: pl.DataFrame, width: int, height: int = 260, bins: int = 50) -> Picture:
    """How many events have which score, counts on a logarithmic scale; story events on top of the others."""
    left, right, top, bottom = 58, width - 14, 40, height - 26
    counts = _counts(scored, bins)
    decades = max(1, ceil(log10(max([1, *counts["all"].to_list()]) + 1)))

    def y(count: float) -> float:
        # A single event must be visible, so the axis begins below one.
        return round(bottom - (bottom - top) * max(log10(max(count, 0.5) / 0.5), 0) / (decades + log10(2)), 1)

    step = (right - left) / bins
    bars = []
    for row in counts.iter_rows(named=True):
        x = round(left + row["bin"] * step + 0.5, 1)
        span = f"score {row['bin'] / bins:.2f} to {(row['bin'] + 1) / bins:.2f}"
        bars.append(
            Bar(
                x,
                y(row["all"]),
                round(step - 1, 1),
                round(bottom - y(row["all"]), 1),
                f"{span}: {row['all']:,} events, {row['story']:,} of a story",
            )
        )
        if row["story"]:
            bars.append(Bar(x, y(row["story"]), round(step - 1, 1), round(bottom - y(row["story"]), 1), "", "any"))
    return Picture(
        width, height, left, right, top, bottom,
        x_ticks=[Mark(left + (right - left) * tick / 10, bottom, f"{tick / 10:.1f}") for tick in range(0, 11, 2)],
        y_ticks=[Mark(left, y(10**n), f"{10**n:,}") for n in range(decades + 1)],
        # Neighbours stand at two heights, so that their names do not touch on a narrow page.
        bands=[Mark(round(left + (right - left) * at, 1), top - (14, 30)[number % 2], name)
               for number, (name, at) in enumerate(zip(SEVERITIES[1:], THRESHOLDS, strict=True))],
        bars=bars,
    )  # fmt: skip


Tail = Sequence[tuple[float, float]]
"""Score, and the share of the rows that are at least as high."""


def promised(
    reference: Tail, seen: Tail, thresholds: Sequence[tuple[str, float, float, str]], width: int, height: int = 260
) -> Picture:
    """The share of ordinary rows by score on a logarithmic scale: of the reference, as seen afterwards, and where each
    severity begins with what it promises. thresholds: severity, score, rate and words of each."""
    left, right, top, bottom = 86, width - 14, 40, height - 26

    def x(score: float) -> float:
        return round(left + (right - left) * score, 1)

    def y(share: float) -> float:
        return round(top + (bottom - top) * min(-log10(max(share, 1e-6)), DECADES) / DECADES, 1)

    def through(tail: Tail) -> str:
        return " ".join(f"{x(score)},{y(share)}" for score, share in tail)

    return Picture(
        width, height, left, right, top, bottom,
        x_ticks=[Mark(x(tick / 10), bottom, f"{tick / 10:.1f}") for tick in range(0, 11, 2)],
        y_ticks=[Mark(left, y(10.0**-n), f"1 in {10**n:,}" if n else "all") for n in range(DECADES + 1)],
        bands=[Mark(x(score), top - (14, 30)[number % 2], name)
               for number, (name, score, _, _) in enumerate(thresholds)],
        points=[Mark(x(score), y(rate), words) for _, score, rate, words in thresholds],
        lines=[Line(through(reference), "reference"), Line(through(seen), "seen")],
    )  # fmt: skip


def _counts(scored: pl.DataFrame, bins: int) -> pl.DataFrame:
    """Events a bin of the score: bin, all, story."""
    numbered = scored.drop_nulls("ai_score").with_columns(
        bin=(pl.col("ai_score") * bins).floor().clip(0, bins - 1).cast(pl.Int64)
    )
    return numbered.group_by("bin").agg(pl.len().alias("all"), (pl.col("story") != "").sum().alias("story")).sort("bin")


def waterfall(contributions: Sequence[tuple[str, float]], values: dict[str, str], most: int = 8) -> list[Step]:
    """Steps from zero to the margin, the largest first; what is beyond `most` is summed into one last step.

    >>> [(s.field, s.left, s.width) for s in waterfall([("dest", 3.0), ("src", -1.0)], {})]
    [('dest', 0.0, 100.0), ('src', 66.67, 33.33)]
    """
    ordered = sorted(contributions, key=lambda pair: -abs(pair[1]))
    shown, rest = ordered[:most], ordered[most:]
    if rest:
        shown = [*shown, (f"{len(rest)} other{'s' * (len(rest) > 1)}", sum(amount for _, amount in rest))]
    edges = [0.0]
    for _, amount in shown:
        edges.append(edges[-1] + amount)
    low, high = min(edges), max(edges)
    percent = 100 / ((high - low) or 1)
    return [
        Step(
            field, values.get(field, ""), amount, round((min(a, b) - low) * percent, 2), round(abs(b - a) * percent, 2)
        )
        for (field, amount), a, b in zip(shown, edges, edges[1:], strict=False)
    ]
