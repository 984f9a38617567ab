"""What every story needs: the company it happens in, and the record it leaves of itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import polars as pl

from models.simulator.clock import DAY_S, HOUR_S, Clock, Flags
from models.simulator.company import OFFSETS_H, Company
from models.simulator.habits import TRIP, Habits


@dataclass(frozen=True)
class Story:
    """One attack as it happened: the truth beside which scores are measured.

    `name` is also the value of the events' `story` field; `users` are the accounts used or tried;
    `begins_s` and `ends_s` are epoch seconds of the first and last event; `events` how many; `what` a
    sentence for a reader; `parameters` the strength it was played with.
    """

    name: str
    users: tuple[str, ...]
    begins_s: float
    ends_s: float
    events: int
    what: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """Where a story plays: people, their habits, the calendar, and the ordinary events around it."""

    company: Company
    habits: Habits
    clock: Clock

    def candidates(self, department: str, day: int) -> Flags:
        """People of a department with a week of history who work on that day and are not on a trip."""
        habits, fit = self.habits, np.zeros(self.company.size, bool)
        fit[self.company.of(department)] = True
        history = habits.works[:, :day].sum(axis=1) >= min(4, day)
        here = habits.works[:, day] & (habits.mode[:, day] != TRIP) & (habits.joined == 0)
        return cast(Flags, fit & history & here)

    def someone(self, rng: np.random.Generator, department: str, day: int, fit: Flags | None = None) -> int:
        """One such person; anybody of the department when none is left."""
        people = np.flatnonzero(self.candidates(department, day) & (True if fit is None else fit))
        return int(rng.choice(people if len(people) else self.company.of(department)))

    def at_s(self, person: int, day: int, local_h: float) -> float:
        """Seconds since the start of an hour of the day on the person's own clock."""
        return day * DAY_S + (local_h - OFFSETS_H[str(self.company.users["office"][person])]) * HOUR_S

    def told(self, name: str, what: str, events: pl.DataFrame, **parameters: Any) -> "Told":
        """The story of these events; what would lie after the last day has not happened."""
        events = events.filter(pl.col("at_s") < self.clock.end_s)
        at_s = self.clock.epoch_s + events["at_s"].to_numpy()
        users = tuple(sorted(events["user"].unique().to_list()))
        story = Story(name, users, float(at_s.min()), float(at_s.max()), len(events), what, parameters)
        return story, events


def unknown_machine(rng: np.random.Generator) -> str:
    """The name of a machine that is not the company's."""
    return f"desktop-{''.join(rng.choice(list('abcdefhkmnprtuvwx23456789'), 7))}"


Told = tuple[Story, pl.DataFrame]
Teller = Callable[[Scene, np.random.Generator, int], Told]
"""A story with its strength set: (scene, draws, first day) -> (story, draft)."""
