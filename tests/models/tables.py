"""Small tables of events for the tests: who signs in where, day after day."""

from __future__ import annotations

import numpy as np
import polars as pl

DAY_S = 86_400
START_S = 1_700_006_400  # midnight UTC


def sign_ins(days: int = 6, users: int = 8, a_day: int = 12, seed: int = 1) -> pl.DataFrame:
    """Every user signs in to three own hosts, now and then to one of many others; ascending in time; all strings."""
    rng = np.random.default_rng(seed)
    rows = days * users * a_day
    user = np.tile(np.arange(users), days * a_day)
    host = np.where(rng.random(rows) < 0.05, rng.integers(100, 400, size=rows), user * 3 + rng.integers(3, size=rows))
    time = START_S + np.sort(rng.random(rows)) * days * DAY_S
    return pl.DataFrame(
        {
            "_time": [f"{t:.3f}" for t in time],
            "user": [f"user{u}" for u in user],
            "dest": [f"host{h}" for h in host],
            "app": rng.choice(["ssh", "rdp", "web"], rows, p=[0.2, 0.3, 0.5]).tolist(),
            "bytes": [f"{b:.0f}" for b in rng.lognormal(8, 1, rows)],
        }
    )


def one(**cells: str) -> pl.DataFrame:
    """One event a day after the last of `sign_ins()`; name cells to change them."""
    usual = {"_time": str(START_S + 7 * DAY_S), "user": "user1", "dest": "host4", "app": "web", "bytes": "3000"}
    return pl.DataFrame({name: [value] for name, value in {**usual, **cells}.items()})
