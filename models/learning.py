"""Learn days without refitting, and forget an entity: what the rows of each UTC day teach, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.errors import DataError
from models.features.ageing import Ageing, ages_of, is_dated
from models.features.hashing import code_of
from models.features.partition import Partition, learn
from models.features.prequential import days_of
from models.features.values import DAY_S
from models.guard import Guard, teaches
from models.history import read_in_order, until
from models.quality.gate import gate_of_days
from models.scoring import Model

KEPT_WINDOWS = 2
"""Days are kept for so many windows: a longer window, or one whose newest day is forgotten, finds them."""

Days = Mapping[str, Partition]
"""What each UTC day taught, by its name as in 2026-01-31."""


@dataclass(frozen=True)
class Learned:
    """days: what each day of the rows taught, an empty one where nothing did; rows: how many there were; taught: how
    many taught; withheld: how many did not, by the reason."""

    days: Days
    rows: int
    taught: int
    withheld: Mapping[str, int]


@dataclass(frozen=True)
class Forgotten:
    """What a learned day loses: cells and rows; left: how many rows stay."""

    cells: int
    rows: int
    left: int


@dataclass(frozen=True)
class Forgetting(Days):
    """Days as if an entity (its code; in one of the entity fields, or in any) had never been there, each made from the
    day when it is asked for and not kept: together they may not fit in memory."""

    days: Days
    entity: int
    field: str = ""

    @classmethod
    def of(cls, days: Days, name: str, field: str = "") -> Forgetting:
        """name: the entity, as it stands in the events."""
        return cls(days, code_of(name), field)

    def __getitem__(self, name: str) -> Partition:
        day = self.days[name]
        return day.without(day.holds(self.entity, self.field))

    def __iter__(self) -> Iterator[str]:
        return iter(self.days)

    def __len__(self) -> int:
        return len(self.days)

    def lost(self) -> dict[str, Forgotten]:
        """What each day loses; days that do not know the entity are left out."""
        found = {}
        for name, day in self.days.items():
            gone = day.holds(self.entity, self.field)
            if gone.any():
                left = day.without(gone).rows
                found[name] = Forgotten(int(gone.sum()), day.rows - left, left)
        return found

    def known(self) -> bool:
        """Whether any of the days knows the entity."""
        return any(day.holds(self.entity, self.field).any() for day in self.days.values())


def learn_days(
    table: pl.DataFrame, reference: Model, guard: Guard, nthread: int = 1, now_s: float | None = None
) -> Learned:
    """Count the rows of each UTC day that may teach. reference: the bundle with the generation it was fitted with;
    now_s: epoch seconds after which, and a day, no row teaches, or None.

    Raises DataError naming the field and the mend where the rows cannot teach days.
    """
    spec = reference.trained.spec
    if spec.time is None:
        mend = "fit it again with the new rows"
        raise DataError("the model has no clock, so its days cannot be told", field="model", mend=mend)
    values = read_in_order(table, spec)
    gate_of_days(values, spec, table.height, now_s)
    undated, count = table.height - values.count, values.count
    values = until(values, now_s)
    verdict = teaches(values, reference, guard, nthread)
    days = {
        day.name: learn(verdict.values.slice(day.start, day.stop), spec, verdict.teaches[day.start : day.stop])
        for day in days_of(values)
    }
    withheld = {**verdict.withheld, "undated": undated, "future": count - values.count}
    return Learned(days, table.height, int(verdict.teaches.sum()), withheld)


def kept_days(names: set[str], ageing: Ageing, now_s: float | None = None) -> set[str]:
    """The days that are kept; those that have left the window are, for a while. now_s: as in `learn_days`: a fit may
    have met a clock that was wrong."""
    last = "9999-12-31" if now_s is None else str(np.datetime64(int(now_s + DAY_S), "s").astype("datetime64[D]"))
    real = {day for day in names if not is_dated(day) or day <= last}
    return {day for day, age in ages_of(real).items() if age < KEPT_WINDOWS * ageing.window_days}
