"""Every shipped search, macro, view and command, run in the stand-in over a day of a small estate.

The ten days before fit a model for each recipe; then the clock runs over the day, in which each recipe has a story,
such as a stolen password or a web server that is broken into. A line of the table is right if each of its runs was, and
if what must come of it came. Exit status 1 if one is not.

examples:
  python -m tests.searches
  python -m tests.searches --hours 5 --users 60     # the first hours only, without the attacks
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from sidecar.demo.service import serving
from tests.searches.estate import estate
from tests.searches.part import DAY_S, HOUR_S
from tests.searches.runs import Sheet
from tests.searches.tour import Tour


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all, print the table; returns the exit status."""
    options = _options(arguments)
    sheet = run(options.users, options.hours)
    Console(width=options.width).print(table_of(sheet))
    wrong = [line for line in sheet.lines.values() if not line.ok]
    for line in wrong:
        print(f"NOT OK {line.kind} {line.name}: {line.faults[0] if line.faults else 'never ran'}")
    print(total(sheet))
    return 1 if wrong else 0


def run(users: int, hours: float) -> Sheet:
    """Everything, in a Splunk of its own with a sidecar of its own."""
    around = estate(users)
    sheet = Sheet()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "home", Path(folder) / "log") as service:
        tour = Tour(Path(folder) / "splunk", around, service, sheet)
        with tour.splunk, Progress(console=Console(stderr=True), transient=True) as progress:
            tour.begin()
            task = progress.add_task("the day", total=hours * HOUR_S)
            for report in tour.splunk.run(around.last_day_s + hours * HOUR_S):
                sheet.line(report.name).add(report)
                doing = f"{report.name[:50]:50}"
                progress.update(task, completed=report.scheduled_s - around.last_day_s, description=doing)
            tour.end(whole=hours * HOUR_S >= DAY_S)
    return sheet


def table_of(sheet: Sheet) -> Table:
    """The table."""
    table = Table("search", "kind", box=None, pad_edge=False)
    for name in ("runs", "rows in", "rows out", "risk events", "notables", "seconds", "ok"):
        table.add_column(name, justify="right")
    for line in sheet.lines.values():
        figures = [f"{n:,}" for n in (line.runs, line.rows_in, line.rows_out, line.risk_events, line.notables)]
        table.add_row(line.name, line.kind, *figures, f"{line.seconds:.1f}", "ok" if line.ok else "[red]NOT OK[/]")
    return table


def total(sheet: Sheet) -> str:
    """The last line."""
    lines = list(sheet.lines.values())
    return (
        f"{len(lines)} lines, {sum(line.runs for line in lines):,} runs, "
        f"{sum(line.rows_in for line in lines):,} rows in, "
        f"{sum(line.risk_events for line in lines):,} risk events, {sum(line.notables for line in lines):,} notables, "
        f"{sum(line.seconds for line in lines):.0f} seconds: {sum(line.ok for line in lines)} ok, "
        f"{sum(not line.ok for line in lines)} not ok"
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    summary, _, rest = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m tests.searches",
        description=summary,
        epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--users", type=int, default=120, help="people of the estate (default: %(default)s)")
    parser.add_argument("--hours", type=float, default=24.0, help="hours of the day to run (default: %(default)s)")
    parser.add_argument("--width", type=int, default=150, help="width of the table (default: %(default)s)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
