"""What played searches leave, made up for tests: as tables, and as the files that the process writes."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from sidecar.demo.played import Played

HOUR_S = 3_600.0


def notable(raised_s: float, entity: str, entity_type: str = "user", **more: str) -> dict[str, Any]:
    row = {
        "entity_type": entity_type, "entity": entity, "ai_risk_sum": "120", "ai_events": "5",
        "ai_reasons": "dest=db-1 never seen (+2.5); hour of day=03:00 unusual (+1.2)", "ai_behaviours": "place, reach",
    }  # fmt: skip
    return {"time_s": raised_s, "severity": more.pop("severity", "medium"), "row": json.dumps(row | more)}


def write(
    folder: Path,
    *,
    runs: Sequence[tuple[str, float, str]] = (),
    records: Sequence[tuple[float, str, int, int]] = (),
    kept: Sequence[tuple[float, str, str, str]] = (),
    risk: Sequence[tuple[float, str, str]] = (),
    notables: Sequence[dict[str, Any]] = (),
) -> Path:
    """The files; a table without rows is an empty file, as when a search gives nothing."""
    tables = {
        "runs": (runs, ["name", "scheduled_s", "error"]),
        "records": (records, ["_time", "ai_record", "rows", "unscored"]),
        "kept": (kept, ["_time", "user", "src", "dest"]),
        "risk": (risk, ["_time", "risk_object", "risk_object_type"]),
    }
    for name, (rows, columns) in tables.items():
        table = pl.DataFrame(list(rows), schema=columns, orient="row") if rows else pl.DataFrame()
        table.write_csv(folder / f"{name}.csv")
    pl.DataFrame(list(notables)).write_csv(folder / "notables.csv")
    return folder


def nothing_played() -> Played:
    """Searches that ran and found nothing."""
    runs = pl.DataFrame({"name": ["a"], "scheduled_s": [0.0], "error": [""]})
    records = pl.DataFrame(
        schema={"_time": pl.Float64, "ai_record": pl.String, "rows": pl.Float64, "unscored": pl.Float64}
    )
    kept = pl.DataFrame(schema={"_time": pl.Float64, "user": pl.String, "src": pl.String, "dest": pl.String})
    risk = pl.DataFrame(schema={"_time": pl.Float64, "risk_object": pl.String, "risk_object_type": pl.String})
    notables = pl.DataFrame(schema={"time_s": pl.Float64, "severity": pl.String, "row": pl.String})
    return Played(runs, records, kept, risk, notables)
