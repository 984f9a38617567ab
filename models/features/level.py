"""What the past of each owner says of a value: the surprise, in bits, of something at least as rare or as large.

For a category, q is the share of the owner's values that are at most as common as this one, so a field in which every
value is rare surprises nobody. For a number, q is the share at least as large. An entity's share is smoothed by the
level above with the weight of its number of distinct values (Witten and Bell, 1991, method C):
q(v | entity) = (mass(v) + distinct * q(v | above)) / (total + distinct). Above all stands everyone, where a value never
seen has the mass of the values seen once (Good, 1953): q(v) = (mass(v) + 1/2) / (total + 1).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from models.features.hashing import Codes, pair
from models.features.partition import Counts
from models.features.values import BUCKET_OFFSET

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MIN_SPREAD_BUCKETS = 2.0
"""The least spread of a number's history, a quarter of an octave: less is a rounding, not a habit."""
NORMAL_IQR = 1.349
"""The interquartile range of a standard normal distribution."""


@dataclass(frozen=True)
class Level:
    """The history of all owners at one level: owners sorted, shape (o,), with total and distinct counts."""

    owners: Codes
    total: Floats
    distinct: Floats

    kind: ClassVar[str]

    def seen(self, owners: Codes, codes: Codes) -> Floats:
        """How often each owner showed each code (or, of a number, at least as much), float64 (t,)."""
        raise NotImplementedError

    def share(self, owners: Codes, codes: Codes, above: Floats | None) -> Floats:
        """q of each code for its owner, in (0, 1], float64 (t,); above: q at the level above, None at the top."""
        raise NotImplementedError

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def find(self, owners: Codes) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """Position of each owner (0 where unknown) and whether it is known."""
        return find(self.owners, owners)

    def smoothed(self, mass: Floats, at: Ints, known: npt.NDArray[np.bool_], above: Floats | None) -> Floats:
        """q of each observation, in (0, 1]; above: q at the level above, None at the top."""
        total, distinct = self.total, self.distinct
        if not len(total):
            return np.ones_like(mass) if above is None else above
        if above is None:
            return np.minimum((mass + 0.5) / (total[at] + 1.0), 1.0)
        smooth = (mass + distinct[at] * above) / (total[at] + distinct[at])
        return np.where(known, np.minimum(smooth, 1.0), above)


@dataclass(frozen=True)
class CategoryLevel(Level):
    """keys: sorted codes of (owner, value); count: how often; mass: how often the owner showed values as rare as it.

    rare: the mass of the values an owner showed once, which stands for the values it never showed.
    """

    keys: Codes
    count: Floats
    mass: Floats
    rare: Floats

    kind: ClassVar[str] = "category"

    @classmethod
    def publish(cls, counts: Counts) -> CategoryLevel:
        owners, at, total, distinct = _owners(counts)
        mass = _mass_at_most_as_common(at, counts.counts)
        rare = np.bincount(at, weights=counts.counts == 1, minlength=len(owners)).astype(np.float64)
        keys = pair(counts.owners, counts.codes)
        order = np.argsort(keys, kind="stable")
        count = counts.counts.astype(np.float64)
        return cls(owners, total, distinct, keys[order], count[order], mass[order], rare)

    def seen(self, owners: Codes, codes: Codes) -> Floats:
        """How often each owner showed each code, float64 (t,)."""
        at, known = find(self.keys, pair(owners, codes))
        return np.where(known, self.count[at], 0.0) if len(self.keys) else np.zeros(len(codes))

    def share(self, owners: Codes, codes: Codes, above: Floats | None) -> Floats:
        """q of each code for its owner, float64 (t,)."""
        at, known = self.find(owners)
        key_at, seen = find(self.keys, pair(owners, codes))
        if not len(self.keys):
            return np.ones(len(codes)) if above is None else above
        unseen = self.rare[at] if above is None else np.zeros(len(codes))
        return self.smoothed(np.where(seen, self.mass[key_at], unseen), at, known, above)


@dataclass(frozen=True)
class NumberLevel(Level):
    """keys: sorted owner position * 65,536 + bucket; tail: how often the owner showed that bucket or a higher one.

    median and spread: of the owner's buckets, robust (spread = interquartile range / 1.349, floored).
    """

    keys: Ints
    tail: Floats
    median: Floats
    spread: Floats

    kind: ClassVar[str] = "number"

    @classmethod
    def publish(cls, counts: Counts) -> NumberLevel:
        owners, at, total, distinct = _owners(counts)
        keys = at * (2 * BUCKET_OFFSET) + counts.codes.astype(np.int64)
        running = np.cumsum(counts.counts).astype(np.float64)
        ends = np.cumsum(total)
        tail = ends[at] - running + counts.counts
        low, median, high = (_quantile(counts, running, ends, total, share) for share in (0.25, 0.5, 0.75))
        spread = np.maximum((high - low) / NORMAL_IQR, MIN_SPREAD_BUCKETS)
        return cls(owners, total, distinct, keys, tail, median, spread)

    def seen(self, owners: Codes, codes: Codes) -> Floats:
        """How often each owner reached each bucket or a higher one, float64 (t,)."""
        at, known = self.find(owners)
        if not len(self.keys):
            return np.zeros(len(codes))
        wanted = at * (2 * BUCKET_OFFSET) + codes.astype(np.int64)
        next_at = np.searchsorted(self.keys, wanted)
        inside = np.minimum(next_at, len(self.keys) - 1)
        same_owner = known & (next_at < len(self.keys)) & (self.keys[inside] // (2 * BUCKET_OFFSET) == at)
        return np.where(same_owner, self.tail[inside], 0.0)

    def share(self, owners: Codes, codes: Codes, above: Floats | None) -> Floats:
        """q of each bucket code for its owner: the share of its history at least as large, float64 (t,)."""
        at, known = self.find(owners)
        return self.smoothed(self.seen(owners, codes), at, known, above)

    def z(self, owners: Codes, buckets: Floats) -> Floats:
        """Robust z of each bucket against its owner's history; NaN for unknown owners."""
        at, known = self.find(owners)
        if not len(self.owners):
            return np.full(len(buckets), np.nan)
        return np.where(known, (buckets - self.median[at]) / self.spread[at], np.nan)


def find(sorted_keys: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Where each wanted key stands in a sorted array (0 where absent), and whether it is there."""
    if not len(sorted_keys):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(sorted_keys, wanted), len(sorted_keys) - 1)
    known = sorted_keys[at] == wanted
    return np.where(known, at, 0), known


def _owners(counts: Counts) -> tuple[Codes, Ints, Floats, Floats]:
    owners, at = np.unique(counts.owners, return_inverse=True)
    total = np.bincount(at, weights=counts.counts, minlength=len(owners)).astype(np.float64)
    distinct = np.bincount(at, minlength=len(owners)).astype(np.float64)
    return owners, at.astype(np.int64), total, distinct


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
    return counts.codes[at].astype(np.float64) - BUCKET_OFFSET if len(running) else np.zeros(0)
