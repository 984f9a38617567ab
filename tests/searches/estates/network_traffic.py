"""Forty machines with a few destinations each; then ws-011 tries many hosts and sends a lot to a stranger."""

from __future__ import annotations

import numpy as np
import polars as pl

from tests.searches.part import DAY_S, HOUR_S, Days, Part

TAGS = ("network", "communicate")
SAMPLE = {"src": "10.0.0.1", "dest": "10.0.0.2", "dest_port": "443", "transport": "tcp", "bytes_out": "7"}


def part(days: Days) -> Part:
    """Connections, one at a time."""
    rng = np.random.default_rng(days.seed)
    rows = 2_500 * days.count
    source = rng.integers(40, size=rows)
    dest = (source * 3 + rng.integers(6, size=rows)) % 60
    busy_s = rng.triangular(6, 13, 21, rows) * HOUR_S
    quiet = pl.DataFrame(
        {
            "_time": np.sort(days.starts_s + rng.integers(days.count, size=rows) * DAY_S + busy_s),
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
                    days.last_day_s + 11 * HOUR_S + np.sort(rng.uniform(0, 900, scan)),
                    days.last_day_s + 11.5 * HOUR_S + np.arange(sent) * 120,
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
    events = pl.concat([quiet, attack], how="vertical_relaxed").sort("_time")
    return Part(events, (("system", "ws-011"),))
