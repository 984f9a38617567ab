"""When in the week an owner shows itself: the density of the 168 hours of the week, smooth over neighbouring hours.

With c(h) of n observations at hour h, smoothed over the hours around it with the weights 1 2 3 2 1, and b(h) the same
of that hour of all workdays, or of both days of the weekend, alike: the density of an hour is
d(h) = (n c(h) + 168 b(h)) / (n + 168), so that a short history speaks of the time of day and only a long one of the
day of the week. The share q of an hour is the share of the hours that are at most as dense, smoothed by the level above
as that of any other value (see features/level).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numba import njit

from models.arrays import ascending
from models.features.hashing import Codes
from models.features.hours import HOURS_A_DAY, HOURS_A_WEEK
from models.features.level import WHOLE, Floats, Found, Ints, Level, Whole, narrow, per_owner
from models.features.level_kernels import OWNER_KEYS
from models.features.tally import Counts

WORKDAYS = 5
REACH = 2
"""Hours to either side that an observation speaks of, too, the less the further."""
ALIKE = 1.0 + 1e-9
"""Densities that differ by rounding are the same."""


@dataclass(frozen=True)
class WeekLevel(Level):
    """keys: sorted place in the roster * 65,536 + code of the hour of the week; count: how often."""

    keys: Ints
    count: Whole

    DTYPES: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "keys": (np.int64,),
        **dict.fromkeys(("total", "distinct", "count"), WHOLE),
    }

    def _fault_of_values(self) -> str:
        if len(self.keys) != len(self.count):
            return "arrays of different length"
        owners = len(self.total)
        if not ascending(self.keys) or len(self.keys) and not 0 <= self.keys[0] <= self.keys[-1] < owners * OWNER_KEYS:
            return "keys that do not ascend, or of no owner"
        hour = self.keys % OWNER_KEYS
        if not ((hour >= 1) & (hour <= HOURS_A_WEEK)).all():
            return "an hour that no week has"
        if not ((self.count >= 1) & (self.count <= self.total[self.keys // OWNER_KEYS])).all():
            return "a count that is none, or larger than its total"
        return ""

    @classmethod
    def publish(cls, counts: Counts, roster: Codes) -> WeekLevel:
        """Fold counts. roster: all owners of the level, sorted."""
        at, total, distinct = per_owner(counts, roster)
        keys = at * OWNER_KEYS + counts.codes.astype(np.int64)
        return cls(narrow(total), narrow(distinct), keys, narrow(counts.counts))

    def look(self, at: Ints, owners: Codes, codes: Codes, above: Floats | None) -> Found:
        if not len(self.keys):
            return Found(np.ones(len(codes)) if above is None else above, np.zeros(len(codes)))
        mass, seen = week_masses(self.keys, self.count, at, codes.astype(np.int64))
        if above is None:
            return Found(self.share_of_all(mass, at), seen)
        total, distinct = self.total[at].astype(np.float64), self.distinct[at]
        known = (at >= 0) & (total > 0)
        own = (mass + distinct * above) / np.where(known, total + distinct, 1.0)
        return Found(np.where(known, np.minimum(own, 1.0), above), seen)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def week_masses(keys: Any, count: Any, at: Any, wanted: Any) -> Any:
    """How many observations of an owner lie in hours that are at most as dense as this one, and how many in this very
    hour, float64 (t,) each.

    keys, count: see WeekLevel; at: places of the owners, -1 where unknown, (t,); wanted: codes of hours, (t,).
    """
    mass, seen = np.zeros(len(at)), np.zeros(len(at))
    shown, days = np.zeros(HOURS_A_WEEK), np.zeros((2, HOURS_A_DAY))
    density = np.zeros(HOURS_A_WEEK)
    owner_before = -1
    for row in range(len(at)):
        owner, hour = at[row], wanted[row] - 1
        if owner < 0 or hour < 0 or hour >= HOURS_A_WEEK:
            continue
        if owner != owner_before:
            _read_week(keys, count, owner, shown)
            _densities(shown, days, density)
            owner_before = owner
        limit, total = density[hour] * ALIKE, 0.0
        for other in range(HOURS_A_WEEK):
            if density[other] <= limit:
                total += density[other]
        mass[row], seen[row] = total, shown[hour]
    return mass, seen


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _read_week(keys: Any, count: Any, owner: Any, shown: Any) -> None:
    """The counts of one owner by the hour of the week, into shown."""
    shown[:] = 0.0
    place = np.searchsorted(keys, owner * OWNER_KEYS)
    while place < len(keys) and keys[place] // OWNER_KEYS == owner:
        shown[keys[place] % OWNER_KEYS - 1] = count[place]
        place += 1


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _densities(shown: Any, days: Any, density: Any) -> None:
    """The density of each hour of the week, into density: it sums to the number of observations."""
    total, days[:] = 0.0, 0.0
    for hour in range(HOURS_A_WEEK):
        total += shown[hour]
        days[int(hour >= WORKDAYS * HOURS_A_DAY), hour % HOURS_A_DAY] += shown[hour]
    for hour in range(HOURS_A_WEEK):
        weekend = int(hour >= WORKDAYS * HOURS_A_DAY)
        alike = 7 - WORKDAYS if weekend else WORKDAYS
        own, usual = 0.0, 0.0
        for step in range(-REACH, REACH + 1):
            weight = (REACH + 1 - abs(step)) / (REACH + 1) ** 2
            own += weight * shown[(hour + step) % HOURS_A_WEEK]
            usual += weight * days[weekend, (hour + step) % HOURS_A_DAY]
        density[hour] = (total * own + HOURS_A_WEEK * usual / alike) / (total + HOURS_A_WEEK)
