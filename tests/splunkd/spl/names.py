"""Names of fields with `*` in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def matching(patterns: Iterable[str], names: Sequence[str]) -> list[str]:
    """The names that the patterns name, in the order of the patterns; `*` at the front names no internal field.

    >>> matching(["b", "a*", "*"], ["a1", "_time", "b", "a2"])
    ['b', 'a1', 'a2']
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        known = expression(pattern)
        for name in names:
            if known.fullmatch(name) and not (name.startswith("_") and pattern.startswith("*")):
                found[name] = None
    return list(found)


def expression(pattern: str) -> re.Pattern[str]:
    """The pattern with each `*` as a group."""
    return re.compile("(.*)".join(map(re.escape, pattern.split("*"))), re.DOTALL)
