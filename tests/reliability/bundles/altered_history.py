"""A baseline whose owners, keys and counts do not fit each other: compiled code looks them up unasked."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.reliability.bundles.altered_facts import BAIT, LETTERS
from tests.reliability.bundles.edits import Edit, Files, all_of, array, fact, facts, named, put

PAST = "generation.json"
COUNTS = ("total", "distinct", "count", "mass", "rare")
COUNTS_OF = {"number": ("total", "distinct", "tail"), "category": COUNTS, "week": COUNTS[:3]}
FLOATS_OF = {"number": ("median", "spread")}


def chosen() -> list[tuple[str, Edit]]:
    """Each with its name."""
    return named(
        "history", [*_values(), *_counts(), *_keys(), *_weeks(), *_owners(), *_groups(), *_lengths(), *_told()]
    )


def _values() -> list[tuple[str, Edit]]:
    odd = (np.nan, np.inf, -np.inf, -1.0, 0.0, 0.5, 1e300, 2.0**54, 5e-324)
    return [
        *(
            (f"with {kind} {part} = {value}", put(f"{kind}.{part}.npy", value, slice(None)))
            for kind, parts in FLOATS_OF.items()
            for part in parts
            for value in odd
        ),
        *(
            (f"with one {kind} {part} = {value}", put(f"{kind}.{part}.npy", value, 0))
            for kind, parts in FLOATS_OF.items()
            for part in parts
            for value in (np.nan, -1.0, 1e300)
        ),
    ]


def _counts() -> list[tuple[str, Edit]]:
    """Counts that are none, in either width and in what is no count at all."""
    narrow, wide, floats = np.uint32, np.uint64, np.float64
    odd = (
        (narrow, 0),
        (narrow, 2**32 - 1),
        (wide, 0),
        (wide, 2**54),
        (wide, 2**64 - 1),
        (floats, np.nan),
        (floats, 0.5),
    )
    return [
        (
            f"with {which} {kind} {part} = {value} as {dtype.__name__}",
            array(f"{kind}.{part}.npy", _with(dtype, value, at)),
        )
        for kind, parts in COUNTS_OF.items()
        for part in parts
        for dtype, value in odd
        for which, at in (("one", slice(1)), ("every", slice(None)))
    ]


def _with(dtype: Any, value: float, at: slice) -> Any:
    def altered(found: Any) -> Any:
        found = found.astype(dtype)
        found[at] = value
        return found

    return altered


def _keys() -> list[tuple[str, Edit]]:
    number, category = "number.keys.npy", "category.keys.npy"
    return [
        ("with number keys turned round", array(number, lambda a: a[::-1].copy())),
        ("with category keys turned round", array(category, lambda a: a[::-1].copy())),
        ("with all number keys one", put(number, 5, slice(None))),
        ("with all category keys one", put(category, 5, slice(None))),
        ("with a number key below 0", put(number, -1)),
        ("with a number key of no owner", put(number, 2**62, slice(-1, None))),
        ("with number keys at the end of the range", put(number, 2**63 - 1, slice(-1, None))),
        ("with category keys at the end of the range", put(category, 2**64 - 1, slice(-1, None))),
        ("with unsigned number keys", array(number, lambda a: a.astype(np.uint64))),
        ("with signed category keys", array(category, lambda a: a.astype(np.int64))),
        ("with number keys as numbers", array(number, lambda a: a.astype(np.float64))),
    ]


def _weeks() -> list[tuple[str, Edit]]:
    keys = "week.keys.npy"
    return [
        ("with hours turned round", array(keys, lambda a: a[::-1].copy())),
        ("with an hour below the first", put(keys, 0)),
        ("with an hour beyond the last", put(keys, 169, slice(0, 1))),
        ("with an hour of no owner", put(keys, 2**62, slice(-1, None))),
        ("with hours of nobody", put(keys, -5)),
        ("with unsigned hours", array(keys, lambda a: a.astype(np.uint64))),
    ]


def _groups() -> list[tuple[str, Edit]]:
    groups, roster, warm = "groups.0.npy", "roster.2.npy", "warm.2.npy"
    return [
        ("with groups beyond the last", put(groups, 10_000, slice(None))),
        ("with groups far below none", put(groups, -1000, slice(None))),
        ("with one group beyond the last", put(groups, 2**31 - 1)),
        ("with everybody in one group", put(groups, 0, slice(None))),
        ("with nobody in a group", put(groups, -1, slice(None))),
        ("with fewer in groups than owners", array(groups, lambda a: a[:2])),
        ("with more in groups than owners", array(groups, lambda a: np.repeat(a, 9))),
        ("with groups as wider numbers", array(groups, lambda a: a.astype(np.int64))),
        ("with codes of groups turned round", array(roster, lambda a: a[::-1].copy())),
        ("without codes of groups", all_of(*(array(name, lambda a: a[:0]) for name in (roster, warm)))),
        ("with a name of two lines", fact(PAST, "groups", to={"user": ["a\nb", "c"], "site": []})),
        ("with a name too few", fact(PAST, "groups", to={"user": ["a"], "site": []})),
        ("with a name twice", fact(PAST, "groups", to={"user": ["a", "a"], "site": []})),
        ("with names that are none", fact(PAST, "groups", to={"user": 5, "site": []})),
        ("without names", fact(PAST, "groups", to=None)),
    ]


def _owners() -> list[tuple[str, Edit]]:
    roster, warm = "roster.0.npy", "warm.0.npy"
    return [
        ("with a roster turned round", array(roster, lambda a: a[::-1].copy())),
        ("with one owner eight times", put(roster, 7, slice(None))),
        ("without owners", array(roster, lambda a: a[:0])),
        ("without owners, and nobody warm", all_of(*(array(n, lambda a: a[:0]) for n in (roster, warm)))),
        ("with more owners than histories", array(roster, lambda a: np.arange(100_000, dtype=np.uint64))),
        ("with more of both", all_of(_many_owners(roster), _many_warm(warm))),
        ("with fewer owners than histories", all_of(*(array(n, lambda a: a[:2]) for n in (roster, warm)))),
        ("with fewer warm than owners", array(warm, lambda a: a[:1])),
        ("with more warm than owners", array(warm, lambda a: np.repeat(a, 100))),
        ("with warm as bytes", array(warm, lambda a: a.astype(np.uint8))),
        ("with warm neither true nor false", _bytes_of(warm, b"\x02")),
        ("with warm of 255", _bytes_of(warm, b"\xff")),
        ("with all cold", put(warm, False, slice(None))),
        ("with other owners", array(roster, lambda a: a // np.uint64(2))),
    ]


def _many_owners(roster: str) -> Edit:
    return array(roster, lambda a: np.arange(100_000, dtype=np.uint64))


def _many_warm(warm: str) -> Edit:
    return array(warm, lambda a: np.ones(100_000, np.bool_))


def _bytes_of(name: str, byte: bytes) -> Edit:
    """Every entry of an array of bytes, whatever numpy thinks of it."""

    def alter(files: Files) -> None:
        files[name] = files[name][:128] + byte * (len(files[name]) - 128)

    return alter


def _lengths() -> list[tuple[str, Edit]]:
    def lengths(name: str, to: Any) -> Edit:
        return facts(PAST, lambda found: found["lengths"].update({name: to(found["lengths"][name])}))

    moves = {
        "one taken from the next": lambda a: [a[0] + 1, a[1] - 1, *a[2:]],
        "turned round": lambda a: a[::-1],
        "all in the first": lambda a: [sum(a), *(0 for _ in a[1:])],
        "one negative": lambda a: [a[0] + 5, a[1], a[2] - 5, *a[3:]] if len(a) > 2 else [-1, a[1] + a[0] + 1],
        "one huge": lambda a: [2**62, *a[1:]],
        "one too few": lambda a: a[:-1],
        "one too many": lambda a: [*a, 0],
        "a million": lambda a: [*a, *[0] * 1_000_000],
        "none": lambda a: [],
        "null": lambda a: None,
        "as numbers": lambda a: [float(one) for one in a],
        "as texts": lambda a: [str(one) for one in a],
        "true": lambda a: [True] * len(a),
    }
    names = ("number.total.npy", "number.keys.npy", "category.keys.npy", "category.rare.npy")
    return [
        *((f"lengths of {name}: {what}", lengths(name, move)) for name in names for what, move in moves.items()),
        ("lengths of all keys: one taken from the next", facts(PAST, _shift_all)),
    ]


def _shift_all(found: Any) -> None:
    """Cut all arrays of values at another place, all alike."""
    for part in ("keys", "count", "mass"):
        old = found["lengths"][f"category.{part}.npy"]
        found["lengths"][f"category.{part}.npy"] = [old[0] - 1, old[1] + 1, *old[2:]]


def _told() -> list[tuple[str, Edit]]:
    spans: tuple[Any, ...] = ("", "a\nb", LETTERS, BAIT, "x" * 1_000_000, "x" * 101, 7, None, [], "\ud800", "six moons")
    rows: tuple[Any, ...] = (-1, 0, 10**400, 2**53, 1.5, "7", None, True)
    return [
        *((f"with the span {str(span)[:20]!r}", fact(PAST, "span", to=span)) for span in spans),
        *((f"with {str(count)[:20]} rows", fact(PAST, "rows", to=count)) for count in rows),
    ]
