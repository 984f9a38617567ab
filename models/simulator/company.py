"""Who works in the company and what stands in its racks: people, departments, hosts, applications.

Addresses are taken from 198.18.0.0/15, which is set aside for tests and belongs to nobody; no name is real.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.simulator.clock import Floats, Ints, Names
from models.simulator.names import FAMILY, GIVEN


@dataclass(frozen=True)
class App:
    """One application people sign in to: what is read in one session, and where its servers are counted.

    `median_bytes` and `spread` are those of a lognormal volume; `edge` means reached from the internet (else
    from inside or through the VPN); `hosts` is the number of servers for 1,000 users, `named` their prefix.
    """

    name: str
    method: str
    median_bytes: float
    spread: float
    edge: bool
    hosts: int
    named: str
    shared: bool = True


APPS = (
    App("kerberos", "kerberos", 3e3, 0.5, False, 6, "dc"),
    App("o365", "oauth", 3e5, 1.2, True, 1, "o365"),
    App("vpn", "mfa", 2e4, 0.6, True, 3, "vpn"),
    App("smb", "kerberos", 4e6, 1.7, False, 36, "fs", shared=False),
    App("wiki", "saml", 2e5, 1.0, False, 2, "wiki"),
    App("crm", "saml", 4e5, 1.1, True, 2, "crm"),
    App("erp", "saml", 8e5, 1.3, False, 4, "erp"),
    App("git", "key", 1.5e6, 1.8, False, 6, "git"),
    App("ssh", "key", 2e5, 1.6, False, 130, "lnx", shared=False),
    App("rdp", "ntlm", 1e6, 1.2, False, 60, "win", shared=False),
    App("sql", "kerberos", 2e6, 2.0, False, 30, "db", shared=False),
    App("imap", "password", 4e5, 1.2, True, 1, "o365"),
)
APP = {app.name: number for number, app in enumerate(APPS)}


@dataclass(frozen=True)
class Department:
    """A department: its share of the people, how often its people use each application, and its shifts."""

    name: str
    share: float
    habits: dict[str, float]
    shifts: bool = False


_OFFICE = {"kerberos": 5, "o365": 9, "vpn": 1.0, "smb": 4, "wiki": 1.5, "imap": 0.0}

DEPARTMENTS = (
    Department("engineering", 0.26, _OFFICE | {"git": 6, "ssh": 5, "sql": 1, "rdp": 0.3}),
    Department("sales", 0.19, _OFFICE | {"crm": 7, "erp": 0.5}),
    Department("support", 0.15, _OFFICE | {"crm": 5, "rdp": 1.5, "ssh": 0.5}, shifts=True),
    Department("finance", 0.09, _OFFICE | {"erp": 7, "sql": 1.5}),
    Department("operations", 0.12, _OFFICE | {"erp": 4, "rdp": 1.2, "sql": 0.4}, shifts=True),
    Department("marketing", 0.08, _OFFICE | {"crm": 2, "smb": 7}),
    Department("hr", 0.04, _OFFICE | {"erp": 3}),
    Department("legal", 0.02, _OFFICE | {"erp": 0.7, "smb": 6}),
    Department("it", 0.05, _OFFICE | {"ssh": 7, "rdp": 6, "sql": 1.5, "git": 1}),
)

OFFICES = ("US", "DE", "GB", "IN", "PL")
OFFICE_SHARES = (0.42, 0.22, 0.14, 0.14, 0.08)
OFFSETS_H = {"US": -5.0, "DE": 1.0, "GB": 0.0, "IN": 5.5, "PL": 1.0}


@dataclass(frozen=True)
class Company:
    """The company: one row a person in `users`, one row a host in `hosts`.

    `users`: user, department (a name), office (a country), workstation. `hosts`: host, app (what it serves),
    department ('' = everyone's). The arrays repeat the columns in the form the generators need.
    """

    users: pl.DataFrame
    hosts: pl.DataFrame
    department: Ints
    office: Ints
    workstation: Names
    names: Names

    @property
    def size(self) -> int:
        """How many people work here."""
        return len(self.names)

    def of(self, department: str) -> Ints:
        """The numbers of the people of a department."""
        wanted = [d.name for d in DEPARTMENTS].index(department)
        return np.flatnonzero(self.department == wanted)

    def servers(self, *apps: str) -> Names:
        """The hosts that serve these applications; every host when none is named."""
        chosen = self.hosts if not apps else self.hosts.filter(pl.col("app").is_in(apps))
        return chosen["host"].to_numpy()


def found(users: int, rng: np.random.Generator) -> Company:
    """Found a company of `users` people (at least 50); hosts grow with the people."""
    shares = np.array([d.share for d in DEPARTMENTS])
    department = rng.permutation(np.searchsorted(np.cumsum(shares), (np.arange(users) + 0.5) / users))
    office = rng.choice(len(OFFICES), users, p=OFFICE_SHARES)
    names = _people(users, rng)
    workstation = np.array([f"ws-{number:04d}" for number in range(1, users + 1)], dtype=object)
    table = pl.DataFrame(
        {
            "user": names.tolist(),
            "department": [DEPARTMENTS[number].name for number in department],
            "office": [OFFICES[number] for number in office],
            "workstation": workstation.tolist(),
        }
    )
    return Company(table, _hosts(users), department, office, workstation, names)


def _people(users: int, rng: np.random.Generator) -> Names:
    """Distinct user names such as `nora.lang`; a number is added when the names run out."""
    pairs = rng.permutation(len(GIVEN) * len(FAMILY))
    wrapped = pairs[np.arange(users) % len(pairs)]
    again = np.arange(users) // len(pairs)
    stems = [f"{GIVEN[pair % len(GIVEN)]}.{FAMILY[pair // len(GIVEN)]}" for pair in wrapped]
    return np.array(
        [stem + (str(turn + 1) if turn else "") for stem, turn in zip(stems, again, strict=True)],
        dtype=object,
    )


def _hosts(users: int) -> pl.DataFrame:
    """The servers: shared applications belong to everyone, the others are split over those who use them."""
    rows = []
    for app in APPS:
        owners = [""] if app.shared else [d.name for d in DEPARTMENTS if d.habits.get(app.name)]
        count = app.hosts if app.shared else max(2 * len(owners), round(app.hosts * users / 1_000))
        for number in range(count):
            owner = owners[number % len(owners)]
            rows.append((_host_name(app, owner, number // len(owners), number), app.name, owner))
    return pl.DataFrame(rows, schema=["host", "app", "department"], orient="row")


def _host_name(app: App, owner: str, of_owner: int, number: int) -> str:
    if app.hosts == 1:
        return app.named
    if app.name == "smb":
        return f"{app.named}-{owner}-{of_owner + 1:02d}"
    return f"{app.named}{number + 1:02d}" if app.shared else f"{app.named}-{number + 1:03d}"


def address(numbers: Ints) -> Names:
    """Addresses of 198.18.0.0/15 by number (0 to 131,071, wrapping).

    >>> address(np.array([0, 65_537])).tolist()
    ['198.18.0.0', '198.19.0.1']
    """
    wrapped = numbers % 131_072
    return np.array([f"198.{18 + (n >> 16)}.{(n >> 8) & 255}.{n & 255}" for n in wrapped.tolist()], dtype=object)


def lognormal(rng: np.random.Generator, median: Floats | float, spread: Floats | float, size: int) -> Floats:
    """Lognormal draws by their median and the standard deviation of their logarithm."""
    draws: Floats = np.asarray(median) * np.exp(np.asarray(spread) * rng.standard_normal(size))
    return draws
