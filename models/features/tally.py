"""Counts by owner: integers only, so that sums are exact in any order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.features.hashing import Codes
from models.features.merge_kernels import merged

SORTED_ROWS = 1 << 15
"""Rows counted at once: they are sorted where the processor's cache holds them."""
GROWTH = 2
"""A run is merged into the one before it when that is at most so many times as long."""
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
        """The sum of several, each sorted; the same whatever their order."""
        runs = Runs()
        for part in parts:
            runs.add(part)
        return runs.total()

    def plus(self, other: Counts) -> Counts:
        """The sum of two."""
        return Counts(*merged(self.owners, self.codes, self.counts, other.owners, other.codes, other.counts))

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


class Runs:
    """A sum that grows by one part at a time and holds little more than its result.

    Parts are merged into runs, each more than twice as long as the next, as in a log-structured merge tree (O'Neil et
    al., 1996): together they hold at most twice the longest, and no count is merged more often than their number grows
    by halves.
    """

    def __init__(self) -> None:
        self._runs: list[Counts] = []

    def add(self, part: Counts) -> None:
        """One more part: sorted, without equals."""
        self._runs.append(part)
        while len(self._runs) > 1 and GROWTH * len(self._runs[-1].codes) >= len(self._runs[-2].codes):
            self._join()

    def total(self) -> Counts:
        """The sum of all parts, of which there is one at least. Nothing is added after."""
        while len(self._runs) > 1:
            self._join()
        return self._runs.pop()

    def _join(self) -> None:
        last = self._runs.pop()
        self._runs.append(self._runs.pop().plus(last))


@dataclass(frozen=True)
class Tally:
    """Counts per (level, field): what a baseline is published from."""

    tables: Mapping[tuple[str, str], Counts]

    @classmethod
    def merge(cls, parts: Iterable[Tally]) -> Tally:
        """The sum of several days, the same whatever their order. Each is asked for when those before have been added,
        and need not be kept."""
        runs: defaultdict[tuple[str, str], Runs] = defaultdict(Runs)
        for part in parts:
            for key, counts in part.tables.items():
                runs[key].add(counts)
        return cls({key: found.total() for key, found in runs.items()})
