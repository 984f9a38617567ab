"""The people's ordinary days: who signs in to what, from where, when, and how much they read."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.simulator.clock import DAY_S, HOUR_S, Clock, Flags, Floats, Ints
from models.simulator.company import APP, APPS, OFFICES, OFFSETS_H, Company, address, lognormal
from models.simulator.events import draft, pick
from models.simulator.habits import COUNTRIES, COUNTRY, OFFICE, RELAY_EXITS, USUAL_SERVERS, Habits, pool_of

_OFFSETS_S = np.array([OFFSETS_H[code] * HOUR_S for code in OFFICES])
_EDGE = np.array([app.edge for app in APPS])
_MEDIAN = np.array([app.median_bytes for app in APPS])
_SPREAD = np.array([app.spread for app in APPS])


@dataclass(frozen=True)
class Sample:
    """Ordinary sign-ins by number: person, day and application of each, its local second, whether by
    phone."""

    person: Ints
    day: Ints
    app: Ints
    second: Floats
    phone: Flags


def ordinary(company: Company, habits: Habits, clock: Clock, rng: np.random.Generator) -> pl.DataFrame:
    """The draft of all ordinary sign-ins of the people."""
    sample = _sample(habits, clock, rng)
    country, src = _origin(company, habits, sample, rng)
    return draft(
        at_s=sample.day * DAY_S + sample.second - _OFFSETS_S[company.office[sample.person]],
        user=pick(company.names, sample.person),
        src=src,
        src_country=pick(COUNTRIES, country),
        dest=pick(company.servers(), _servers(company, habits, sample, rng)),
        app=pick([app.name for app in APPS], sample.app),
        bytes_out=_volumes(habits, sample, rng),
    )


def _sample(habits: Habits, clock: Clock, rng: np.random.Generator) -> Sample:
    """How often everybody signs in on each day they work, when, and to what."""
    people, days = np.nonzero(habits.works)
    busy = np.where(clock.weekend()[days], 0.5, 1.0)
    counts = rng.poisson(habits.rate[people] * busy)
    person, day = np.repeat(people, counts), np.repeat(days, counts)
    second, dawn, evening = _seconds(habits, person, rng)
    # First come, first cumulated share above the draw: the application.
    app = (habits.apps[person] < rng.random(len(person))[:, None]).sum(axis=1)
    app = np.where(evening, APP["o365"], np.minimum(app, len(APPS) - 1))
    in_office = habits.mode[person, day] == OFFICE  # where nobody needs the VPN
    app = np.where((app == APP["vpn"]) & in_office, APP["kerberos"], app)
    app = np.where(dawn & ~in_office, APP["vpn"], app)  # and with which every other day begins
    phone = (app == APP["o365"]) & (evening | (rng.random(len(app)) < 0.15))
    return Sample(person, day, app, second, phone)


def _seconds(habits: Habits, person: Ints, rng: np.random.Generator) -> tuple[Floats, Flags, Flags]:
    """Local seconds of the day: a morning wave, the day with its lunch, mail on the phone in the evening.

    The flags tell who is part of the morning wave and who of the evening.
    """
    size = len(person)
    begin, length = habits.starts_h[person] * HOUR_S, habits.length_h[person] * HOUR_S
    place = rng.random(size)
    lunch = (place > 0.42) & (place < 0.53) & (rng.random(size) < 0.7)
    place = np.where(lunch, place + rng.choice([-0.25, 0.3], size), place)
    kind = rng.random(size)
    morning = begin + 600 * rng.standard_normal(size)
    evening = begin + length + rng.random(size) * 4.5 * HOUR_S
    dawn, late = kind < 0.1, kind > 0.94
    return np.select([dawn, late], [morning, evening], begin + place * length), dawn, late


def _servers(company: Company, habits: Habits, sample: Sample, rng: np.random.Generator) -> Ints:
    """The host of each sign-in: mostly one of the person's own, at times another of the application's."""
    size = len(sample.person)
    favourite = np.minimum(rng.geometric(0.45, size) - 1, USUAL_SERVERS - 1)
    usual = habits.servers[sample.person, sample.app, favourite]
    roam = rng.random(size)
    departments = habits.servers[_colleague(company, sample.person, rng), sample.app, favourite]
    chosen = np.where(roam < 0.015, departments, usual)
    for number, app in enumerate(APPS):
        stray = np.flatnonzero((roam > 0.998) & (sample.app == number))
        pool = pool_of(company, app.name)
        chosen[stray] = pool[rng.integers(0, len(pool), len(stray))]
    return chosen


def _colleague(company: Company, person: Ints, rng: np.random.Generator) -> Ints:
    """For each event somebody of the same department, whose servers are visited for once."""
    order = np.argsort(company.department, kind="stable")
    sizes = np.bincount(company.department)
    firsts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    own = company.department[person]
    colleagues: Ints = order[firsts[own] + (rng.random(len(person)) * sizes[own]).astype(np.int64)]
    return colleagues


def _volumes(habits: Habits, sample: Sample, rng: np.random.Generator) -> Ints:
    """Bytes read in each session."""
    volume = lognormal(rng, _MEDIAN[sample.app], _SPREAD[sample.app], len(sample.app))
    volume = volume * habits.volume[sample.person, sample.app]
    return np.minimum(volume, 2e11).astype(np.int64)


def _origin(company: Company, habits: Habits, sample: Sample, rng: np.random.Generator) -> tuple[Ints, pl.Series]:
    """Country and source of each sign-in.

    Inside, the source is the name of the machine and the country the office's. From the internet it is an
    address: the office's shared way out, the home's, the hotel's, the phone network's or a relay's.
    """
    size = len(sample.person)
    mode = habits.mode[sample.person, sample.day]
    edge = _EDGE[sample.app]
    relayed = edge & ~sample.phone & (mode != OFFICE) & habits.relay[sample.person] & (rng.random(size) < 0.35)
    country = np.where(edge, habits.country[sample.person, sample.day], company.office[sample.person])
    country = np.where(relayed, _exit(habits, sample.person, rng), country)
    # Phone networks are sometimes placed in the wrong country.
    lost = sample.phone & (rng.random(size) < 0.001)
    country = np.where(lost, rng.integers(0, len(COUNTRIES), size), country)
    number = np.select(
        [relayed, sample.phone, mode == OFFICE],
        [
            2_000 + 64 * country + rng.integers(0, 40, size),
            4_000 + 128 * country + rng.integers(0, 100, size),
            company.office[sample.person],
        ],
        habits.lease[sample.person, sample.day],
    )
    return country, _sources(company, habits, sample, np.where(edge, number, -1))


def _exit(habits: Habits, person: Ints, rng: np.random.Generator) -> Ints:
    """Where a relay comes out: one of two usual countries, now and then another."""
    usual = habits.exits[person, rng.integers(0, 2, len(person))]
    other = np.array([COUNTRY[code] for code in RELAY_EXITS])[rng.integers(0, len(RELAY_EXITS), len(person))]
    return np.where(rng.random(len(person)) < 0.03, other, usual)


def _sources(company: Company, habits: Habits, sample: Sample, number: Ints) -> pl.Series:
    """Names of machines where `number` is -1 (terminal servers for those who work on them), else
    addresses."""
    farms = np.array([f"citrix{n:02d}" for n in range(1, 5)], dtype=object)
    machine = np.where(habits.farm, farms[np.arange(company.size) % 4], company.workstation)
    inside = pick(machine, sample.person)
    known, back = np.unique(np.maximum(number, 0), return_inverse=True)
    outside = pick(address(known), back)
    return pl.select(pl.when(pl.Series(number >= 0)).then(outside).otherwise(inside)).to_series()
