"""Everything together: one seed, one company, its days, its attacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from models.errors import DataError
from models.simulator.admins import administration
from models.simulator.background import ordinary
from models.simulator.clock import DEFAULT_START, SCORED_DAYS, Clock
from models.simulator.company import found
from models.simulator.events import finish
from models.simulator.failures import honest_failures
from models.simulator.habits import form
from models.simulator.machines import machine_work
from models.simulator.places import with_places
from models.simulator.stories import (
    Scene,
    Story,
    Teller,
    insider_download,
    password_spray,
    stolen_credentials,
)
from models.simulator.windows import with_windows

COLUMNS = (
    "_time",
    "user",
    "user_bunit",
    "src",
    "src_country",
    "src_lat",
    "src_lon",
    "dest",
    "app",
    "action",
    "authentication_method",
    "signature_id",
    "bytes_out",
    "failures_10m",
    "dests_1h",
    "users_per_src_10m",
    "bytes_1h",
    "prev_lat",
    "prev_lon",
    "prev_time",
    "story",
    "label",
)


@dataclass(frozen=True)
class Simulation:
    """A simulated company: `events` (columns as COLUMNS, ascending in time), the truth, and who is who.

    `scored_from_s` is the epoch second at which the scored days begin: models are fitted on what lies before.
    """

    events: pl.DataFrame
    stories: tuple[Story, ...]
    users: pl.DataFrame
    hosts: pl.DataFrame
    scored_from_s: float

    def before(self) -> pl.DataFrame:
        """The events to fit from."""
        return self.events.filter(pl.col("_time") < self.scored_from_s)

    def after(self) -> pl.DataFrame:
        """The events to score."""
        return self.events.filter(pl.col("_time") >= self.scored_from_s)


def default_stories(first_day: int) -> list[tuple[int, Teller]]:
    """The three stories, over the three days after `first_day`."""
    return [
        (first_day + 1, stolen_credentials),
        (first_day + 1, insider_download),
        (first_day + 2, password_spray),
    ]


def simulate(
    seed: int = 7,
    users: int = 1_000,
    days: int = 14,
    start: datetime = DEFAULT_START,
    stories: Sequence[tuple[int, Teller]] | None = None,
) -> Simulation:
    """Simulate a company of `users` people (50 to 20,000) for `days` days (6 to 120) from midnight UTC
    `start`.

    `stories` are pairs of a day and a story with its strength set (`functools.partial`); by default the
    three of `default_stories` in the scored days. The same arguments give the same bytes. Each part draws
    from its own stream, so other stories leave the background as it is.
    """
    _check(users, days, start)
    clock = Clock(start, days)
    streams = np.random.default_rng(seed).spawn(7)
    company = found(users, streams[0])
    habits = form(company, clock, streams[1])
    people = ordinary(company, habits, clock, streams[2])
    drafts = [
        people,
        honest_failures(company, habits, people, clock, streams[3]),
        machine_work(company, habits, clock, streams[4]),
        administration(company, clock, streams[5]),
    ]
    plans = default_stories(days - SCORED_DAYS) if stories is None else stories
    told = _tell(Scene(company, habits, clock), plans, streams[6])
    events = finish([*drafts, *[draft for _, draft in told]], clock, company.users.select("user", "department"))
    table = with_places(with_windows(events)).select(COLUMNS)
    scored_from_s = clock.epoch_s + clock.scored_from_s
    return Simulation(table, tuple(story for story, _ in told), company.users, company.hosts, scored_from_s)


def _tell(
    scene: Scene, plans: Sequence[tuple[int, Teller]], stream: np.random.Generator
) -> list[tuple[Story, pl.DataFrame]]:
    """Play every story, each from its own stream."""
    draws = stream.spawn(len(plans)) if plans else []
    return [teller(scene, rng, day) for (day, teller), rng in zip(plans, draws, strict=True)]


def _check(users: int, days: int, start: datetime) -> None:
    if not 50 <= users <= 20_000:
        raise DataError("a company has 50 to 20,000 people", field="users", mend="choose a number between them")
    if not 6 <= days <= 120:
        raise DataError("a simulation has 6 to 120 days", field="days", mend="choose a number between them")
    if start.tzinfo is None:
        raise DataError("the start has no time zone", field="start", mend="give a datetime in UTC")
