"""What machines do by themselves: service accounts, backups, deployments, a scanner, the month's end."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.simulator.clock import DAY_S, HOUR_S, Clock, Floats, Names
from models.simulator.company import APP, Company, lognormal
from models.simulator.events import draft, nothing, pick
from models.simulator.habits import Habits

_GUESSED = (
    "admin",
    "administrator",
    "root",
    "guest",
    "test",
    "oracle",
    "postgres",
    "sa",
    "backup",
    "support",
    "cisco",
    "ubnt",
)
_SITE = "DE"  # where the machine room stands


def machine_work(company: Company, habits: Habits, clock: Clock, rng: np.random.Generator) -> pl.DataFrame:
    """The draft of all events that no person causes."""
    days = range(clock.days)
    working = [day for day in days if not clock.weekend()[day]]
    return pl.concat(
        [
            services(company, clock, rng),
            *[backup(company, day, rng) for day in days],
            *[scan(company, day, rng) for day in days if day % 3 == 0],
            *[deployments(company, day, rng) for day in working],
            expired_service(company, 4.1, rng),
            expired_service(company, clock.days - 2.7, rng),
            month_end(company, habits, clock.days - 3, rng),
        ]
    )


@dataclass(frozen=True)
class Job:
    """A regular job: who runs it, from where, which hosts it visits with which application, how often."""

    user: str
    src: str
    app: str
    hosts: Names
    every_s: float
    bytes_out: float


def services(company: Company, clock: Clock, rng: np.random.Generator) -> pl.DataFrame:
    """Service accounts that visit their few hosts day and night; 1 in 500 visits fails."""
    count = max(4, round(company.size / 33))
    return pl.concat([_job_runs(job, clock, rng) for job in _jobs(company, count, rng)] + [nothing()])


def _jobs(company: Company, count: int, rng: np.random.Generator) -> list[Job]:
    apps = rng.choice(["sql", "smb", "ssh", "erp", "rdp"], count, p=[0.35, 0.2, 0.25, 0.1, 0.1])
    jobs = []
    for number, app in enumerate(apps, start=1):
        pool = company.servers(str(app))
        hosts = rng.choice(pool, min(len(pool), int(rng.integers(1, 6))), replace=False)
        every_s = float(rng.choice([300, 600, 900, 1_800, 3_600]))
        jobs.append(Job(f"svc_{app}{number:02d}", f"job{number % 9 + 1:02d}", str(app), hosts, every_s, 2e6))
    return jobs


def _job_runs(job: Job, clock: Clock, rng: np.random.Generator) -> pl.DataFrame:
    starts = np.arange(rng.random() * job.every_s, clock.end_s, job.every_s)
    at_s = starts + 0.02 * job.every_s * rng.random(len(starts))
    failed = rng.random(len(at_s)) < 0.002
    volume = np.where(failed, 0, lognormal(rng, job.bytes_out, 0.5, len(at_s))).astype(np.int64)
    return _by_machine(
        job.user,
        job.src,
        job.app,
        pick(job.hosts, np.arange(len(at_s)) % len(job.hosts)),
        at_s,
        failed,
        volume,
    )


def _by_machine(
    user: str, src: str, app: str, dest: pl.Series, at_s: Floats, failed: np.ndarray, volume: np.ndarray
) -> pl.DataFrame:
    action = pick(("success", "failure"), failed.astype(np.int64))
    return draft(at_s, user=user, src=src, src_country=_SITE, dest=dest, app=app, action=action, bytes_out=volume)


def backup(company: Company, day: int, rng: np.random.Generator) -> pl.DataFrame:
    """Every night one account reads gigabytes from every server within three hours."""
    hosts = rng.permutation(company.servers("smb", "sql", "ssh", "rdp", "erp", "git"))
    at_s = day * DAY_S + HOUR_S + np.sort(rng.random(len(hosts))) * 3 * HOUR_S
    volume = lognormal(rng, 6e9, 1.0, len(hosts)).astype(np.int64)
    failed = rng.random(len(hosts)) < 0.02
    return _by_machine(
        "svc_backup",
        "backup01",
        "smb",
        pick(hosts, np.arange(len(hosts))),
        at_s,
        failed,
        np.where(failed, 0, volume),
    )


def scan(company: Company, day: int, rng: np.random.Generator) -> pl.DataFrame:
    """A vulnerability scanner tries well-known accounts on a quarter of the servers; nearly all of it
    fails."""
    hosts = company.servers("ssh", "rdp", "sql", "erp", "crm", "wiki")
    hosts = rng.choice(hosts, max(5, len(hosts) // 4), replace=False)
    host, guess = np.divmod(rng.permutation(len(hosts) * len(_GUESSED)), len(_GUESSED))
    at_s = day * DAY_S + 22 * HOUR_S + np.linspace(0, 1.5 * HOUR_S, len(host)) + rng.random(len(host))
    return draft(
        at_s,
        action="failure",
        user=pick(_GUESSED, guess),
        src="scan01",
        src_country=_SITE,
        dest=pick(hosts, host),
        app="ssh",
    )


def deployments(company: Company, day: int, rng: np.random.Generator) -> pl.DataFrame:
    """Two to four times a working day the release account signs in to most Linux servers at once."""
    hosts = company.servers("ssh")
    drafts = []
    for hour in 8 + 10 * rng.random(int(rng.integers(2, 5))):
        wave = rng.permutation(hosts)[: int(len(hosts) * rng.uniform(0.4, 1))]
        at_s = day * DAY_S + hour * HOUR_S + np.sort(rng.random(len(wave))) * 900
        drafts.append(
            _by_machine(
                "svc_deploy",
                "build01",
                "ssh",
                pick(wave, np.arange(len(wave))),
                at_s,
                rng.random(len(wave)) < 0.01,
                np.full(len(wave), 400_000),
            )
        )
    return pl.concat(drafts)


def expired_service(company: Company, begins_day: float, rng: np.random.Generator) -> pl.DataFrame:
    """The password of a reporting account expires; it fails every minute or so until somebody notices."""
    at_s = begins_day * DAY_S + np.arange(0, rng.uniform(16, 30) * HOUR_S, 55.0)
    dest = pick(company.servers("sql")[:2], np.arange(len(at_s)) % 2)
    return _by_machine(
        "svc_reports", "job01", "sql", dest, at_s, np.ones(len(at_s), bool), np.zeros(len(at_s), np.int64)
    )


def month_end(company: Company, habits: Habits, day: int, rng: np.random.Generator) -> pl.DataFrame:
    """The month is closed: finance works into the night on large extracts, a batch account reads every
    database."""
    databases = company.servers("sql", "erp")
    batch_s = day * DAY_S + 20 * HOUR_S + np.sort(rng.random(8 * len(databases))) * 4 * HOUR_S
    batch = _by_machine(
        "svc_batch",
        "job02",
        "sql",
        pick(databases, np.arange(len(batch_s)) % len(databases)),
        batch_s,
        rng.random(len(batch_s)) < 0.02,
        lognormal(rng, 1.5e9, 0.8, len(batch_s)).astype(np.int64),
    )
    people = company.of("finance")
    return pl.concat([batch, *[_closing(company, habits, int(p), day, rng) for p in people if rng.random() < 0.6]])


def _closing(company: Company, habits: Habits, person: int, day: int, rng: np.random.Generator) -> pl.DataFrame:
    """One person's evening at the month's end: the usual applications, unusual hours and volumes."""
    size = int(rng.integers(10, 30))
    at_s = day * DAY_S + (17 + rng.integers(0, 2) * 24 + 6 * rng.random(size)) * HOUR_S
    app = rng.choice(["erp", "sql"], size)
    column = np.where(app == "erp", APP["erp"], APP["sql"])
    servers = habits.servers[person, column, rng.integers(0, 3, size)]
    return draft(
        at_s,
        user=str(company.names[person]),
        src=str(company.workstation[person]),
        src_country=str(company.users["office"][person]),
        dest=pick(company.servers(), servers),
        app=pl.Series(app.tolist()),
        bytes_out=lognormal(rng, 1.5e8, 1.2, size).astype(np.int64),
    )
