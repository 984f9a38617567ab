"""The hours of the week: their codes and what they are called."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from models.features.hashing import Coded

HOURS_A_DAY = 24
HOURS_A_WEEK = 168
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FIRST_DAY = 3
"""The day of the week of the epoch, a Thursday."""
TEXTS = pl.Series([f"{day} {hour:02d}:00" for day in DAYS for hour in range(HOURS_A_DAY)])


def hours_of_week(time: npt.NDArray[np.float64]) -> Coded:
    """The hour of the week of each time, epoch seconds (n,), none NaN; codes 1 (Monday 00:00 UTC) to 168.

    >>> hours = hours_of_week(np.array([0.0, 3 * 86_400 + 3 * 3600.0]))
    >>> hours.texts.gather(hours.at).to_list()
    ['Thursday 00:00', 'Sunday 03:00']
    """
    at = (np.floor(time / 3600) + FIRST_DAY * HOURS_A_DAY) % HOURS_A_WEEK  # floats: a time may be any number
    return Coded(TEXTS, np.arange(1, HOURS_A_WEEK + 1, dtype=np.uint64), at.astype(np.uint32))
