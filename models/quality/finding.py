"""What a check found, and the grade that follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

GRADES = "ABCDF"
"""A: nothing was found; B: worth knowing; C: a fault; D: a grave one; F: useless as it is."""
SHARES = (0.01, 0.1, 0.5)
"""Shares of the rows from which a fault that is counted in rows is a C, a D and an F; below the first it is a B."""
EVENTS = ""
"""The name under which findings about the events as a whole are kept."""
MOST_LETTERS = 64
MOST_READ = 1024
"""Letters of a value that are looked at."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    field: whose, or EVENTS; check: the word of the check; grade: one of GRADES but A; words: what was found; mend:
    what to do; count: how many rows (or hours) it is about; share: of how many there are, 0..1; since: the UTC day or
    time at which it begins, or empty; example: a value of the data, clipped, or empty.
    """

    field: str
    check: str
    grade: str
    words: str
    mend: str
    count: int
    share: float
    since: str = ""
    example: str = ""


def grade_of(share: float) -> str:
    """The grade of a fault by the share of the rows that have it.

    >>> [grade_of(share) for share in (0.002, 0.02, 0.2, 0.9)]
    ['B', 'C', 'D', 'F']
    """
    return GRADES[1 + sum(share >= limit for limit in SHARES)]


def worst(findings: Iterable[Finding]) -> str:
    """The grade of a field, or of the events: that of its gravest finding.

    >>> worst([])
    'A'
    """
    return max((finding.grade for finding in findings), default="A")


def clipped(text: str) -> str:
    """An example on one line, of letters that can be printed, cut at MOST_LETTERS.

    >>> len(clipped("a" * 100))
    64
    """
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text[:MOST_READ]).split())
    return line if len(line) <= MOST_LETTERS else line[: MOST_LETTERS - 3] + "..."
