"""`aiscore demo`: from a simulated company to a ranked, explained queue and a report, with one command."""

import argparse
import json
import math
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import polars as pl

from models.errors import DataError
from models.simulator import Simulation, simulate
from sidecar.demo.evidence import DAY_S, TRUTH_FIELDS, Evidence, read_scored, weigh, with_truth
from sidecar.demo.played import read_played
from sidecar.demo.promise import read_card
from sidecar.demo.report import write_report
from sidecar.demo.schedule import FIRST_FIT, RECIPE, Told, run_schedule
from sidecar.demo.screen import Screen, explained
from sidecar.demo.search import checkout, run_command, run_module
from sidecar.demo.service import Service, serving
from sidecar.demo.watch import Watch, watched
from sidecar.demo.words import clock_time
from sidecar.errors import OutsideError

CARD = f"aimodels action=show model={RECIPE}"
SCORE = f"aiscore model={RECIPE} explain=all"
"""All, so that a slow machine takes longer instead of explaining less."""


def main(argv: Sequence[str] | None = None) -> int:
    """Play the demo; 0 done, 1 a step failed, 2 the caller can mend it, 130 interrupted."""
    options = _options(argv)
    screen = Screen()
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        play(options.out or checkout() / "demo", options.seed, options.users, screen)
    except KeyboardInterrupt:
        return _fail(screen, "interrupted; the sidecar was ended", 130)
    except DataError as failure:
        return _fail(screen, str(failure), 2)
    except OutsideError as failure:
        return _fail(screen, str(failure), 1)
    return 0


EXAMPLES = """examples:
  aiscore demo                                  five minutes on two idle cores; then open demo/report.html
  aiscore demo --users 200 --out /tmp/small     a smaller company, sooner done
  aiscore demo --seed 8 --out /tmp/another      another company and other attacks
"""


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    about, shape = (__doc__ or "").split(":", 1)[1].strip(), argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("aiscore demo", description=about, epilog=EXAMPLES, formatter_class=shape)
    parser.add_argument("--seed", type=int, default=7, help="another company and other attacks (default: 7)")
    parser.add_argument("--users", type=int, default=1_000, help="people in the company (default: 1000)")
    parser.add_argument("--out", type=Path, help="folder for events, scores, report (default: demo/ of the checkout)")
    return parser.parse_args(argv)


