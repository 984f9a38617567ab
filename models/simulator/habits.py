"""What is usual for each person: hours, applications, servers, volumes, where they work, where they
travel."""

from dataclasses import dataclass

import numpy as np

from models.simulator.clock import Clock, Flags, Floats, Ints
from models.simulator.company import APPS, DEPARTMENTS, OFFICES, Company, lognormal

COUNTRIES = (
    *OFFICES,
    "NL",
    "IE",
    "SG",
    "SE",
    "CH",
    "RO",
    "CA",
    "FR",
    "ES",
    "IT",
    "BR",
    "JP",
    "AE",
    "TR",
    "ZA",
    "MX",
    "VN",
    "UA",
    "NG",
)
COUNTRY = {code: number for number, code in enumerate(COUNTRIES)}

# Where privacy relays and cloud proxies come out, the busiest first.
RELAY_EXITS = ("NL", "IE", "SG", "SE", "CH", "RO", "CA", "FR", "BR", "VN")
TRIPS = (
    "FR",
    "ES",
    "IT",
    "NL",
    "SG",
    "BR",
    "JP",
    "AE",
    "TR",
    "ZA",
    "MX",
    "RO",
    "CA",
    "IE",
    "UA",
    "NG",
    "VN",
    *OFFICES,
)

OFFICE, HOME, TRIP = 0, 1, 2
USUAL_SERVERS = 6


@dataclass(frozen=True)
class Habits:
    """Arrays with a row a person (U) and, where named, a column a day (D), an application (A).

    `starts_h`, `length_h`: working hours in local time; `rate`: sign-ins on a working day; `apps` (U, A):
    cumulated shares; `servers` (U, A, 6): numbers of usual hosts, favourite first; `volume` (U, A): factor
    on what is read; `joined`: first day of a new joiner (0 = was there before); `works`, `mode`, `country`
    (U, D): whether the person works, from where (OFFICE, HOME, TRIP), in which country; `lease` (U, D): the
    number of the address at home or on the trip; `relay`: uses a privacy relay; `exits` (U, 2): its usual
    countries; `farm`: works on a shared terminal server.
    """

    starts_h: Floats
    length_h: Floats
    rate: Floats
    apps: Floats
    servers: Ints
    volume: Floats
    joined: Ints
    works: Flags
    mode: Ints
    country: Ints
    lease: Ints
    relay: Flags
    exits: Ints
    farm: Flags

    def heavy(self) -> Flags:
        """People who move large volumes every day: media and data work."""
        heavy: Flags = self.volume.max(axis=1) > 40
        return heavy


def form(company: Company, clock: Clock, rng: np.random.Generator) -> Habits:
    """Draw everybody's habits."""
    users = company.size
    shifts = np.array([d.shifts for d in DEPARTMENTS])[company.department]
    late = np.where(shifts, rng.choice([-2.0, 0.0, 5.0], users), 0.0)
    joined = _joined(users, clock, rng)
    mode, country = _places(company, clock, rng)
    return Habits(
        starts_h=8.6 + late + 0.8 * rng.standard_normal(users),
        length_h=np.clip(8.6 + 0.7 * rng.standard_normal(users), 6, 11),
        rate=np.clip(lognormal(rng, 41.0, 0.35, users), 12, 120),
        apps=_apps(company, rng),
        servers=_servers(company, rng),
        volume=_volumes(company, rng),
        joined=joined,
        works=_works(shifts, joined, clock, rng),
        mode=mode,
        country=country,
        lease=_leases(mode, rng),
        relay=rng.random(users) < 0.08,
        exits=_exits(users, rng),
        farm=rng.random(users) < 0.05,
    )


def _apps(company: Company, rng: np.random.Generator) -> Floats:
    """Cumulated shares of the applications: the department's habits, each person's own taste upon them."""
    base = np.array([[d.habits.get(app.name, 0.0) for app in APPS] for d in DEPARTMENTS])[company.department]
    base[:, -1] = np.where(rng.random(company.size) < 0.07, 3.0, 0.0)  # a few still use an old mail program
    taste = np.exp(0.6 * rng.standard_normal(base.shape))
    weights = base * taste
    cumulated: Floats = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    return cumulated


