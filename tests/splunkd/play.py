"""Some days of a site, played through the app's own searches on their schedule: from events to risk and notables.

Fits the first model of a recipe from the days before, sets its thresholds, switches its searches on, and lets the clock
run over the days after. Each run of a search is one line of JSON on stdout, as it is done.

examples:
  python -m tests.splunkd.play --before first-10-days.csv --after last-4-days.csv --out played \\
      --sidecar http://127.0.0.1:8765 --secret-file ~/.aiscore/keys/ticket.key

In the folder of --out it leaves runs.csv (every run), records.csv (what the scoring runs noted of themselves),
thresholds.csv, kept.csv (each score in a band once), risk.csv (risk events) and notables.csv. Exit code: 0 if every run
was right, 1 if not, 2 for a wrong call.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

import polars as pl

from tests.splunkd import site
from tests.splunkd.dispatch import RunReport
from tests.splunkd.splunk import Splunk

AFTERWARDS_S = 3600
"""What happened last is scored, and told, within an hour."""
_SHOWN = ("name", "scheduled_s", "rows_in", "rows_out", "collected", "risk_events", "notables", "seconds", "error")


@dataclass(frozen=True)
class Play:
    """What is played: events of the days before (to fit from) and after, and which recipe reads them.

    `hours` ends it so many hours after midnight, 0 plays all.
    """

    before: pl.DataFrame
    after: pl.DataFrame
    recipe: str = "authentication"
    rules: bool = True
    hours: float = 0.0

    @property
    def begins_s(self) -> float:
        """Midnight before the first event of the days after."""
        return float(self.after["_time"].min()) // site.DAY_S * site.DAY_S  # type: ignore[arg-type]

    @property
    def ends_s(self) -> float:
        """When the last event has been seen by every search, unless `hours` end it before."""
        if self.hours:
            return self.begins_s + 3600 * self.hours
        return float(self.after["_time"].max()) + AFTERWARDS_S  # type: ignore[arg-type]

    @property
    def days_before(self) -> int:
        """The days to fit from."""
        return max(1, round((self.begins_s - float(self.before["_time"].min())) / site.DAY_S))  # type: ignore[arg-type]


def play(splunk: Splunk, what: Play, told: Callable[[RunReport], None] = lambda _: None) -> list[RunReport]:
    """Play it in a Splunk whose clock stands at `what.begins_s` and that knows its sidecar; a report for each run."""
    splunk.add_events(what.recipe, pl.concat([what.before, what.after]))
    site.read_from(splunk, what.recipe, what.recipe)
    site.go_live(splunk)
    reports = []
    for report in chain(site.first_fit(splunk, what.recipe, what.days_before), _scheduled(splunk, what)):
        reports.append(report)
        told(report)
    return reports


def _scheduled(splunk: Splunk, what: Play) -> Iterator[RunReport]:
    site.switch_on(splunk, [what.recipe], rules=what.rules)
    yield from splunk.run(what.ends_s)


def leave(folder: Path, splunk: Splunk, what: Play, reports: list[RunReport]) -> None:
    """Write what came of it."""
    folder.mkdir(parents=True, exist_ok=True)
    everything = {"earliest": f"{what.begins_s - 40 * site.DAY_S:.0f}", "latest": f"{what.ends_s + site.DAY_S:.0f}"}
    pl.DataFrame([_shown(report) for report in reports]).write_csv(folder / "runs.csv")
    searches = {
        "records": '| search `aiscore_index` source="AIScore - Scores" ai_record!=event | sort 0 _indextime'
        " | table _time ai_record rows unscored ai_note",
        "thresholds": "| inputlookup aiscore_thresholds",
        "kept": f'| `aiscore_rows("{what.recipe}")` | `aiscore_band` | sort 0 _time | fields - ai_raised',
        "risk": "| search `aiscore_risk_index` | sort 0 _indextime | fields - _raw",
    }
    for name, text in searches.items():
        _flat(splunk.search(text, **everything)).write_csv(folder / f"{name}.csv")
    pl.DataFrame([asdict(n) for n in splunk.desk.notables]).pipe(_as_text).write_csv(folder / "notables.csv")


def _flat(table: pl.DataFrame) -> pl.DataFrame:
    several = [name for name, dtype in table.schema.items() if dtype == pl.List(pl.String)]
    return table.with_columns(pl.col(name).list.join("||") for name in several)


def _as_text(table: pl.DataFrame) -> pl.DataFrame:
    """Fields that hold rows or lists as JSON."""
    nested = [name for name, dtype in table.schema.items() if dtype.is_nested()]
    return table.with_columns(
        pl.Series(name, [json.dumps(value, default=str) for value in table[name].to_list()]) for name in nested
    )


def main(arguments: list[str] | None = None) -> int:
    """Play once; returns the exit code."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    what = Play(_events(options.before), _events(options.after), options.recipe, hours=options.hours)
    with tempfile.TemporaryDirectory() as home, Splunk(Path(home), now_s=what.begins_s) as splunk:
        site.connect(splunk, options.sidecar, options.secret_file.read_text(encoding="utf-8").strip())
        reports = play(splunk, what, _tell)
        leave(options.out, splunk, what, reports)
    return 1 if any(report.error for report in reports) else 0


def _events(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, schema_overrides={"_time": pl.Float64})


def _tell(report: RunReport) -> None:
    print(json.dumps(_shown(report)), flush=True)


def _shown(report: RunReport) -> dict[str, object]:
    return {name: getattr(report, name) for name in _SHOWN}


def _options(arguments: list[str] | None) -> argparse.Namespace:
    summary, _, examples = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m tests.splunkd.play",
        description=summary,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--before", type=Path, required=True, help="CSV of the events to fit from")
    parser.add_argument("--after", type=Path, required=True, help="CSV of the events to play")
    parser.add_argument("--recipe", default="authentication", help="recipe (default: %(default)s)")
    parser.add_argument("--hours", type=float, default=0.0, help="play so many hours only (default: all)")
    parser.add_argument("--sidecar", required=True, help="URL of the sidecar")
    parser.add_argument("--secret-file", type=Path, required=True, help="file with the ticket secret the sidecar knows")
    parser.add_argument("--out", type=Path, required=True, help="folder for what comes of it")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
