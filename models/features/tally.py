"""Counts by owner: integers only, so that sums are exact in any order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from models.features.hashing import Codes

SORTED_ROWS = 1 << 15
"""Rows counted at once: they are sorted where the processor's cache holds them."""
ROWS = ""
"""The pseudo-field under which the number of rows of each owner is kept."""


@dataclass(frozen=True)
class Counts:
    """How often each owner showed each code: three arrays of one length, sorted by owner, then code."""

    owners: Codes
    codes: Codes
    counts: npt.NDArray[np.int64]

    @classmethod
    def tally(cls, owners: Codes, codes: Codes) -> Counts:
        blocks = [slice(start, start + SORTED_ROWS) for start in range(0, max(len(codes), 1), SORTED_ROWS)]
        ones = np.ones(min(len(codes), SORTED_ROWS), np.int64)
        return cls.merge(cls.sum(owners[b], codes[b], ones[: len(codes[b])]) for b in blocks)

    @classmethod
    def merge(cls, parts: Iterable[Counts]) -> Counts:
        """The sum of several days, the same whatever their order."""
        found = list(parts)
        if len(found) == 1:
            return found[0]
        return cls.sum(*(np.concatenate([getattr(part, f.name) for part in found]) for f in fields(cls)))

    def fold(self) -> Counts:
        """The same counts with all owners taken together."""
        return Counts.sum(np.zeros_like(self.owners), self.codes, self.counts)

    def take(self, kept: npt.NDArray[np.bool_]) -> Counts:
        """Some of the counts."""
        return Counts(self.owners[kept], self.codes[kept], self.counts[kept])

    @classmethod
    def sum(cls, owners: Codes, codes: Codes, counts: npt.NDArray[np.int64]) -> Counts:
        """Sort, then add up equals. Sorted runs, as days are, merge in about linear time: the sort looks for them."""
        if not len(codes):
            return cls(owners, codes, counts)
        order = np.lexsort((codes, owners))
        owners, codes = owners[order], codes[order]
        first = np.flatnonzero(np.r_[True, (owners[1:] != owners[:-1]) | (codes[1:] != codes[:-1])])
        return cls(owners[first], codes[first], np.add.reduceat(counts[order], first))


@dataclass(frozen=True)
class Tally:
    """Counts per (level, field): what a baseline is published from."""

    tables: Mapping[tuple[str, str], Counts]

    @classmethod
    def merge(cls, parts: Iterable[Tally]) -> Tally:
        """The sum of several days, the same whatever their order."""
        found = list(parts)
        return cls({key: Counts.merge(p.tables[key] for p in found) for key in found[0].tables})
