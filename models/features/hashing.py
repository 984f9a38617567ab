"""Stable 64-bit codes for values, the same on every machine and in every version."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import polars as pl

Codes = npt.NDArray[np.uint64]

MISSING = np.uint64(0)
"""The code of an absent value; no text has it but by a chance of 2**-64."""


@dataclass(frozen=True)
class Coded:
    """A column of strings: the distinct ones, each hashed once, and which of them stands in each row.

    texts: the distinct strings, (k,); distinct: their codes, (k,), the empty string's being `MISSING`; at: (n,).
    """

    texts: pl.Series
    distinct: Codes
    at: npt.NDArray[np.uint32]

    @property
    def codes(self) -> Codes:
        """The code of each row, (n,)."""
        return self.distinct[self.at]

    def take(self, rows: slice | npt.NDArray[np.int64]) -> Coded:
        """Some of the rows; the distinct strings stay."""
        return Coded(self.texts, self.distinct, self.at[rows])


def code_of(text: str) -> int:
    """The code of one value.

    >>> code_of("alice") == code_of("alice") != code_of("Alice")
    True
    """
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def coded(table: pl.DataFrame) -> dict[str, Coded]:
    """The columns of a table of strings without nulls.

    >>> coded(pl.DataFrame({"user": ["bob", "", "bob"]}))["user"].at.tolist()
    [0, 1, 0]
    """
    distinct = table.select(pl.all().unique(maintain_order=True).implode())
    texts = {name: distinct[name].item() for name in table.columns}
    kinds = enumerate(texts.values())  # by position: a name may look like a pattern
    places = table.select(pl.nth(at).cast(pl.Enum(found)).to_physical() for at, found in kinds)
    at = {name: places[name].to_numpy().astype(np.uint32) for name in table.columns}
    return {name: Coded(texts[name], _hashed(texts[name]), at[name]) for name in table.columns}


def pair(owner: Codes, value: Codes) -> Codes:
    """One code for (owner, value): the finaliser of splitmix64 over both (Steele, Lea and Flood, 2014)."""
    mixed = (owner * np.uint64(0x9E3779B97F4A7C15)) ^ value
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def unpaired(owner: np.uint64, paired: Codes) -> Codes:
    """The values of which `pair(owner, value)` is known: the finaliser of splitmix64 backwards, (n,).

    >>> codes = np.array([3, 2**63 + 5], np.uint64)
    >>> bool((unpaired(np.uint64(7), pair(np.full(2, 7, np.uint64), codes)) == codes).all())
    True
    """
    mixed = paired ^ (paired >> np.uint64(31)) ^ (paired >> np.uint64(62))
    mixed = mixed * np.uint64(pow(0x94D049BB133111EB, -1, 1 << 64))
    mixed = mixed ^ (mixed >> np.uint64(27)) ^ (mixed >> np.uint64(54))
    mixed = mixed * np.uint64(pow(0xBF58476D1CE4E5B9, -1, 1 << 64))
    mixed = mixed ^ (mixed >> np.uint64(30)) ^ (mixed >> np.uint64(60))
    values: Codes = mixed ^ (np.array([owner], np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    return values


def _hashed(texts: pl.Series) -> Codes:
    return np.array([code_of(text) if text else 0 for text in texts.to_list()], np.uint64)
