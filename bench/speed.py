"""Speed beside the naive and the tuned design: the real command process and the real service, start-up included.

examples:
  python -m bench.speed                      # all of it, a quarter of an hour: tables and bench/results/speed.json
  python -m bench.speed --doc                # and the tables of docs/performance.md with their pictures
  python -m bench.speed --quick              # the same with tiny sizes: does it all run? No figure to quote
  python -m bench.speed --rounds 5 --python 3.9
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import speed_service as service
from bench.speed_company import Company, Fitted, chunks, fitted_pair, shape_of
from bench.speed_designs import explained_designs, score_only_designs, staged
from bench.speed_growth import Axes, growth
from bench.speed_kernels import floor, kernels
from bench.speed_machine import machine
from bench.speed_pieces import pieces
from bench.speed_report import show, write_doc
from bench.speed_versus import explained, score_only
from tests.splunkd import pythons

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "bench" / "work" / "speed"
RESULTS = ROOT / "bench" / "results" / "speed.json"
QUICK_RESULTS = ROOT / "bench" / "work" / "speed-quick.json"
NEWEST = ROOT / "bench" / "work" / "xgboost-newest"
SINGLE_PYTHON = "3.9"
"""Single events are timed under the older of the two: Splunk's releases before 10 have no other."""


@dataclass(frozen=True)
class Sizes:
    """How much of everything is measured.

    users, days: of the company; score_only, end_to_end: rows of the searches; naive, library: rows that the slow ones
    get; kernel, floor: rows in process; bodies: rows of the bodies posted without a command; batch: rows of the batch
    that is watched; singles, commands: events that come one by one; newest: whether another XGBoost is installed.
    """

    users: int
    days: int
    rounds: int
    chunk: int
    score_only: tuple[int, ...]
    score_only_rounds: int
    end_to_end: tuple[int, ...]
    naive: int
    kernel: int
    library: int
    floor: int
    bodies: tuple[int, ...]
    posts: int
    batch: int
    singles: int
    commands: int
    starts: int
    growth: Axes
    newest: bool


FULL = Sizes(
    users=1_000,
    days=14,
    rounds=3,
    chunk=10_000,
    score_only=(50_000, 1_000),
    score_only_rounds=5,
    end_to_end=(50_000, 200_000),
    naive=2_000,
    kernel=10_000,
    library=300,
    floor=50_000,
    bodies=(10_000, 200_000),
    posts=7,
    batch=200_000,
    singles=1_000,
    commands=100,
    starts=2,
    growth=Axes((1_000, 10_000, 100_000, 1_000_000), (10, 100, 1_000), (100, 300, 1_000), (10_000, 25, 100)),
    newest=True,
)
QUICK = Sizes(
    users=50,
    days=8,
    rounds=1,
    chunk=150,
    score_only=(300, 100),
    score_only_rounds=1,
    end_to_end=(150, 300),
    naive=50,
    kernel=100,
    library=20,
    floor=100,
    bodies=(100, 200),
    posts=2,
    batch=200,
    singles=20,
    commands=2,
    starts=0,
    growth=Axes((50, 100), (10, 20), (5, 10), (50, 10, 5)),
    newest=False,
)


def main() -> int:
    chosen = _options()
    python, older = pythons.find(chosen.python), pythons.find(SINGLE_PYTHON)
    missing = _missing(chosen.python, python, older)
    if python is None or older is None or missing:
        print(missing, file=sys.stderr)
        return 2
    sizes = QUICK if chosen.quick else FULL
    results = measure(replace(sizes, rounds=chosen.rounds or sizes.rounds), WORK, python, older)
    out = chosen.out or (QUICK_RESULTS if chosen.quick else RESULTS)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    if chosen.doc:
        write_doc(results)
    show(results)
    return 0


def _options() -> argparse.Namespace:
    summary, _, examples = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m bench.speed",
        description=summary,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=_count, help="rounds of the explained searches (default: 3)")
    parser.add_argument("--python", default="3.13", choices=pythons.SHIPPED, help="the searches' Python (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, two minutes at most; writes to bench/work")
    parser.add_argument("--out", type=Path, help="where the figures go (default: bench/results/speed.json)")
    parser.add_argument("--doc", action="store_true", help="also write the figures into docs/performance.md")
    chosen = parser.parse_args()
    if chosen.doc and (chosen.quick or chosen.out):
        parser.error("--doc shows the figures of bench/results/speed.json: not those of --quick or --out")
    return chosen


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("a whole number from 1 on")
    return int(text)


def _missing(wanted: str, python: str | None, older: str | None) -> str:
    """What has to be installed first, or nothing."""
    for version, found in ((wanted, python), (SINGLE_PYTHON, older)):
        if found is None:
            return f"no Python {version} found on the PATH or under ~/.pyenv/versions"
    if importlib.util.find_spec("waitress") is None:
        return "the tuned design runs on waitress: pip install waitress==3.0.2"
    return ""