def _servers(company: Company, rng: np.random.Generator) -> Ints:
    """Each person's usual servers of each application, drawn from the pool of the department."""
    usual = np.zeros((company.size, len(APPS), USUAL_SERVERS), dtype=np.int64)
    for number, department in enumerate(DEPARTMENTS):
        people = np.flatnonzero(company.department == number)
        for column, app in enumerate(APPS):
            pool = pool_of(company, app.name, department.name)
            usual[people, column] = pool[rng.integers(0, len(pool), (len(people), USUAL_SERVERS))]
    return usual


def pool_of(company: Company, app: str, department: str = "") -> Ints:
    """The numbers of the hosts that serve an application to a department (to anyone, when it owns none)."""
    apps, owners = company.hosts["app"].to_numpy(), company.hosts["department"].to_numpy()
    own = np.flatnonzero((apps == app) & ((owners == department) | (owners == "")))
    return own if len(own) else np.flatnonzero(apps == app)


def _volumes(company: Company, rng: np.random.Generator) -> Floats:
    """Factors on volumes: everyone's own, and the few who carry films or data sets about."""
    factors = np.exp(0.6 * rng.standard_normal((company.size, len(APPS))))
    for department, app, share, times in (
        ("marketing", "smb", 0.3, 90),
        ("engineering", "sql", 0.05, 400),
        ("engineering", "git", 0.05, 150),
        ("it", "smb", 0.1, 100),
    ):
        people = company.of(department)
        chosen = people[rng.random(len(people)) < share]
        factors[chosen, [a.name for a in APPS].index(app)] *= times
    return factors


def _joined(users: int, clock: Clock, rng: np.random.Generator) -> Ints:
    """The day each person joined: 0 for nearly all, a day of the simulation for one in sixty."""
    new = rng.random(users) < 1 / 60
    return np.where(new, rng.integers(1, clock.days, users), 0)


def _works(shifts: Flags, joined: Ints, clock: Clock, rng: np.random.Generator) -> Flags:
    """Who works when: few at weekends, shift workers more; one in fifteen is away on any working day."""
    weekend = clock.weekend()
    chance = np.where(weekend, np.where(shifts, 0.3, 0.05)[:, None], 0.93)
    present = rng.random((len(shifts), clock.days)) < chance
    return present & (np.arange(clock.days) >= joined[:, None])


def _places(company: Company, clock: Clock, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """From where each person works on each day, and in which country that is."""
    shape = (company.size, clock.days)
    fond_of_home = rng.beta(2.0, 3.0, company.size)[:, None]
    mode = np.where(rng.random(shape) < fond_of_home, HOME, OFFICE)
    country = np.repeat(company.office[:, None], clock.days, axis=1)
    _travel(mode, country, clock, rng)
    return mode, country


def _travel(mode: Ints, country: Ints, clock: Clock, rng: np.random.Generator) -> None:
    """Send one person in twenty-two on a trip of two to five days; change `mode` and `country` in place."""
    for person in np.flatnonzero(rng.random(len(mode)) < 0.045):
        first = int(rng.integers(0, clock.days))
        days = slice(first, first + int(rng.integers(2, 6)))
        mode[person, days] = TRIP
        country[person, days] = COUNTRY[TRIPS[int(rng.integers(len(TRIPS)))]]


def _leases(mode: Ints, rng: np.random.Generator) -> Ints:
    """Numbers of addresses: a home's changes now and then, a trip has its own each day."""
    users, days = mode.shape
    turns = np.cumsum(rng.random((users, days)) < 0.06, axis=1)
    homes = 10_000 + 16 * np.arange(users)[:, None] + turns
    trips = rng.integers(40_000, 120_000, (users, days))
    return np.where(mode == TRIP, trips, homes)


def _exits(users: int, rng: np.random.Generator) -> Ints:
    """The two countries where each relay usually comes out."""
    weights = 1.0 / np.arange(1, len(RELAY_EXITS) + 1)
    codes = np.array([COUNTRY[code] for code in RELAY_EXITS])
    return codes[rng.choice(len(codes), (users, 2), p=weights / weights.sum())]
