"""What one recipe brings to the estate: its events and the truth about their last day."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

HOUR_S, DAY_S = 3600, 86_400


@dataclass(frozen=True)
class Days:
    """So many days from an instant (epoch seconds); the last is the day of the stories. seed: of what is invented."""

    starts_s: float
    count: int
    users: int
    seed: int

    @property
    def last_day_s(self) -> float:
        """When the last day begins."""
        return self.starts_s + (self.count - 1) * DAY_S


@dataclass(frozen=True)
class Part:
    """Plain events in order of time, and who must be raised: (`user` or `system`, name). input: how a site reads them,
    `index` where they have the fields, `raw` where they are only text."""

    events: pl.DataFrame
    attacked: tuple[tuple[str, str], ...]
    input: str = "index"
