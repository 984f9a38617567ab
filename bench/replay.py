"""Days of events played through the app's own searches, with a sidecar of its own: what was kept, what was raised."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sidecar.demo.service import serving
from tests.splunkd import site
from tests.splunkd.dispatch import RunReport
from tests.splunkd.play import Play, play
from tests.splunkd.splunk import Splunk


@dataclass(frozen=True)
class Replayed:
    """notables: time_s, entity_type, entity. rows: _time, entity_type, entity of every row above the lowest band.

    events: how many were scored; runs: of searches; seconds: by search.
    """

    notables: pl.DataFrame
    rows: pl.DataFrame
    events: int
    runs: int
    seconds: dict[str, float]


def replayed(what: Play, told: Callable[[RunReport], None] = lambda _: None) -> Replayed:
    """Play it. Raises RuntimeError where a run failed."""
    seconds: Counter[str] = Counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "home", Path(folder) / "log") as service,
        Splunk(Path(folder) / "splunk", now_s=what.begins_s) as splunk,
    ):
        site.connect(splunk, service.url, service.secret.read_text(encoding="utf-8").strip())
        reports = play(splunk, what, told)
        wrong = [f"{report.name}: {report.error}" for report in reports if report.error]
        if wrong:
            raise RuntimeError(f"{len(wrong)} runs failed, the first: {wrong[0]}")
        for report in reports:
            seconds[report.name] += report.seconds
        rows = _asked(
            splunk,
            what,
            f'| `aiscore_rows("{what.recipe}")` | `aiscore_band` | `aiscore_entities` '
            "| table _time entity_type entity ai_news ai_band ai_same",
        )
        runs = _asked(splunk, what, "| search `aiscore_index` ai_record=run | stats sum(rows) AS rows")
        raised = [(one.time_s, str(one.row["entity_type"]), str(one.row["entity"])) for one in splunk.desk.notables]
    notables = pl.DataFrame(raised, ["time_s", "entity_type", "entity"], orient="row")
    return Replayed(notables, rows, int(float(runs["rows"][0])), len(reports), dict(seconds))


def _asked(splunk: Splunk, what: Play, text: str) -> pl.DataFrame:
    return splunk.search(text, f"{what.begins_s:.0f}", f"{what.ends_s + site.DAY_S:.0f}")
