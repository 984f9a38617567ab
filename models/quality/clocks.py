"""Checks of time: hours without events, events that came late or from the future, clocks that go wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from models.features.hashing import Coded
from models.features.hours import FIRST_DAY, HOURS_A_DAY, HOURS_A_WEEK
from models.features.values import HOUR_S, Floats, Ints
from models.quality.finding import EVENTS, Finding, clipped, grade_of

LEAST_WEEKS = 3
"""Hours of the week that were seen less often are compared with the hour of any working day, or of any other day."""
LEAST_USUAL = 20.0
"""An hour in which so many events are usual is not empty by chance (one in 5e8 were they independent)."""
LATE_S = 3_600.0
LEAST_LATE = 0.01
FUTURE_S = 300.0
"""Clocks may differ by so much."""
SKEW_S = 1_800.0
"""Half an hour: the smallest difference between time zones that is common."""
SPREAD_S = 300.0
LEAST_SOURCE_ROWS = 20


def gaps(time: Floats) -> Iterator[Finding]:
    """Hours without events, between the first and the last, where the same hour of other days has some."""
    known = time[~np.isnan(time)]
    if not len(known):
        return
    hour = np.floor(known / HOUR_S).astype(np.int64)
    first = int(hour.min())
    if int(hour.max()) - first > 100 * 366 * HOURS_A_DAY:
        return  # times that are none; they are told elsewhere
    counts = np.bincount(hour - first)
    missing = np.flatnonzero((counts == 0) & (_usual(counts, first) >= LEAST_USUAL))
    if len(missing):
        since = str(np.datetime64((first + int(missing[0])) * 3600, "s"))[:16]
        share = len(missing) / len(counts)
        words = f"{len(missing)} of {len(counts):,} hours have no events; {LEAST_USUAL:.0f} or more are usual"
        mend = "look for an outage of the source or its forwarder; leave such days out of a fit"
        yield Finding(EVENTS, "gap", grade_of(share), words, mend, len(missing), share, since)


def _usual(counts: Ints, first: int) -> Floats:
    """For each hour the median count of the hours like it."""
    number = first + np.arange(len(counts))
    of_week = (number + FIRST_DAY * HOURS_A_DAY) % HOURS_A_WEEK
    enough = len(counts) >= LEAST_WEEKS * HOURS_A_WEEK
    kind = of_week if enough else of_week % HOURS_A_DAY + HOURS_A_DAY * (of_week >= 5 * HOURS_A_DAY)
    usual = np.zeros(HOURS_A_WEEK)
    for one in np.unique(kind):
        usual[one] = np.median(counts[kind == one])
    return usual[kind]


def delays(time: Floats, indexed: Floats | None, now_s: float | None) -> Iterator[Finding]:
    """Events indexed long after they happened, or that happen after they were indexed (or after now).

    indexed: epoch seconds (n,), NaN where unknown; now_s: the time of the check, where nothing was indexed.
    """
    if indexed is not None:
        delay = indexed - time
        late = delay > LATE_S
        if late.sum() >= LEAST_LATE * len(time):
            words = f"{int(late.sum()):,} of {len(time):,} events came more than an hour late"
            mend = "score with a longer delay (the searches' earliest and latest), and look at the forwarder"
            yield _about(late, "late", words, mend, time, f"{float(np.nanmax(delay)) / HOUR_S:,.1f} hours")
    limit = indexed if indexed is not None else np.full(len(time), np.nan if now_s is None else now_s)
    future = time - limit > FUTURE_S
    if future.any():
        words = f"{int(future.sum()):,} of {len(time):,} events lie in the future"
        mend = "mend the source's clock or time zone (TZ in props.conf), or the format of its time"
        example = f"{float(np.nanmax(time - limit)) / HOUR_S:,.1f} hours ahead"
        yield _about(future, "future", words, mend, time, example)


def _about(rows: npt.NDArray[np.bool_], check: str, words: str, mend: str, time: Floats, example: str) -> Finding:
    count, share = int(rows.sum()), float(rows.mean())
    since = str(np.datetime64(int(time[rows].min()), "s"))[:16]
    return Finding(EVENTS, check, grade_of(share), words, mend, count, share, since, example)


def skew(time: Floats, indexed: Floats, sources: Coded) -> Iterator[Finding]:
    """Sources whose events are off by the same half hours or more against the time at which they were indexed, where
    those of the others are not."""
    delay = indexed - time
    known = np.flatnonzero(~np.isnan(delay))
    if not len(known):
        return
    order = known[np.lexsort((delay[known], sources.at[known]))]
    at, starts, counts = np.unique(sources.at[order], return_index=True, return_counts=True)
    low, middle, high = (delay[order[starts + (counts * part) // 4]] for part in (1, 2, 3))
    # The median of the sources, not of the events: one loud source must not make the others look wrong.
    off = middle - np.median(middle)
    wrong = (np.abs(off) >= SKEW_S) & (high - low <= SPREAD_S) & (counts >= LEAST_SOURCE_ROWS)
    if not wrong.any():
        return
    worst = int(np.argmax(np.where(wrong, np.abs(off), 0.0)))
    rows = int(counts[wrong].sum())
    name, hours = clipped(str(sources.texts[int(at[worst])])), -off[worst] / HOUR_S
    words = f"{int(wrong.sum())} sources are off by a steady half hour or more; {name} by {hours:+.1f} hours"
    mend = "set their time zone (TZ in props.conf) or mend their clock"
    share = rows / len(time)
    yield Finding(EVENTS, "skew", max(grade_of(share), "C"), words, mend, rows, share, example=name)
