"""Stolen credentials: a sign-in from a country where its owner is not, then from host to host inside."""

import numpy as np
import polars as pl

from models.simulator.clock import HOUR_S
from models.simulator.company import address, lognormal
from models.simulator.events import draft, pick
from models.simulator.habits import OFFICE
from models.simulator.stories.scene import Scene, Told, unknown_machine

NAME = "stolen_credentials"


def stolen_credentials(
    scene: Scene,
    rng: np.random.Generator,
    day: int,
    *,
    department: str = "finance",
    country: str = "RO",
    prompts: int = 6,
    hosts: int = 14,
    hours: float = 5.0,
) -> Told:
    """Play the story on `day` (0 = the first).

    Somebody of `department` is at work when the stolen password is used from `country`: `prompts` are
    refused, one is not; mail is read and the VPN opened; then an unknown machine inside signs in to `hosts`
    servers within `hours`. Fewer prompts, fewer hosts and more hours make it quieter.
    """
    in_office = scene.habits.mode[:, day] == OFFICE
    victim = scene.someone(rng, department, day, in_office)
    first = scene.at_s(victim, day, float(scene.habits.starts_h[victim]) + 1.5 + rng.random())
    user = str(scene.company.names[victim])
    outside = address(40_000 + rng.integers(0, 80_000, 1))[0]
    entry = _entry(user, outside, country, first, prompts, rng)
    events = pl.concat([entry, _inside(scene, victim, first, hosts, hours, rng)])
    what = (
        f"{user}'s password is used from {country} while {user} works in the office; after {prompts} refused prompts "
        f"one is accepted, and {hosts} hosts are visited within {hours:g} hours from an unknown machine"
    )
    return scene.told(NAME, what, events, country=country, prompts=prompts, hosts=hosts, hours=hours)


def _entry(user: str, src: str, country: str, first: float, prompts: int, rng: np.random.Generator) -> pl.DataFrame:
    """From the internet: prompts that the owner refuses until tired of them, then mail and the VPN."""
    refused = first + np.cumsum(20 + 40 * rng.random(prompts))
    apps = ["o365", "o365", "vpn", "o365"]
    accepted = first + 60 * prompts + np.cumsum(30 + 120 * rng.random(len(apps)))
    return draft(
        np.concatenate([refused, accepted]),
        user=user,
        src=src,
        src_country=country,
        app=pl.Series(["o365"] * prompts + apps),
        dest=pl.Series(["o365"] * prompts + ["vpn01" if app == "vpn" else "o365" for app in apps]),
        action=pl.Series(["failure"] * prompts + ["success"] * len(apps)),
        bytes_out=np.concatenate([np.zeros(prompts), lognormal(rng, 6e5, 0.8, len(apps))]).astype(np.int64),
        story=NAME,
    )


def _inside(
    scene: Scene, victim: int, first: float, hosts: int, hours: float, rng: np.random.Generator
) -> pl.DataFrame:
    """From host to host: a domain controller, file shares of others, servers by remote desktop."""
    company = scene.company
    table = company.hosts.filter(pl.col("app").is_in(["rdp", "smb", "sql", "kerberos"]))
    chosen = np.sort(rng.choice(len(table), min(hosts, len(table)), replace=False))
    order = rng.permutation(len(chosen))
    at_s = first + 0.5 * HOUR_S + np.sort(rng.random(len(chosen))) * hours * HOUR_S
    failed = rng.random(len(chosen)) < 0.15
    return draft(
        at_s,
        user=str(company.names[victim]),
        src=unknown_machine(rng),
        src_country=str(company.users["office"][victim]),
        dest=pick(table["host"].to_list(), chosen[order]),
        app=pick(table["app"].to_list(), chosen[order]),
        action=pick(("success", "failure"), failed.astype(np.int64)),
        bytes_out=np.where(failed, 0, lognormal(rng, 3e6, 1.2, len(chosen))).astype(np.int64),
        story=NAME,
    )
