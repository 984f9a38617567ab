"""Checks of one field over the days: what changed from some day on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np

from models.features.values import Floats, Ints
from models.quality.days import Days
from models.quality.facts import Shown
from models.quality.fields import first_seen
from models.quality.finding import Finding, clipped, grade_of

LEAST_EXPECTED = 30.0
"""Values that a day should have had by its past; a day of which fewer are expected says nothing."""
LOST_SHARE = 0.1
"""A day with fewer than this share of the values that it should have had has lost them."""
UNITS = (60.0, 1_000.0, 1_024.0, 3_600.0, 60_000.0, 1e6, 2.0**20)
"""Factors between units: seconds and minutes, milliseconds, KiB, hours, minutes in milliseconds, mega, MiB."""
NEAR_OCTAVES = 0.5
APART_OCTAVES = 5.0
"""All days before a change of unit differ from all after it by more than this (32 times)."""
KNOWN_BEFORE, KNOWN_AFTER = 0.5, 0.05
"""Shares of values that were seen on an earlier day: usual ones at least, and at most once the vocabulary changed."""
LEAST_DAY_VALUES = 50


def changes(shown: Shown, days: Days) -> Iterator[Finding]:
    """All checks that need several days."""
    if days.count > 1 and len(shown.rows):
        yield from _lost(shown, days)
        yield from _units(shown, days) if shown.numbers is not None else _vocabulary(shown, days)


def _lost(shown: Shown, days: Days) -> Iterator[Finding]:
    """Days on which a field was nearly empty that had been filled before."""
    rows, filled = days.tally(), days.tally(shown.filled)
    usual = before(filled) / np.maximum(before(rows), 1)
    lost = (usual * rows >= LEAST_EXPECTED) & (filled <= LOST_SHARE * usual * rows)
    if not lost.any():
        return
    since, count = int(np.flatnonzero(lost)[0]), int((rows - filled)[lost].sum())
    busy = np.flatnonzero(rows * usual >= LEAST_EXPECTED)
    ended = not lost[busy[-1]]
    words = f"filled in {usual[since]:.0%} of the rows, then in {filled[lost].sum() / rows[lost].sum():.0%}"
    words += f" on {int(lost.sum())} days, then again" if ended else " from then on"
    mend = "look for what changed that day in the source or its add-on; fit on the days before or after, not on both"
    grade = "C" if ended else "F"
    share = count / max(shown.height, 1)
    yield Finding(shown.field.name, "lost", grade, words, mend, count, share, days.name(since))


def before(counts: Ints) -> Ints:
    """The sum of all earlier days, for each."""
    return np.cumsum(counts) - counts


def _units(shown: Shown, days: Days) -> Iterator[Finding]:
    """A number whose daily median jumps by a factor between units, for good."""
    which, medians = daily_medians(cast(Floats, shown.numbers), days.of[shown.rows], days.count)
    if len(medians) < 2:
        return
    high, low = np.maximum.accumulate(medians), np.minimum.accumulate(medians)
    later_low = np.minimum.accumulate(medians[::-1])[::-1]
    later_high = np.maximum.accumulate(medians[::-1])[::-1]
    apart = np.maximum(later_low[1:] - high[:-1], low[:-1] - later_high[1:])
    at = 1 + int(np.argmax(apart))
    jump = float(np.median(medians[at:]) - np.median(medians[:at]))
    if apart[at - 1] < APART_OCTAVES or np.abs(abs(jump) - np.log2(UNITS)).min() > NEAR_OCTAVES:
        return
    since, factor = int(which[at]), 2.0 ** abs(jump)
    after = days.of[shown.rows] >= since
    words = f"the daily median became {factor:,.0f} times as {'large' if jump > 0 else 'small'}: another unit"
    mend = "bring all of it to one unit with eval, or fit on the days of one unit only"
    count, example = int(after.sum()), clipped(shown.text(int(np.flatnonzero(after)[0])))
    yield Finding(
        shown.field.name, "unit", "D", words, mend, count, count / max(shown.height, 1), days.name(since), example
    )


def daily_medians(numbers: Floats, day: Ints, count: int) -> tuple[Ints, Floats]:
    """The days that have enough numbers other than 0, and the median of each, as log2 of the magnitude."""
    told = (numbers != 0) & (day >= 0)
    size, day = np.log2(np.abs(numbers[told])), day[told]
    order = np.lexsort((size, day))
    ends = np.cumsum(np.bincount(day, minlength=count))
    starts = np.r_[0, ends[:-1]]
    enough = np.flatnonzero(ends - starts >= LEAST_EXPECTED)
    middle = (starts[enough] + ends[enough]) // 2
    return enough, size[order][middle]


def _vocabulary(shown: Shown, days: Days) -> Iterator[Finding]:
    """A category whose values all changed from some day on."""
    first, day = first_seen(shown, days)[shown.code], days.of[shown.rows]
    timed = day >= 0
    pairs = np.bincount(first[timed] * days.count + day[timed], minlength=days.count**2)
    pairs = pairs[: days.count**2].reshape(days.count, days.count)
    # kept[d]: values from day d on that were seen before d; total[d]: all from d on.
    from_day = np.cumsum(pairs[:, ::-1], axis=1)[:, ::-1]
    total = from_day.sum(axis=0)
    kept = np.diagonal(np.cumsum(from_day, axis=0) - from_day)
    known = np.triu(pairs, 1).sum(axis=0)
    ripe = np.r_[0, pairs.sum(axis=0)[1:]]  # on the first day nothing can be known
    usual = before(known) / np.maximum(before(ripe), 1)
    changed = (usual >= KNOWN_BEFORE) & (before(ripe) >= LEAST_DAY_VALUES) & (total >= LEAST_DAY_VALUES)
    changed &= kept <= KNOWN_AFTER * total
    if not changed.any():
        return
    since = int(np.flatnonzero(changed)[0])
    words = f"of {total[since]:,} values from then on {kept[since]:,} were known; usual are {usual[since]:.0%}"
    mend = "look for a renaming (case, domain, format) in the source; make both alike, or fit on the days after"
    example = clipped(shown.text(int(np.flatnonzero(day >= since)[0])))
    count = int(total[since])
    yield Finding(
        shown.field.name, "vocabulary", grade_of(0.1), words, mend, count, count / max(shown.height, 1),
        days.name(since), example,
    )  # fmt: skip
