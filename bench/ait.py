"""AIT-ADS as tables: real alerts of five enterprise test networks, per host and five minutes.

Landauer, Skopik and Wurzenberger (2024), "Introducing a New Alert Data Set for Multi-Step Attack Analysis".
The data are not part of this project; see docs/real-data.md.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

WINDOW_S = 300
BACKGROUND = ("-", "dnsteal")
"""Event labels that make no window positive: no attack, and a leak that covers days of background traffic."""


def find_data(start: Path) -> Path | None:
    """The folder `shared/data` beside the project or above it, if there is one."""
    for folder in (start, *start.parents):
        if (folder / "shared" / "data" / "ait_ads").is_dir():
            return folder / "shared" / "data"
    return None


def networks(data: Path) -> list[str]:
    """The networks of a data folder, by name."""
    return sorted(path.name.removesuffix(".csv.gz") for path in (data / "ait_ads").glob("*.csv.gz"))


def windows(data: Path, network: str) -> pl.DataFrame:
    """One row per host and five minutes, as `bin _time span=5m | stats ... BY _time host` gives it."""
    alerts = pl.read_csv(data / "ait_ads" / f"{network}.csv.gz")
    attack = ~pl.col("event_label").is_in(BACKGROUND)
    return (
        alerts.with_columns(_time=pl.col("time") // WINDOW_S * WINDOW_S)
        .group_by("_time", "host")
        .agg(
            short=pl.col("short").unique().sort().str.join("\n"),
            count=pl.len(),
            types=pl.col("short").n_unique(),
            ips=pl.col("ip").n_unique(),
            label=attack.any().cast(pl.Int8),
        )
        .sort("_time", "host")
    )
