"""A tree small enough to draw, with the table of one of its units: the example of the picture in docs/performance.md.

The tree looks at logons. The unit is the subtree below "more than 5 failures", so its table knows that question, on the
path above it, and the two of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from math import factorial

QUESTIONS = ("failures > 5", "destination new", "at night")
FIELDS = ("failures", "dest", "hour")
Pattern = tuple[int, int, int]


@dataclass(frozen=True)
class Leaf:
    """What a leaf of the unit adds, and the way to it: for each field the answer asked for and the share of training
    rows that took this turn. A field that the way does not ask is absent."""

    value: float
    way: dict[str, tuple[int, float]]


UNIT = (
    Leaf(-0.4, {"failures": (1, 0.1), "dest": (0, 0.8)}),
    Leaf(0.9, {"failures": (1, 0.1), "dest": (1, 0.2), "hour": (0, 0.75)}),
    Leaf(3.2, {"failures": (1, 0.1), "dest": (1, 0.2), "hour": (1, 0.25)}),
)
SEEN: Pattern = (1, 1, 0)
"""The answers of the event in the picture."""


def table() -> dict[Pattern, tuple[float, ...]]:
    """For each pattern of answers the Shapley value of each field: what is computed once, when a model is loaded.

    >>> [round(phi, 3) for phi in table()[SEEN]]
    [0.463, 0.664, -0.224]
    >>> round(sum(table()[SEEN]) + expected(), 6)
    0.9
    """
    return {pattern: shapley(pattern) for pattern in patterns()}


def patterns() -> Iterator[Pattern]:
    """All answers to three questions, in the order of binary numbers."""
    yield from product((0, 1), repeat=3)


def shapley(pattern: Pattern) -> tuple[float, ...]:
    """By definition: the mean over all orders in which the fields may become known."""
    return tuple(_share(field, pattern) for field in FIELDS)


def expected() -> float:
    """What the unit adds to a row of which nothing is known."""
    return _known(frozenset(), SEEN)


def _share(field: str, pattern: Pattern) -> float:
    others = [other for other in FIELDS if other != field]
    found = 0.0
    for count in range(len(others) + 1):
        weight = factorial(count) * factorial(len(others) - count) / factorial(len(FIELDS))
        for known in combinations(others, count):
            found += weight * (_known(frozenset({*known, field}), pattern) - _known(frozenset(known), pattern))
    return found


def _known(fields: frozenset[str], pattern: Pattern) -> float:
    """What the unit adds when some fields are known: turns at the others are taken by shares (path-dependent)."""
    answers = dict(zip(FIELDS, pattern, strict=True))
    total = 0.0
    for leaf in UNIT:
        part = leaf.value
        for field, (asked, share) in leaf.way.items():
            part *= float(answers[field] == asked) if field in fields else share
        total += part
    return total
