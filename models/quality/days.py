"""The days of a table: what a check over time counts by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.features.values import DAY_S, Floats, Ints

MOST_DAYS = 400
"""Longer spans are cut into so many stretches of whole days: the checks compare each with each."""


@dataclass(frozen=True)
class Days:
    """Rows by UTC day, or by stretches of several where there are more than MOST_DAYS.

    of: the number of each row's day, int64 (n,), -1 where the row has no time; count: how many days there are, the
    empty ones included; first, width: of the first day and of each, in days since 1970.
    """

    of: Ints
    count: int
    first: int
    width: int

    @classmethod
    def read(cls, time: Floats | None, rows: int) -> Days:
        """time: epoch seconds (n,), NaN where missing; without a clock there are no days."""
        timed = np.zeros(rows, np.bool_) if time is None else ~np.isnan(time)
        if time is None or not timed.any():
            return cls(np.full(rows, -1), 0, 0, 1)
        day = np.floor(np.where(timed, time, 0.0) / DAY_S).astype(np.int64)
        first, last = int(day[timed].min()), int(day[timed].max())
        width = -(-(last - first + 1) // MOST_DAYS)
        return cls(np.where(timed, (day - first) // width, -1), (last - first) // width + 1, first, width)

    def name(self, number: int) -> str:
        """The date on which a day begins."""
        return str(np.datetime64(self.first + number * self.width, "D"))

    def tally(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_] | slice = slice(None)) -> Ints:
        """How many of some rows each day has, int64 (count,)."""
        of = self.of[rows]
        return np.bincount(of[of >= 0], minlength=self.count)[: self.count]
