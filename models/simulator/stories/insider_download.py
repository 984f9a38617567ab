"""Insider bulk download: somebody about to leave copies shares, databases and repositories, night after
night."""

import numpy as np
import polars as pl

from models.simulator.clock import HOUR_S
from models.simulator.company import lognormal
from models.simulator.events import draft, pick
from models.simulator.stories.scene import Scene, Told, unknown_machine

NAME = "insider_download"


def insider_download(
    scene: Scene,
    rng: np.random.Generator,
    day: int,
    *,
    department: str = "sales",
    nights: int = 2,
    sessions: int = 30,
    gigabytes: float = 25.0,
) -> Told:
    """Play the story from `day` on (0 = the first).

    On each of `nights` days, between ten at night and half past midnight, the person opens about `sessions`
    sessions on file servers, databases and repositories that mostly belong to others and reads about
    `gigabytes` in all, from a private laptop through the VPN; an eighth of the doors stay shut. Fewer
    gigabytes and more nights make it quieter.
    """
    person = scene.someone(rng, department, day, ~scene.habits.heavy())
    user = str(scene.company.names[person])
    machine = unknown_machine(rng)
    night = (scene, person, machine, sessions, gigabytes, rng)
    events = pl.concat([_night(day + n, *night) for n in range(nights)])
    what = (
        f"{user} copies about {gigabytes:g} GB a night from file servers, databases and repositories, most of them of "
        f"other departments, to a private laptop, on {nights} nights"
    )
    return scene.told(NAME, what, events, nights=nights, sessions=sessions, gigabytes=gigabytes)


def _night(
    day: int, scene: Scene, person: int, machine: str, sessions: int, gigabytes: float, rng: np.random.Generator
) -> pl.DataFrame:
    company = scene.company
    table = company.hosts.filter(pl.col("app").is_in(["smb", "sql", "git"]))
    foreign = rng.choice(len(table), min(14, len(table)), replace=False)
    size = int(rng.poisson(sessions)) + 3
    host = foreign[rng.integers(0, len(foreign), size)]
    begin = scene.at_s(person, day, 22.0 + 0.5 * rng.random())
    at_s = begin + np.sort(rng.random(size)) * 2 * HOUR_S
    parts = lognormal(rng, 1.0, 0.8, size)
    denied = rng.random(size) < 0.12
    volume = np.where(denied, 0, parts / parts.sum() * gigabytes * 1e9).astype(np.int64)
    return draft(
        at_s,
        user=str(company.names[person]),
        src=machine,
        src_country=str(company.users["office"][person]),
        dest=pick(table["host"].to_list(), host),
        app=pick(table["app"].to_list(), host),
        action=pick(("success", "failure"), denied.astype(np.int64)),
        bytes_out=volume,
        story=NAME,
    )
