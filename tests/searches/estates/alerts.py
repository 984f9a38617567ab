"""Some hundred alerts a day on thirty hosts, each with its own usual ones; on the last day web-03 is broken into."""

from __future__ import annotations

import numpy as np
import polars as pl

from tests.searches.part import DAY_S, HOUR_S, Days, Part

TAGS = ("alert",)
SAMPLE = {"dest": "db", "signature": "port scan", "src": "10.0.0.9"}
_QUIET_SIGNATURES = ("Failed password", "New package installed", "Integrity checksum changed", "Web 404 burst")
_ATTACK_SIGNATURES = ("Web shell upload", "Privilege escalation attempt", "New user in sudoers", "Credential dump")


def part(days: Days) -> Part:
    """Alerts as other tools raise them, one at a time."""
    rng = np.random.default_rng(days.seed)
    rows = 300 * days.count
    host = rng.zipf(1.5, rows) % 30
    quiet = pl.DataFrame(
        {
            "_time": np.sort(days.starts_s + rng.uniform(0, days.count * DAY_S, rows)),
            "dest": [f"web-{number:02d}" if number < 10 else f"srv-{number:02d}" for number in host],
            "signature": [_QUIET_SIGNATURES[number % 4] for number in host + rng.integers(2, size=rows)],
            "src": [f"10.0.0.{number}" for number in rng.integers(1, 40, rows)],
        }
    )
    at_s = days.last_day_s + 9 * HOUR_S + np.sort(rng.uniform(0, 1500, 24))
    attack = pl.DataFrame(
        {
            "_time": at_s,
            "dest": ["web-03"] * 24,
            "signature": [_ATTACK_SIGNATURES[number // 6] for number in range(24)],
            "src": ["203.0.113.9"] * 24,
        }
    )
    return Part(pl.concat([quiet, attack]).sort("_time"), (("system", "web-03"),))
