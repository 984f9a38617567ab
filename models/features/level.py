"""What the past of each owner says of a value: the surprise, in bits, of something at least as rare or as large.

For a category, q is the share of the owner's values that are at most as common as this one, so a field in which every
value is rare surprises nobody. For a number, q is the share at least as large. An entity's share is smoothed by the
level above with the weight of its number of distinct values (Witten and Bell, 1991, method C):
q(v | entity) = (mass(v) + distinct * q(v | above)) / (total + distinct). Above all stands everyone, where a value never
seen has the mass of the values seen once (Good, 1953): q(v) = (mass(v) + 1/2) / (total + 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from models.arrays import ascending
from models.features.hashing import Codes, pair
from models.features.level_kernels import OWNER_KEYS, lower_bound, tail_shares, value_shares
from models.features.tally import Counts
from models.features.values import BUCKET_OFFSET
from models.written import MOST_ROWS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Whole = npt.NDArray[np.unsignedinteger[Any]]
"""Counts: uint32, or uint64 where one of them does not fit; float64 holds each exactly."""
WHOLE = (np.uint32, np.uint64)

MIN_SPREAD_BUCKETS = 2.0
"""The least spread of a number's history, a quarter of an octave: less is a rounding, not a habit."""
NORMAL_IQR = 1.349
"""The interquartile range of a standard normal distribution."""


@dataclass(frozen=True)
class Found:
    """What a level says of t observations: share, q in (0, 1], and seen, how often the owner showed the value (of a
    number: at least as much); float64 (t,) each."""

    share: Floats
    seen: Floats


@dataclass(frozen=True)
class Level:
    """The history of one field at one level: per owner of the level's roster, total and distinct counts, shape (o,)."""

    total: Whole
    distinct: Whole

    DTYPES: ClassVar[Mapping[str, tuple[Any, ...]]] = {}
    """What each array may hold in a file."""

    def fault(self, owners: int) -> str:
        """What is wrong with the arrays of a level of so many owners, in words; empty when nothing is.

        Compiled code reads them unasked, and a share of 0 would be a surprise without end.
        """
        if len(self.total) != owners or len(self.distinct) != owners:
            return "not one total for each owner"
        if not ((self.distinct <= self.total) & (self.total <= MOST_ROWS)).all():
            return "a total that is no count, or smaller than its distinct values"
        if ((self.distinct < 1) & (self.total > 0)).any():
            return "an owner with a history of no values"
        return self._fault_of_values()

    def _fault_of_values(self) -> str:
        raise NotImplementedError

    def look(self, at: Ints, owners: Codes, codes: Codes, above: Floats | None) -> Found:
        """What the past says of each observation.

        at: the owner's place in the roster, -1 where unknown, (t,); owners and codes: (t,); above: q at the level
        above, None at the top.
        """
        raise NotImplementedError

    def share_of_all(self, mass: Whole | Floats, at: Ints) -> Floats:
        """q of each observation at the top: its mass among all history."""
        total = self.total[at]
        return np.where((at >= 0) & (total > 0), np.minimum((mass + 0.5) / (total + 1.0), 1.0), 1.0)


@dataclass(frozen=True)
class CategoryLevel(Level):
    """keys: sorted codes of (owner, value); count: how often; mass: how often the owner showed values as rare as it.

    rare: the mass of the values an owner showed once, which stands for the values it never showed.
    """

    keys: Codes
    count: Whole
    mass: Whole
    rare: Whole

    DTYPES: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "keys": (np.uint64,),
        **dict.fromkeys(("total", "distinct", "count", "mass", "rare"), WHOLE),
    }

    def _fault_of_values(self) -> str:
        if len(self.keys) != len(self.count) or len(self.keys) != len(self.mass) or len(self.rare) != len(self.total):
            return "arrays of different length"
        # Two keys may be one by chance, once in 2**64 pairs.
        if not ascending(self.keys, strictly=False):
            return "keys that do not ascend"
        most = self.total.max(initial=0)
        if not ((self.count >= 1) & (self.count <= self.mass) & (self.mass <= most)).all():
            return "a count that is none, or larger than its mass, or a mass larger than all"
        return "" if (self.rare <= self.total).all() else "more rare values than values"

    @classmethod
    def publish(cls, counts: Counts, roster: Codes) -> CategoryLevel:
        """Fold counts. roster: all owners of the level, sorted."""
        at, total, distinct = per_owner(counts, roster)
        mass = _mass_at_most_as_common(at, counts.counts)
        rare = np.bincount(at[counts.counts == 1], minlength=len(roster))
        keys = pair(counts.owners, counts.codes)
        order = np.argsort(keys, kind="stable")
        shown, at_most = (narrow(each)[order] for each in (counts.counts, mass))
        return cls(narrow(total), narrow(distinct), keys[order], shown, at_most, narrow(rare))

    def look(self, at: Ints, owners: Codes, codes: Codes, above: Floats | None) -> Found:
        if not len(self.keys):
            return Found(np.ones(len(codes)) if above is None else above, np.zeros(len(codes)))
        wanted = pair(owners, codes)
        if above is not None:
            return Found(*value_shares(self.keys, self.count, self.mass, self.total, self.distinct, at, wanted, above))
        place, known = find(self.keys, wanted)
        share = self.share_of_all(np.where(known, self.mass[place], self.rare[at]), at)
        return Found(share, np.where(known, self.count[place], 0.0))


