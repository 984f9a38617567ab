"""Administrators at work: on-call incidents and patch evenings that touch many hosts, at odd hours."""

import numpy as np
import polars as pl

from models.simulator.clock import DAY_S, HOUR_S, Clock
from models.simulator.company import Company
from models.simulator.events import draft, nothing, pick


def administration(company: Company, clock: Clock, rng: np.random.Generator) -> pl.DataFrame:
    """The draft of the administrators' rounds: several a day by those on call, patches every Tuesday."""
    on_call = rng.permutation(company.of("it"))
    drafts = [nothing()]
    for day in range(clock.days):
        for _ in range(rng.poisson(8.0)):
            person = int(on_call[(day // 2 + int(rng.integers(0, 12))) % len(on_call)])
            drafts.append(round_of(company, person, day + rng.uniform(0.1, 0.95), int(rng.integers(12, 60)), rng))
        if (clock.start.weekday() + day) % 7 == 1:
            team = rng.permutation(on_call)[: max(2, len(on_call) // 5)]
            drafts += [round_of(company, int(p), day + rng.uniform(0.75, 0.85), 80, rng) for p in team]
    return pl.concat(drafts)


def round_of(company: Company, person: int, begins_day: float, hosts: int, rng: np.random.Generator) -> pl.DataFrame:
    """One administrator visits many servers within an hour or three, some with a wrong password first."""
    pool = company.servers("ssh", "rdp", "sql")
    visits = rng.choice(len(pool), min(hosts, len(pool)), replace=False)
    at_s = begins_day * DAY_S + np.sort(rng.random(len(visits))) * rng.uniform(0.7, 3) * HOUR_S
    wrong = rng.random(len(visits)) < 0.06
    order = np.concatenate([np.arange(len(visits)), np.flatnonzero(wrong)])
    failed = np.concatenate([np.zeros(len(visits), np.int64), np.ones(int(wrong.sum()), np.int64)])
    dest = pool[visits][order]
    kinds = {"lnx": "ssh", "win": "rdp", "db-": "sql"}
    return draft(
        at_s[order] - 12 * failed,
        action=pick(("success", "failure"), failed),
        user=str(company.names[person]),
        src=str(company.workstation[person]),
        src_country=str(company.users["office"][person]),
        dest=pl.Series(dest.tolist(), dtype=pl.String),
        app=pl.Series([kinds[str(host)[:3]] for host in dest], dtype=pl.String),
        bytes_out=np.where(failed, 0, rng.integers(20_000, 900_000, len(order))),
    )
