"""What a baseline is folded from: which learned days count, how much each weighs, and how much one entity may say.

Ages count from the newest learned day, never from a clock: the same days give the same baseline, whenever and in
whatever order they were learned.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from models.features.baseline import Generation
from models.features.hashing import MISSING
from models.features.partition import Partition, stored_levels
from models.features.peers import Membership
from models.features.spec import EVERYONE, FeatureSpec
from models.features.tally import ROWS, Counts, Tally

DAY = re.compile(r"\d{4}-\d\d-\d\d")
EVER_DAYS = 10**7
"""A window that no day leaves."""
UNIT = 1 << 16
"""The weight of the newest day; the weights of older ones are whole numbers, so that their sums are exact."""
ROUNDING = 1e-6
"""A share of a count that falls short of a whole number by less is that number."""
NOTHING = Counts(np.zeros(0, np.uint64), np.zeros(0, np.uint64), np.zeros(0, np.int64))


@dataclass(frozen=True)
class Ageing:
    """How learned days become a baseline.

    window_days: days, from the newest learned one back, that count; half_life_days: the age at which a day weighs half,
    0 where all weigh the same; cap_share: the share that any one owner (of the first entity field) may have in what
    everyone showed of a field, from 0 to 1.
    """

    window_days: int = 30
    half_life_days: int = 0
    cap_share: float = 1.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def weights(self, days: Iterable[str]) -> dict[str, int]:
        """The days that count, each with its weight. days: names as in 2026-01-31.

        >>> Ageing(window_days=3, half_life_days=1).weights(["2026-01-31", "2026-01-30", "2026-01-28"])
        {'2026-01-31': 65536, '2026-01-30': 32768}
        """
        ages = ages_of(days)
        return {day: self._weight(age) for day, age in ages.items() if age < self.window_days}

    def _weight(self, age_days: int) -> int:
        if not self.half_life_days:
            return UNIT
        return max(round(UNIT * math.pow(0.5, age_days / self.half_life_days)), 1)


def ages_of(days: Iterable[str]) -> dict[str, int]:
    """How many days older than the newest each is; the newest first. What has no date, as the parts of a fit without a
    clock, has no age."""
    numbers = {day: _number(day) for day in sorted(days, reverse=True)}
    newest = max(numbers.values(), default=0)
    return {day: newest - number if is_dated(day) else 0 for day, number in numbers.items()}


def is_dated(day: str) -> bool:
    """Whether a part of the past has the name of a day."""
    return DAY.fullmatch(day) is not None


def _number(day: str) -> int:
    return int(np.datetime64(day, "D").astype(np.int64)) if is_dated(day) else 0


def fold(
    days: Mapping[str, Partition], spec: FeatureSpec, ageing: Ageing, groups: Mapping[str, Membership]
) -> Generation:
    """The baseline of learned days. days: by name as in 2026-01-31; those outside the window are left out, and the
    others are asked for one by one and not kept; groups: per entity whose groups were learned, who belongs to which."""
    weights = ageing.weights(days)
    taught_rows = 0

    def tallies() -> Iterator[Tally]:
        nonlocal taught_rows
        for name, weight in weights.items():
            day = days[name]
            taught_rows += day.rows
            yield _weighed(day.fold(spec), weight if ageing.half_life_days else 1)

    tally = Tally.merge(tallies()) if weights else _nothing(spec)
    if ageing.half_life_days or ageing.cap_share < 1:
        tally = _settled(tally, spec, ageing)
    return Generation.publish(tally, spec, _span([*weights], taught_rows), groups)


def _span(days: list[str], rows: int) -> str:
    if not all(map(is_dated, days)):
        return f"{rows:,} rows"
    return "1 day" if len(days) == 1 else f"{len(days)} days"


def _weighed(tally: Tally, weight: int) -> Tally:
    if weight == 1:
        return tally
    return Tally({key: Counts(c.owners, c.codes, c.counts * weight) for key, c in tally.tables.items()})


def _nothing(spec: FeatureSpec) -> Tally:
    names = [ROWS, *(field.name for field in spec.fields)]
    groups = {(peers.entity, peers.level): NOTHING for peers in spec.peers if peers.field}
    return Tally({(level, name): NOTHING for level in stored_levels(spec) for name in names} | groups)


def _settled(tally: Tally, spec: FeatureSpec, ageing: Ageing) -> Tally:
    """Weighed counts as counts again, everyone's among them.

    They are rounded up: what was shown stays shown for as long as its day counts, however little it weighs.
    """
    first, unit = stored_levels(spec)[0], UNIT if ageing.half_life_days else 1
    everyone = {
        (EVERYONE, field.name): _rounded(_capped(tally.tables[first, field.name], ageing.cap_share, unit).fold(), unit)
        for field in spec.fields
    }
    return Tally({key: _rounded(counts, unit) for key, counts in tally.tables.items()} | everyone)


def _capped(counts: Counts, cap_share: float, unit: int) -> Counts:
    """The counts, those of an owner with a larger share of all made smaller in proportion, in whole units. Rows without
    an owner are nobody's.

    It is the running sum over an owner's values that is rounded, down: were each count rounded up, whoever shows very
    many values once each would keep all of them.
    """
    total = int(counts.counts.sum())
    owners, starts, at = np.unique(counts.owners, return_index=True, return_inverse=True)
    own = np.bincount(at, counts.counts, len(owners))
    share = np.where(owners == MISSING, 1.0, np.minimum(cap_share * total / np.maximum(own, 1), 1.0))[at]
    running = np.cumsum(counts.counts)
    within = running - (running - counts.counts)[starts][at]
    reached = np.floor(within * share / unit + ROUNDING).astype(np.int64)
    smaller = np.diff(reached, prepend=0)
    smaller[starts] = reached[starts]
    left = np.where(share < 1.0, unit * smaller, counts.counts)
    return Counts(counts.owners, counts.codes, left).take(left > 0)


def _rounded(counts: Counts, unit: int) -> Counts:
    return Counts(counts.owners, counts.codes, -(-counts.counts // unit))