@dataclass(frozen=True)
class NumberLevel(Level):
    """keys: sorted place in the roster * 65,536 + bucket; tail: how often the owner showed that bucket or a higher one.

    median and spread: of the owner's buckets, robust (spread = interquartile range / 1.349, floored).
    """

    keys: Ints
    tail: Whole
    median: Floats
    spread: Floats

    DTYPES: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "keys": (np.int64,),
        **dict.fromkeys(("total", "distinct", "tail"), WHOLE),
        **dict.fromkeys(("median", "spread"), (np.float64,)),
    }

    def _fault_of_values(self) -> str:
        owners = len(self.total)
        if len(self.keys) != len(self.tail) or len(self.median) != owners or len(self.spread) != owners:
            return "arrays of different length"
        if not ascending(self.keys) or len(self.keys) and not 0 <= self.keys[0] <= self.keys[-1] < owners * OWNER_KEYS:
            return "keys that do not ascend, or of no owner"
        if not ((self.tail >= 1) & (self.tail <= self.total[self.keys // OWNER_KEYS])).all():
            return "a tail that is no count, or larger than its total"
        if not (np.abs(self.median) <= BUCKET_OFFSET).all():
            return "a median that is no bucket"
        spread = (self.spread >= MIN_SPREAD_BUCKETS) & (self.spread <= 2 * BUCKET_OFFSET)
        return "" if spread.all() else "a spread that is none"

    @classmethod
    def publish(cls, counts: Counts, roster: Codes) -> NumberLevel:
        """Fold counts. roster: all owners of the level, sorted."""
        at, total, distinct = per_owner(counts, roster)
        keys = at * OWNER_KEYS + counts.codes.astype(np.int64)
        running = np.cumsum(counts.counts).astype(np.float64)
        ends = np.cumsum(total)
        tail = ends[at] - running + counts.counts
        low, median, high = (_quantile(counts, running, ends, total, share) for share in (0.25, 0.5, 0.75))
        spread = np.maximum((high - low) / NORMAL_IQR, MIN_SPREAD_BUCKETS)
        return cls(narrow(total), narrow(distinct), keys, narrow(tail), median, spread)

    def look(self, at: Ints, owners: Codes, codes: Codes, above: Floats | None) -> Found:
        if not len(self.keys):
            return Found(np.ones(len(codes)) if above is None else above, np.zeros(len(codes)))
        wanted = at * OWNER_KEYS + codes.astype(np.int64)
        if above is not None:
            return Found(*tail_shares(self.keys, self.tail, self.total, self.distinct, at, wanted, above))
        place = lower_bound(self.keys, wanted)
        inside = np.minimum(place, len(self.keys) - 1)
        reached = np.where(place < len(self.keys), self.tail[inside], 0.0)
        return Found(self.share_of_all(reached, at), reached)

    def z(self, at: Ints, buckets: Floats) -> Floats:
        """Robust z of each bucket against its owner's history; NaN for owners without one."""
        found = (buckets - self.median[at]) / self.spread[at]
        return np.where((at >= 0) & (self.total[at] > 0), found, np.nan)


def find(sorted_keys: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Where each wanted key stands in a sorted array (0 where absent), and whether it is there."""
    if not len(sorted_keys):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    at = np.minimum(lower_bound(sorted_keys, wanted), len(sorted_keys) - 1)
    known = sorted_keys[at] == wanted
    return np.where(known, at, 0), known


def narrow(counts: npt.NDArray[Any]) -> Whole:
    """Counts, none negative, in 32 bits where all fit.

    >>> [narrow(np.array([most])).dtype.name for most in (2**32 - 1, 2**32)]
    ['uint32', 'uint64']
    """
    return counts.astype(WHOLE[int(counts.max(initial=0)) > np.iinfo(np.uint32).max])


def per_owner(counts: Counts, roster: Codes) -> tuple[Ints, Floats, Floats]:
    """Each count's place in the roster; per owner of the roster, the total and the number of distinct codes."""
    at = np.searchsorted(roster, counts.owners).astype(np.int64)
    total = np.bincount(at, weights=counts.counts, minlength=len(roster)).astype(np.float64)
    return at, total, np.bincount(at, minlength=len(roster)).astype(np.float64)


def _mass_at_most_as_common(at: Ints, counts: Ints) -> Floats:
    """Per (owner, code): the sum of the owner's counts that are at most this one."""
    order = np.lexsort((counts, at))
    owner, count = at[order], counts[order]
    running = np.cumsum(count)
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]]) if len(owner) else np.zeros(0, np.int64)
    before = np.repeat(np.r_[0, running][starts], np.diff(np.r_[starts, len(owner)]))
    last_of_tie = np.r_[(owner[1:] != owner[:-1]) | (count[1:] != count[:-1]), True] if len(owner) else []
    tie_ends = np.flatnonzero(last_of_tie)
    own_tie = np.searchsorted(tie_ends, np.arange(len(owner)))
    mass = np.empty(len(owner), np.float64)
    mass[order] = running[tie_ends[own_tie]] - before
    return mass


def _quantile(counts: Counts, running: Floats, ends: Floats, total: Floats, share: float) -> Floats:
    """Per owner, the bucket at which `share` of its history is reached."""
    wanted = ends - total + share * total
    at = np.minimum(np.searchsorted(running, wanted), max(len(running) - 1, 0))
    return counts.codes[at].astype(np.float64) - BUCKET_OFFSET if len(running) else np.zeros(len(total))
