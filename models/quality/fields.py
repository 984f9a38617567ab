"""Checks of one field, whatever the time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.features.spec import Field
from models.quality.days import Days
from models.quality.facts import TIMED, Shown
from models.quality.finding import Finding, clipped, grade_of

SPARSE_SHARE = 0.05
"""A field that is filled in fewer rows than this says little."""
UNIQUE_SHARE = 0.95
LEAST_VALUES = 100
"""Fewer values than this can all be different by chance."""
FRESH_SHARE = 0.5
"""Values of which more than this share was never seen on an earlier day do not come back."""
LEAST_DAYS = 3
UNREAD_SHARE = 0.001


def always(shown: Shown) -> Iterator[Finding]:
    """Empty, sparse, constant, another value in each row."""
    name, filled = shown.field.name, len(shown.filled)
    if not filled:
        words, mend = nothing_in(shown.field)
        yield Finding(
            name, "empty", "F", f"no row has {words}", f"{mend}, or leave it out of fields=", shown.height, 1.0
        )
        return
    if shown.coverage < SPARSE_SHARE:
        words = f"only {shown.coverage:.2%} of the rows have a value"
        mend = "leave it out, unless these rows are the ones that matter"
        yield Finding(name, "sparse", "B", words, mend, shown.height - filled, 1 - shown.coverage)
    if shown.distinct == 1 and shown.field.kind not in TIMED:  # all in one hour is how a nightly job is
        words, mend = (
            "all values are the same, so that it tells nothing",
            "leave it out, or give events in which it varies",
        )
        yield Finding(name, "constant", "D", words, mend, filled, shown.coverage, example=clipped(shown.text(0)))


def nothing_in(field: Field) -> tuple[str, str]:
    """What no row has where a field cannot be read in any, and what to do.

    >>> nothing_in(Field("seen", "hour"))
    ('a time that can be read', 'give seen as epoch seconds or ISO 8601')
    """
    if field.how:
        return (
            f"{', '.join(field.of)} of which {field.how} can be computed",
            f"look at what {', '.join(field.of)} holds",
        )
    if field.kind in TIMED:
        return "a time that can be read", f"give {field.name} as epoch seconds or ISO 8601"
    if field.kind in ("number", "band"):
        return "a number", f"give {field.name} as a number, without unit and separators"
    return "a value", "extract it"


def unread(shown: Shown, lost: int, example: str) -> Iterator[Finding]:
    """Of a number or a time: cells that hold what is none. lost: how many."""
    written = lost + len(shown.rows)
    if lost > UNREAD_SHARE * written:
        share = lost / written
        what = "times" if shown.field.kind in TIMED else "numbers"
        words = f"{lost:,} of {written:,} values are no {what} and count as missing"
        mend = "bring all values to one unit, and take its name and separators away with eval and replace"
        mend = "give epoch seconds or ISO 8601 (strptime)" if what == "times" else mend
        yield Finding(shown.field.name, "unread", grade_of(share), words, mend, lost, share, example=clipped(example))


def explodes(shown: Shown, days: Days) -> Iterator[Finding]:
    """A category of which most values come once and never again: as rare as each is, none is strange."""
    total = len(shown.rows)
    if shown.numbers is not None or total < LEAST_VALUES:
        return
    mend = "leave it out, or generalise it (the domain instead of the address, the program instead of its command line)"
    if shown.distinct > UNIQUE_SHARE * total:
        words = f"{shown.distinct:,} different values in {total:,}: nearly every row has its own"
        yield Finding(shown.field.name, "exploding", "D", words, mend, total, 1.0, example=clipped(shown.text(0)))
        return
    fresh, late = _fresh(shown, days)
    if late >= LEAST_VALUES and fresh > FRESH_SHARE * late:
        words = f"{fresh:,} of the last {late:,} values were never seen on an earlier day: there is no end of new ones"
        example = clipped(shown.text(total - 1))
        yield Finding(shown.field.name, "exploding", "D", words, mend, fresh, fresh / late, example=example)


def _fresh(shown: Shown, days: Days) -> tuple[int, int]:
    """Of the values in the later half of the days: how many had not been seen on an earlier day, and how many all."""
    if days.count < LEAST_DAYS:
        return 0, 0
    seen = first_seen(shown, days)
    day = days.of[shown.rows]
    late = day >= days.count // 2
    return int((seen[shown.code] == day)[late].sum()), int(late.sum())


def first_seen(shown: Shown, days: Days) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The first day of each code, int64 (codes,)."""
    found = np.full(len(shown.counts), days.count, np.int64)
    day = days.of[shown.rows]
    np.minimum.at(found, shown.code[day >= 0], day[day >= 0])
    return found
