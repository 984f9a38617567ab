"""A small estate to run the searches over: sign-ins of the simulated company, and alerts and connections beside it.

Ten ordinary days and one more, in which a password is stolen, a host is scanned from and sends data out, and another
host has alerts that it never had. Everything is invented, and the same seed gives the same events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.simulator import Story, simulate
from models.simulator.stories import stolen_credentials

DAYS = 11
HOUR_S, DAY_S = 3600, 86_400
_QUIET_SIGNATURES = ("Failed password", "New package installed", "Integrity checksum changed", "Web 404 burst")
_ATTACK_SIGNATURES = ("Web shell upload", "Privilege escalation attempt", "New user in sudoers", "Credential dump")


@dataclass(frozen=True)
class Estate:
    """Events by index, the truth about the last day, and when it begins (epoch seconds)."""

    auth: pl.DataFrame
    alerts: pl.DataFrame
    network: pl.DataFrame
    stories: tuple[Story, ...]
    attacked_alert_host: str
    attacked_network_host: str
    starts_s: float
    last_day_s: float


def estate(users: int = 120, seed: int = 7) -> Estate:
    """The estate of a seed. The sign-ins lack what a recipe's searches compute, as Splunk's events would."""
    company = simulate(seed=seed, users=users, days=DAYS, stories=[(DAYS - 1, stolen_credentials)])
    starts_s = float(company.events["_time"].min() // DAY_S * DAY_S)  # type: ignore[operator]
    last_day_s = starts_s + (DAYS - 1) * DAY_S
    auth = company.events.select("_time", "user", "src", "src_country", "dest", "app", "action", "bytes_out")
    rng = np.random.default_rng(seed)
    return Estate(
        auth,
        _alerts(rng, starts_s, last_day_s),
        _network(rng, starts_s, last_day_s),
        company.stories,
        "web-03",
        "ws-011",
        starts_s,
        last_day_s,
    )


def _alerts(rng: np.random.Generator, starts_s: float, last_day_s: float) -> pl.DataFrame:
    """Some hundred alerts a day on thirty hosts, each with its own usual ones; then web-03 is broken into."""
    rows = 300 * DAYS
    host = rng.zipf(1.5, rows) % 30
    quiet = pl.DataFrame(
        {
            "_time": np.sort(starts_s + rng.uniform(0, DAYS * DAY_S, rows)),
            "dest": [f"web-{number:02d}" if number < 10 else f"srv-{number:02d}" for number in host],
            "signature": [_QUIET_SIGNATURES[number % 4] for number in host + rng.integers(2, size=rows)],
            "src": [f"10.0.0.{number}" for number in rng.integers(1, 40, rows)],
        }
    )
    at_s = last_day_s + 9 * HOUR_S + np.sort(rng.uniform(0, 1500, 24))
    attack = pl.DataFrame(
        {
            "_time": at_s,
            "dest": ["web-03"] * 24,
            "signature": [_ATTACK_SIGNATURES[number // 6] for number in range(24)],
            "src": ["203.0.113.9"] * 24,
        }
    )
    return pl.concat([quiet, attack]).sort("_time")


def _network(rng: np.random.Generator, starts_s: float, last_day_s: float) -> pl.DataFrame:
    """Forty machines with a few destinations each; then ws-011 tries many hosts and sends a lot to a stranger."""
    rows = 2_500 * DAYS
    source = rng.integers(40, size=rows)
    dest = (source * 3 + rng.integers(6, size=rows)) % 60
    busy_s = rng.triangular(6, 13, 21, rows) * HOUR_S
    quiet = pl.DataFrame(
        {
            "_time": np.sort(starts_s + rng.integers(DAYS, size=rows) * DAY_S + busy_s),
            "src": [f"ws-{number:03d}" for number in source],
            "dest": [f"app-{number:02d}" for number in dest],
            "dest_port": [("443", "445", "22")[number % 3] for number in dest],
            "transport": ["tcp"] * rows,
            "action": ["allowed"] * rows,
            "bytes_out": rng.lognormal(8, 1, rows).astype(np.int64),
            "bytes_in": rng.lognormal(9, 1, rows).astype(np.int64),
        }
    )
    scan, sent = 200, 12
    attack = pl.DataFrame(
        {
            "_time": np.concatenate(
                [
                    last_day_s + 11 * HOUR_S + np.sort(rng.uniform(0, 900, scan)),
                    last_day_s + 11.5 * HOUR_S + np.arange(sent) * 120,
                ]
            ),
            "src": ["ws-011"] * (scan + sent),
            "dest": [f"10.9.{number // 100}.{number % 100}" for number in range(scan)] + ["203.0.113.77"] * sent,
            "dest_port": [str(port) for port in rng.integers(1, 9000, scan)] + ["8443"] * sent,
            "transport": ["tcp"] * (scan + sent),
            "action": ["blocked"] * scan + ["allowed"] * sent,
            "bytes_out": [60] * scan + [80_000_000] * sent,
            "bytes_in": [0] * scan + [4_000] * sent,
        }
    )
    return pl.concat([quiet, attack], how="vertical_relaxed").sort("_time")
