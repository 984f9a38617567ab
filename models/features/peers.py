"""Peer groups: who belongs together, told by the events or learned, and what a group's past is folded from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.arrays import Buffer, array_in
from models.features.hashing import MISSING, Codes
from models.features.tally import Counts
from models.written import Written, refused

Ints = npt.NDArray[np.int64]

MIN_MEMBERS = 3
"""A group of one or two says nothing that its members do not say themselves."""
MOST_LETTERS_OF_NAME = 60
NOBODY = np.zeros(1, np.uint64)
"""The groups of a level without any: one, which nobody belongs to."""


@dataclass(frozen=True)
class Membership:
    """Who belongs to which group, by code: owners ascending, each with one group, (m,) each.

    names: how the groups are called, by code; empty where the events call them.
    """

    owners: Codes
    groups: Codes
    names: Mapping[int, str]

    @classmethod
    def none(cls) -> Membership:
        """Nobody belongs to anything."""
        return cls(np.zeros(0, np.uint64), np.zeros(0, np.uint64), {})

    @classmethod
    def shown(cls, counts: Counts) -> Membership:
        """Each owner in the group that it showed most often, of equals that of the smaller code.

        >>> ones = np.array([1, 1, 2], np.uint64)
        >>> Membership.shown(Counts(ones, np.array([7, 8, 7], np.uint64), np.array([2, 5, 1]))).groups.tolist()
        [8, 7]
        """
        order = np.lexsort((counts.codes, -counts.counts, counts.owners))
        owners, groups = counts.owners[order], counts.codes[order]
        first = np.r_[True, owners[1:] != owners[:-1]] if len(owners) else np.zeros(0, np.bool_)
        known = first & (owners != MISSING) & (groups != MISSING)
        return cls(owners[known], groups[known], {})


@dataclass(frozen=True)
class Groups:
    """The groups of one entity level. codes: of the groups, ascending, (g,); at: the place of each owner's group among
    them, -1 where it has none, int32 (o,); names: of each group, (g,), or none at all."""

    codes: Codes
    at: npt.NDArray[np.int32]
    names: tuple[str, ...]

    @classmethod
    def of(cls, membership: Membership, roster: Codes) -> Groups:
        """The groups of the owners of a roster, sorted."""
        place = np.searchsorted(membership.owners, roster)
        inside = np.minimum(place, max(len(membership.owners) - 1, 0))
        known = membership.owners[inside] == roster if len(membership.owners) else np.zeros(len(roster), np.bool_)
        codes = np.unique(membership.groups[inside[known]])
        if not len(codes):
            return cls(NOBODY, np.full(len(roster), -1, np.int32), ())
        at = np.full(len(roster), -1, np.int32)
        at[known] = np.searchsorted(codes, membership.groups[inside[known]])
        return cls(codes, at, tuple(membership.names[int(code)] for code in codes) if membership.names else ())

    @cached_property
    def members(self) -> Ints:
        """How many owners each group has, (g,)."""
        return np.bincount(self.at[self.at >= 0], minlength=len(self.codes))

    def membership(self, roster: Codes) -> Membership:
        """The same by code, whoever else the roster will hold."""
        known = self.at >= 0
        names = {int(code): name for code, name in zip(self.codes, self.names, strict=False)}
        return Membership(roster[known], self.codes[self.at[known]], names)

    def place(self, owners: Ints) -> Ints:
        """The place of the group of each owner, given by its place in the roster (-1: unknown), (n,)."""
        return np.where(owners >= 0, self.at[owners], -1)

    def fold(self, counts: Counts, roster: Codes) -> Counts:
        """What the groups showed: the counts of their members together."""
        return self._sum(counts, roster, counts.counts)

    def holders(self, counts: Counts, roster: Codes, *, highest: bool) -> Counts:
        """How many members of each group showed a code. highest: only the highest of each member counts, so that those
        who showed as much or more can be added up."""
        if highest and len(counts.owners):
            last = np.flatnonzero(np.r_[counts.owners[1:] != counts.owners[:-1], True])
            counts = Counts(counts.owners[last], counts.codes[last], counts.counts[last])
        return self._sum(counts, roster, np.ones_like(counts.counts))

    def _sum(self, counts: Counts, roster: Codes, amounts: npt.NDArray[np.int64]) -> Counts:
        group = self.at[np.searchsorted(roster, counts.owners)]
        known = group >= 0
        return Counts.sum(self.codes[group[known]], counts.codes[known], amounts[known])

    def warm(self, rows: Counts, roster: Codes, least: int) -> npt.NDArray[np.bool_]:
        """Whether each group has a past of its own: enough members, and enough rows together, (g,)."""
        total = self.fold(rows, roster)
        found = np.zeros(len(self.codes))
        found[np.searchsorted(self.codes, total.owners)] = total.counts
        return np.asarray((found >= least) & (self.members >= MIN_MEMBERS))

    @classmethod
    def from_file(
        cls, files: Mapping[str, Buffer], name: str, roster: Codes, codes: Codes, names: tuple[str, ...]
    ) -> Groups:
        """The groups of a roster back. Raises DataError where they are none that a fit could have made."""
        at = array_in(files, name, np.int32)
        if len(at) != len(roster) or not ((at >= -1) & (at < len(codes))).all():
            raise refused(f"{name} does not give each owner one of the groups, or none")
        if names and len(names) != len(codes):
            raise refused("generation.json.groups does not name each group once")
        return cls(codes, at, names)


def names_in(told: Written, entity: str) -> tuple[str, ...]:
    """The names of one entity's groups: they stand in every reason, so each is a short line of words."""
    found = told.texts(entity, 1)
    if not all(len(name) <= MOST_LETTERS_OF_NAME and name.isprintable() and ";" not in name for name in found):
        raise refused(f"{told.place}.{entity[:40]} holds what is no short line of words")
    return found
