"""The simulated days: what a time is, which days are worked, where the clock stands in each country.

Inside the simulator a time is a float: seconds since 00:00 UTC of the first day. Times become epoch seconds
only when the events are finished.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Names = npt.NDArray[Any]  # arrays of text

HOUR_S = 3_600.0
DAY_S = 86_400.0

# Thursday, 19 February 2026: the last four of fourteen days are Sunday to Wednesday and hold the month's end.
DEFAULT_START = datetime(2026, 2, 19, tzinfo=UTC)

SCORED_DAYS = 4
"""The last days of a simulation: the ones that are scored, and the only ones that hold the default
stories."""


@dataclass(frozen=True)
class Clock:
    """The span of a simulation: `start` is midnight UTC of the first day, `days` how many follow (>= 6)."""

    start: datetime
    days: int

    @property
    def epoch_s(self) -> int:
        """The first midnight in epoch seconds."""
        return int(self.start.timestamp())

    @property
    def scored_from_s(self) -> float:
        """When the scored days begin, in seconds since the start."""
        return (self.days - SCORED_DAYS) * DAY_S

    @property
    def end_s(self) -> float:
        """The end of the last day, in seconds since the start."""
        return self.days * DAY_S

    def weekend(self) -> Flags:
        """For each day, whether it is a Saturday or a Sunday.

        >>> Clock(DEFAULT_START, 6).weekend().tolist()
        [False, False, True, True, False, False]
        """
        return (self.start.weekday() + np.arange(self.days)) % 7 >= 5
