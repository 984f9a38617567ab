"""AIT-ADS through the shipped `alerts` searches: how many notables a network has a day, and which phases they show.

Each network is played on its own, after a history made of the others, one after the other and moved in time by
whole days to lie before it. The model is the one that the first fit makes of that history.

A phase is covered by a notable if a row of its entity that counts (at or above the lowest band, with a behaviour)
overlaps the phase, from 24 hours before the notable was raised, which it stacks, to 24 hours after, which its drilldown
shows while the entity is throttled. Stricter: only rows before it was raised; or only rows that hold a labelled alert.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from bench import document
from bench.ait import BACKGROUND, WINDOW_S, networks
from bench.replay import Replayed, replayed
from tests.splunkd.play import Play

DAY_S = 86_400
NO_ATTACK = "false_positive"
"""Phases whose names begin so are the attacker's tests on other days, no attacks."""


@dataclass(frozen=True)
class Shown:
    """What came of one network. phases: phase -> how it is shown: covered, labelled, strict (booleans)."""

    network: str
    days: float
    alerts: int
    notables: int
    phases: dict[str, dict[str, bool]]

    def share(self, how: str) -> float:
        """The share of phases shown so."""
        return sum(phase[how] for phase in self.phases.values()) / len(self.phases)


def shown(network: str, data: Path) -> Shown:
    """Play one network and judge it."""
    own = _alerts(data, network)
    events = own.drop("attack")
    played = replayed(Play(_history(data, network), events, recipe="alerts", rules=False))
    attacks = own.filter("attack").select(
        (pl.col("_time") // WINDOW_S * WINDOW_S).alias("_time"), pl.col("dest").alias("entity"), attack=True
    )
    rows = played.rows.select("_time", "entity").with_columns(pl.col("_time").cast(pl.Float64)).unique()
    rows = rows.join(attacks.unique(), on=["_time", "entity"], how="left").with_columns(
        pl.col("attack").fill_null(False)
    )
    days = (own["_time"].max() - own["_time"].min()) / DAY_S  # type: ignore[operator]
    phases = {phase: _judged(played, rows, *span) for phase, span in _phases(data, network).items()}
    return Shown(network, round(days, 2), own.height, played.notables.height, phases)


def _alerts(data: Path, network: str) -> pl.DataFrame:
    table = pl.read_csv(data / "ait_ads" / f"{network}.csv.gz")
    return table.select(
        pl.col("time").cast(pl.Float64).alias("_time"),
        pl.col("host").alias("dest"),
        pl.col("short").alias("signature"),
        pl.col("ip").alias("src"),
        attack=~pl.col("event_label").is_in(BACKGROUND),
    ).sort("_time")


def _history(data: Path, network: str) -> pl.DataFrame:
    """The other networks, one after the other, ending before the first day of this one."""
    ends_s = float(_alerts(data, network)["_time"].min()) // DAY_S * DAY_S  # type: ignore[arg-type]
    parts = []
    for other in [name for name in networks(data) if name != network][::-1]:
        table = _alerts(data, other).drop("attack")
        last_day = float(table["_time"].max()) // DAY_S * DAY_S + DAY_S  # type: ignore[arg-type]
        parts.append(table.with_columns(pl.col("_time") + (ends_s - last_day)))
        ends_s = float(parts[-1]["_time"].min()) // DAY_S * DAY_S  # type: ignore[arg-type]
    return pl.concat(parts[::-1])


def _phases(data: Path, network: str) -> dict[str, tuple[float, float]]:
    """The attack phases, (from, to) in epoch seconds."""
    table = pl.read_csv(data / "ait_ads" / "attack_phases.csv").filter(
        pl.col("scenario") == network, ~pl.col("phase").str.starts_with(NO_ATTACK)
    )
    spans = table.with_columns(pl.col("start_utc", "end_utc").str.to_datetime().dt.epoch("s"))
    return {row["phase"]: (row["start_utc"], row["end_utc"]) for row in spans.iter_rows(named=True)}


def _judged(played: Replayed, rows: pl.DataFrame, from_s: float, to_s: float) -> dict[str, bool]:
    """How the notables show what happened between the two moments."""
    there = rows.filter((pl.col("_time") < to_s) & (pl.col("_time") + WINDOW_S > from_s))
    pairs = there.join(played.notables, on="entity")
    near = pairs.filter((pl.col("_time") - pl.col("time_s")).abs() <= DAY_S)
    return {
        "covered": not near.is_empty(),
        "labelled": bool(near["attack"].any()),
        "strict": not near.filter(pl.col("_time") < pl.col("time_s")).is_empty(),
    }


def measured(data: Path, at_once: int = 2) -> dict[str, Any]:
    """The figures of all networks."""
    names = networks(data)
    with ProcessPoolExecutor(at_once) as pool:
        return results_of(list(pool.map(shown, names, [data] * len(names))))


def results_of(found: list[Shown]) -> dict[str, Any]:
    """The figures for quality.json: means over the networks."""
    days = sum(one.days for one in found)
    return {
        "ait_notables_per_network_day": round(sum(one.notables for one in found) / days, 2),
        "ait_phases_with_notable": _mean(found, "covered"),
        "ait_phases_with_notable_labelled": _mean(found, "labelled"),
        "ait_phases_with_notable_strict": _mean(found, "strict"),
        "ait_notables": [asdict(one) for one in found],
    }


def _mean(found: list[Shown], how: str) -> float:
    return round(sum(one.share(how) for one in found) / len(found), 3)


def rows_of(found: list[Shown]) -> list[list[str]]:
    """One row of text per network."""
    return [
        [one.network, f"{one.alerts:,}", str(one.notables), f"{one.notables / one.days:.1f}",
         *(f"{one.share(how):.0%}" for how in ("covered", "labelled", "strict")),
         ", ".join(name.replace("_", " ") for name, how in one.phases.items() if not how["covered"]) or "none"]
        for one in found
    ]  # fmt: skip


HEADS = [
    "network",
    "alerts",
    "notables",
    "a day",
    "phases covered",
    "by labelled rows",
    "before it was raised",
    "not shown",
]


def lines_of(results: dict[str, Any]) -> list[str]:
    """The table, and its means, in Markdown."""
    found = [Shown(**one) for one in results["ait_notables"]]
    return [
        *document.table(HEADS, rows_of(found)),
        "",
        f"{results['ait_notables_per_network_day']} notables a network and day; "
        f"{results['ait_phases_with_notable']:.0%} of the phases covered, "
        f"{results['ait_phases_with_notable_labelled']:.0%} by rows that hold a labelled alert, "
        f"{results['ait_phases_with_notable_strict']:.0%} by rows before the notable was raised.",
    ]
