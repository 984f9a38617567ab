"""Derived fields: what other fields of the same row say when they are put together. One function a file.

Each function takes its sources as whole columns and gives one column of the same length. It is pure and never raises:
a cell it can make nothing of is missing. `reads` says what it is given: `text` columns of strings (empty: absent),
`number` columns of float64 (NaN: absent; times as epoch seconds), or `lists` of strings in their order. What it gives:
strings (empty: missing), lists of strings, or float64 (NaN: missing).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from models.features.derive.command_tokens import command_tokens
from models.features.derive.domain import domain, subdomain
from models.features.derive.entropy import entropy
from models.features.derive.length import length
from models.features.derive.letters import letters
from models.features.derive.pair import pair
from models.features.derive.paths import file_name, folder
from models.features.derive.steps import steps
from models.features.derive.travel import travel

Compute = Callable[[Sequence[pl.Series]], pl.Series]


@dataclass(frozen=True)
class Derivation:
    """A function that `how` may name.

    least, most: how many sources it takes; kinds: what its field may be, the first unless another is asked for.
    """

    compute: Compute
    reads: Literal["text", "number", "lists"]
    least: int
    most: int
    kinds: tuple[str, ...]


_ONE = ("category", "multivalue")

DERIVATIONS: dict[str, Derivation] = {
    "command_tokens": Derivation(command_tokens, "text", 1, 1, ("multivalue",)),
    "domain": Derivation(domain, "text", 1, 1, _ONE),
    "entropy": Derivation(entropy, "text", 1, 1, ("number",)),
    "file_name": Derivation(file_name, "text", 1, 1, _ONE),
    "folder": Derivation(folder, "text", 1, 1, _ONE),
    "length": Derivation(length, "text", 1, 1, ("number",)),
    "letters": Derivation(letters, "text", 1, 1, ("ngrams", "multivalue")),
    "pair": Derivation(pair, "text", 2, 2, ("category",)),
    "steps": Derivation(steps, "lists", 1, 1, ("sequence", "multivalue")),
    "subdomain": Derivation(subdomain, "text", 1, 1, _ONE),
    "travel": Derivation(travel, "number", 6, 7, ("number",)),
}


def fault_of(how: str, of: Sequence[str], kind: str) -> str:
    """What is wrong with a derived field; empty where nothing is.

    >>> fault_of("pair", ("user",), "category")
    'pair is of 2 fields, not of 1'
    """
    found = DERIVATIONS.get(how)
    if found is None:
        return f"how is none of {', '.join(DERIVATIONS)}"
    if not found.least <= len(of) <= found.most:
        counts = f"{found.least}" if found.least == found.most else f"{found.least} to {found.most}"
        return f"{how} is of {counts} fields, not of {len(of)}"
    return "" if kind in found.kinds else f"{how} gives a {' or '.join(found.kinds)}, no {kind}"