def measure(sizes: Sizes, folder: Path, python: str, older: str) -> dict[str, Any]:
    """All figures. Raises AssertionError when the designs differ in what they say of any row.

    python: the searches' interpreter; older: that of single events.
    """
    began = time.perf_counter()
    columns = (TextColumn("{task.description:<42}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        box = machine(python)
        task = bar.add_task("simulate a company, fit two models", total=1)
        company = Company.simulated(sizes.users, sizes.days)
        plain, full = fitted_pair(company, folder)
        bar.advance(task)
        found: dict[str, Any] = {"model": _model_told(company, full)}
        found |= _kernels(sizes, company, full, folder, bar)
        found["growth"] = growth(sizes.growth, bar)
        found |= _searches(sizes, company, plain, full, folder, python, bar)
        found |= _service(sizes, company, full, folder, older, bar)
    minutes = (time.perf_counter() - began) / 60
    return {**_headlines(found), **found, "machine": box, "minutes": round(minutes, 1)}


def _model_told(company: Company, full: Fitted) -> dict[str, Any]:
    model = full.loaded()
    assert full.booster
    told = {"fitted_on": len(company.past), "positives": model.trained.card["positives"]}
    return (
        told
        | {"weights": [round(weight, 3) for weight in model.trained.margin.weights]}
        | shape_of(model, full.booster)
    )


def _kernels(sizes: Sizes, company: Company, full: Fitted, folder: Path, bar: Progress) -> dict[str, Any]:
    newest = NEWEST if sizes.newest else None
    return {"kernels": kernels(full, company.rows(sizes.kernel), sizes.library, sizes.rounds, newest, folder, bar)}


def _searches(
    sizes: Sizes, company: Company, plain: Fitted, full: Fitted, folder: Path, python: str, bar: Progress
) -> dict[str, Any]:
    with staged(folder, python) as stage:
        pair = score_only_designs(stage, plain)
        cases = score_only(pair, company, sizes.score_only, sizes.chunk, sizes.score_only_rounds, bar)
        first = chunks(company.rows(sizes.chunk), sizes.chunk)[0]
        parts = {"pieces_s": pieces(plain, first, pair[0], folder), "pieces_rows": sizes.chunk}
        pair[1].service.end()
        designs = explained_designs(stage, full, pair[0])
        found = explained(designs, company, sizes.end_to_end, sizes.naive, sizes.chunk, sizes.rounds, bar)
        least = floor(full, company.rows(sizes.floor), sizes.library, sizes.rounds, bar)
    return {"cases": cases, **parts, "end_to_end": found, "floor": least}


def _service(sizes: Sizes, company: Company, full: Fitted, folder: Path, older: str, bar: Progress) -> dict[str, Any]:
    with staged(folder, older) as stage:
        started = [service.start_s(stage, full, bar) for _ in range(sizes.starts)]
        watched = service.beside_a_batch(stage, full, company, sizes.batch, bar)
        sidecar = stage.sidecar(full.home, settings=service.limits(max(sizes.bodies)))
        design = stage.aiscore("single", sidecar, full.home, f"model={full.name}", "explain=all")
        sidecar.wait_until_ready()
        with service.Client(sidecar, full) as client:
            bodies = {rows: chunks(company.rows(rows), rows)[0] for rows in sizes.bodies}
            rates = [service.rate(client, body, rows, sizes.posts, bar) for rows, body in bodies.items()]
            single = service.single_events(client, company, sizes.singles, bar)
        command = service.single_commands(design, company, sizes.commands, bar)
    return {
        "sidecar_starts_s": [*started, watched["ready_s"]],
        "batch": watched,
        "http_score_only": rates,
        "single_event_sidecar": single,
        "single_event_command": command | {"python": machine(older)["python_command"]},
    }


def _headlines(found: dict[str, Any]) -> dict[str, Any]:
    """The figures that are quoted, each under its own name; those of searches are of the longest one."""
    longest = found["end_to_end"]["cases"][-1]
    small, large = found["http_score_only"]
    return {
        "score_only_vs_naive": found["cases"][0]["ratio"],
        "shap_boost_vs_library": found["kernels"]["boost_vs_library"]["ratio"],
        "shap_forest_vs_library": found["kernels"]["forest_vs_library"]["ratio"],
        "end_to_end_vs_naive": longest["vs_naive"]["ratio"],
        "end_to_end_vs_tuned": longest["vs_tuned"]["ratio"],
        "end_to_end_rows_per_s": longest["aiscore"]["rows_per_s"],
        "end_to_end_tls_rows_per_s": longest["aiscore_tls"]["rows_per_s"],
        "overhead_us_per_row": round(longest["aiscore"]["us_per_row"] - found["floor"]["kernels_us_per_row"], 2),
        "http_score_only_rows_per_s_10k": small["rows_per_s"],
        "http_score_only_rows_per_s_200k": large["rows_per_s"],
        "single_event_sidecar_p99_ms": found["single_event_sidecar"]["p99_ms"],
        "single_event_command_p50_ms": found["single_event_command"]["p50_ms"],
        "healthz_p95_ms_under_load": found["batch"]["healthz"]["p95_ms"],
        "peak_memory_mb": found["batch"]["peak_memory_mb"],
        "sidecar_ready_s": round(median(found["sidecar_starts_s"]), 2),
    }


if __name__ == "__main__":
    sys.exit(main())