def _as_interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Whoever ends the demo also ends its sidecar."""
    raise KeyboardInterrupt


def _fail(screen: Screen, message: str, code: int) -> int:
    screen.console.print("\n[bold red]The demo stopped:[/] ", end="")
    screen.console.print(message, markup=False, highlight=False)
    return code


def play(out: Path, seed: int, users: int, screen: Screen, hours: float = 0) -> tuple[Evidence, Watch]:
    """Every step, one after the other; what is made lies in `out`. Returns what the report shows.

    The searches run for so many hours of the four days; 0 is all of them.
    """
    checkout()
    started = time.monotonic()
    screen.open()
    company = _simulated(out, seed, users, screen)
    with ExitStack() as ends:
        with screen.step("start the sidecar, with fresh secrets"):
            service = ends.enter_context(serving(out / "home", out / "sidecar.log"))
        told = _searched(out, company, hours, service, screen)
        _scored(out, company, service, screen)
        card = read_card(_shown(out / "model.csv", service))
    with screen.step("weigh scores, rules and notables against the truth"):
        scored = with_truth(read_scored(out / "scored.csv"), company.after())
        evidence = weigh(scored, company.before(), company.after())
        watch = watched(read_played(out / "played"), scored, company.stories)
        facts = _facts(seed, company, scored, watch, told, time.monotonic() - started)
        write_report(out / "report.html", evidence, watch, company.stories, facts, card)
    screen.close(evidence, watch, company.stories)
    screen.console.print(f"\nThe report: [bold]{out / 'report.html'}[/]", highlight=False)
    return evidence, watch


def _simulated(out: Path, seed: int, users: int, screen: Screen) -> Simulation:
    """Simulate, and write what is given to the commands; the truth goes into a file of its own."""
    with screen.step(f"simulate a company of {users:,} people for 14 days"):
        company = simulate(seed=seed, users=users)
        out.mkdir(parents=True, exist_ok=True)
        company.before().drop(TRUTH_FIELDS).write_csv(out / "first-10-days.csv")
        company.after().drop(TRUTH_FIELDS).write_csv(out / "last-4-days.csv")
        company.after().select("_time", "user", *TRUTH_FIELDS).write_csv(out / "truth.csv")
    return company


def _searched(out: Path, company: Simulation, hours: float, service: Service, screen: Screen) -> Told:
    """Fit and run the app's searches over the last days, and show how far they are by the simulated time."""
    times = company.after()["_time"]
    begins_s = float(times[0]) // DAY_S * DAY_S
    ends_s = begins_s + 3600 * hours if hours else float(times[-1]) + 3600
    days = math.ceil((ends_s - 3600 - begins_s) / DAY_S)
    doing = f"fit from {len(company.before()):,} sign-ins without labels, then run the app's searches over {days} days"
    with screen.step(doing, ends_s - begins_s, counted=False) as show:

        def glance(told: Told) -> None:
            now = f"{clock_time(told.at_s)}: {told.words()}" if told.runs else FIRST_FIT
            show(max(0.0, told.at_s - begins_s), now)

        told = run_schedule(out, hours, service, glance)
    screen.say(told.words())
    return told


def _scored(out: Path, company: Simulation, service: Service, screen: Screen) -> None:
    rows = len(company.after())
    with screen.step(f"score the last 4 days:  | {SCORE}", rows) as show:
        run_command(SCORE, out / "last-4-days.csv", out / "scored.csv", service, _counter(service, show))


def _shown(path: Path, service: Service) -> pl.DataFrame:
    """The card of the model, as a person in Splunk sees it."""
    words = ["tests.splunkd.pipe", CARD, "--quiet"]
    run_module(words, path, f"`| {CARD}`", service, lambda: None)
    return pl.read_csv(path, infer_schema=False)


def _counter(service: Service, show: Callable[[int], None]) -> Callable[[], None]:
    """Count the scored rows from what the sidecar logs of each request."""
    with service.log.open(encoding="utf-8") as log:
        log.seek(0, 2)
        begin = log.tell()

    def glance() -> None:
        with service.log.open(encoding="utf-8") as log:
            log.seek(begin)
            show(sum(_rows_of(line) for line in log))

    return glance


def _rows_of(line: str) -> int:
    """The rows of a logged scoring request; 0 for any other line, and for one that is still being written."""
    try:
        fact = json.loads(line)
    except ValueError:
        return 0
    return int(fact.get("rows") or 0) if fact.get("route") == "/v1/score" else 0


def _facts(
    seed: int, company: Simulation, scored: pl.DataFrame, watch: Watch, told: Told, seconds: float
) -> list[tuple[str, str]]:
    models = scored["ai_model"].drop_nulls().unique().sort().to_list()
    return [
        ("Simulated", f"{len(company.users):,} people, seed {seed}; docs/simulator.md tells what and what not"),
        ("Fitted", f"{told.fit['rows']:,} events of the first ten days, without labels, by the search {FIRST_FIT}"),
        (
            "Searches",
            f"{watch.runs:,} runs of {watch.searches} searches of the app on their schedule, "
            f"{watch.failed or 'none'} failed",
        ),
        ("Queue", f"{len(scored):,} rows of the last four days, scored once more: | {SCORE}"),
        ("Explained", explained(scored)),
        ("Model", ", ".join(models)),
        ("Taken", f"{seconds:.0f} seconds, from simulation to report"),
    ]


if __name__ == "__main__":
    sys.exit(main())
