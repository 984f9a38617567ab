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

KINDS = {
    "service_scan": "scan",
    "dns_scan": "scan",
    "dirb": "web scan",
    "wpscan": "web scan",
    "webshell_cmd": "web shell",
    "crack_passwords": "cracking",
    "online_cracking": "cracking",
    "attacker_change_user": "escalation",
    "escalated_sudo_command": "escalation",
}
"""The kind of attack of each event label."""
FIT = (
    "entity=host",
    "time=_time",
    "scope=network",
    "fields=short:multivalue,count:number,types:number,ips:number",
)
"""How a model of windows is fitted."""
WARM_UP = "warmup_h=24"


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
    """One row per host and five minutes, as `bin _time span=5m | stats ... BY _time host` gives it; `kinds`: the kinds
    of attack of the row, commas between."""
    attack = ~pl.col("event_label").is_in(BACKGROUND)
    kind = pl.col("event_label").replace_strict(KINDS, default="other")
    return (
        alerts(data, network)
        .with_columns(_time=pl.col("time") // WINDOW_S * WINDOW_S)
        .group_by("_time", "host")
        .agg(
            short=pl.col("short").unique().sort().str.join("\n"),
            count=pl.len(),
            types=pl.col("short").n_unique(),
            ips=pl.col("ip").n_unique(),
            label=attack.any().cast(pl.Int8),
            kinds=kind.filter(attack).unique().sort().str.join(","),
        )
        .sort("_time", "host")
        .with_columns(network=pl.lit(network))
    )


def first_attack_s(data: Path, network: str) -> int:
    """The time of the first alert of an attack, epoch seconds."""
    found = alerts(data, network).filter(~pl.col("event_label").is_in(BACKGROUND))["time"].min()
    return int(found)  # type: ignore[arg-type]


def alerts(data: Path, network: str) -> pl.DataFrame:
    """The single alerts of a network, as they come."""
    return pl.read_csv(data / "ait_ads" / f"{network}.csv.gz")
