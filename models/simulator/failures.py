"""Honest failures: mistyped passwords, lockouts, and devices that keep trying a password of yesterday."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from models.simulator.clock import DAY_S, HOUR_S, Clock, Floats, Ints
from models.simulator.company import Company, address
from models.simulator.events import draft, nothing, pick
from models.simulator.habits import COUNTRIES, Habits

_CARRIED = ("user", "src", "src_country", "dest", "app")


def honest_failures(
    company: Company, habits: Habits, ordinary: pl.DataFrame, clock: Clock, rng: np.random.Generator
) -> pl.DataFrame:
    """The draft of all honest failures."""
    phones = [stale_phone(company, habits, *turn, rng) for turn in _password_days(company, habits, clock, rng)]
    return pl.concat([typos(ordinary, rng), lockouts(ordinary, clock, rng), *phones, nothing()])


def typos(ordinary: pl.DataFrame, rng: np.random.Generator, share: float = 0.02) -> pl.DataFrame:
    """One to three failures a few seconds before a share of the sign-ins."""
    chosen = np.flatnonzero(rng.random(len(ordinary)) < share)
    rows = np.repeat(chosen, np.minimum(rng.geometric(0.65, len(chosen)), 3))
    before = 3 + 40 * rng.random(len(rows))
    return _failed(ordinary, rows, ordinary["at_s"].to_numpy()[rows] - before)


def lockouts(ordinary: pl.DataFrame, clock: Clock, rng: np.random.Generator, a_day: float = 7.0) -> pl.DataFrame:
    """Bursts of 5 to 12 failures within minutes, then the account is locked; a few every day."""
    chosen = rng.integers(0, len(ordinary), rng.poisson(a_day * clock.days * len(ordinary) / 5e5) + 1)
    tries = rng.integers(5, 13, len(chosen))
    rows = np.repeat(chosen, tries)
    # Each burst ends a quarter of an hour or more before the sign-in that then succeeds.
    last = ordinary["at_s"].to_numpy()[chosen] - 900 - 1_800 * rng.random(len(chosen))
    place = np.arange(len(rows)) - np.repeat(np.cumsum(tries) - tries, tries)
    failed = _failed(ordinary, rows, np.repeat(last - 25 * tries, tries) + 25 * place + 8 * rng.random(len(rows)))
    locked = _failed(ordinary, chosen, last).with_columns(
        action=pl.lit("lockout"), app=pl.lit("kerberos"), dest=pl.lit("dc01")
    )
    return pl.concat([failed, locked])


def _failed(ordinary: pl.DataFrame, rows: Ints, at_s: Floats) -> pl.DataFrame:
    """Failures that look like these rows of the ordinary sign-ins, at other times."""
    carried: dict[str, Any] = ordinary.select(_CARRIED)[rows].to_dict()
    return draft(at_s, action="failure", **carried)


def _password_days(
    company: Company, habits: Habits, clock: Clock, rng: np.random.Generator
) -> Iterator[tuple[int, int]]:
    """(person, day) of changed passwords that a phone does not know yet.

    Everybody changes every 90 days; on the third day and on the third day from the end a whole department
    must.
    """
    for day in range(clock.days):
        own = rng.random(company.size) < 1 / 90
        if day in (2, clock.days - 3):
            own[company.of("sales" if day > 2 else "support")] = True
        forgot = own & habits.works[:, day] & (rng.random(company.size) < 0.3)
        yield from ((int(person), day) for person in np.flatnonzero(forgot))


def stale_phone(company: Company, habits: Habits, person: int, day: int, rng: np.random.Generator) -> pl.DataFrame:
    """A phone retries the old mail password, every minute or every few, until its owner notices."""
    pause_s = float(rng.choice([35.0, 60.0, 180.0, 300.0], p=[0.12, 0.2, 0.38, 0.3]))
    lasts_s = float(np.exp(rng.normal(np.log(1.2), 0.6))) * HOUR_S
    first = day * DAY_S + (habits.starts_h[person] + 1 + 4 * rng.random()) * HOUR_S
    at_s = np.arange(first, first + lasts_s, pause_s)
    country = int(habits.country[person, day])
    carrier = address(4_000 + 128 * country + rng.integers(0, 100, 3))
    return draft(
        at_s + 5 * rng.random(len(at_s)),
        action="failure",
        user=str(company.names[person]),
        src=pick(carrier, rng.integers(0, len(carrier), len(at_s))),
        src_country=COUNTRIES[country],
        dest="o365",
        app="o365",
    )
