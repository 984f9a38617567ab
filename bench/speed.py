"""Speed beside the naive design: the real command process and the real service, start-up included.

examples:
  python -m bench.speed                      # 50,000 rows, five pairs: a table and bench/results/speed.json
  python -m bench.speed --doc                # and the table of docs/performance.md
  python -m bench.speed --rows 20000 --runs 3 --python 3.9
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench.speed_designs import Design, Run, chunks, designs, fitted
from bench.speed_pieces import pieces
from models.simulator import simulate
from tests.splunkd import frames, pythons

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "bench" / "work" / "speed"
RESULTS = ROOT / "bench" / "results" / "speed.json"
DOC = ROOT / "docs" / "performance.md"
CHUNK_ROWS = 10_000
SMALL_ROWS = 1_000
TRUTH = ("story", "label")
LIBRARIES = ("flask", "granian", "polars", "numpy", "numba", "scikit-learn", "xgboost")
IN_THE_APP = ("splunk-sdk", "requests")
DECIMALS = 6


def main() -> int:
    chosen = _options()
    python = pythons.find(chosen.python)
    if python is None:
        print(f"no Python {chosen.python} found on the PATH or under ~/.pyenv/versions", file=sys.stderr)
        return 2
    results = measure(chosen.rows, chosen.runs, python)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
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
    parser.add_argument("--rows", type=_count, default=50_000, help="rows of the long search (default %(default)s)")
    parser.add_argument("--runs", type=_count, default=5, help="pairs of runs (default %(default)s)")
    parser.add_argument("--python", default="3.13", choices=pythons.SHIPPED, help="the commands' Python (%(default)s)")
    parser.add_argument("--doc", action="store_true", help="also write the figures into docs/performance.md")
    return parser.parse_args()


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("a whole number from 1 on")
    return int(text)


def measure(rows: int, runs: int, python: str) -> dict[str, Any]:
    """All figures. Raises AssertionError when the designs differ in any score."""
    bar = Progress(TextColumn("{task.description:<42}"), BarColumn(), TimeElapsedColumn(), console=Console(stderr=True))
    with bar as progress:
        task = progress.add_task("simulate a company, fit its first ten days", total=None)
        company = simulate()
        model = fitted(company.before().drop(TRUTH), WORK, recipe="authentication")
        events = company.after().drop(TRUTH).head(rows)
        with designs(model, WORK, python) as pair:
            cases = []
            for case in (events, events.head(SMALL_ROWS)):
                progress.update(task, total=2 * (runs + 1), completed=0, description=f"score {len(case):,} rows")
                cases.append(compare(pair, case, runs, progress, task))
            progress.update(task, description="time the pieces")
            first = chunks(events.head(CHUNK_ROWS), CHUNK_ROWS)[0]
            parts = pieces(model, first, pair[0], WORK)
    found = {"score_only_vs_naive": cases[0]["ratio"], "cases": cases, "pieces_s": parts}
    return found | {"pieces_rows": min(rows, CHUNK_ROWS), "date": _now(), "machine": machine(python)}


def compare(
    pair: tuple[Design, Design], events: pl.DataFrame, runs: int, progress: Progress, task: TaskID
) -> dict[str, Any]:
    """A B A B ... after one warm-up of each, whose scores must agree."""
    bodies = chunks(events, CHUNK_ROWS)
    taken: dict[str, list[Run]] = {design.name: [] for design in pair}
    for _ in range(runs + 1):
        for design in pair:
            taken[design.name].append(design.run(bodies))
            progress.advance(task)
    for ours, theirs in zip(*taken.values(), strict=True):
        equal_scores(ours.replies, theirs.replies, len(events))
    timed = {name: found[1:] for name, found in taken.items()}
    ratios = [theirs.seconds / ours.seconds for ours, theirs in zip(timed["aiscore"], timed["naive"], strict=True)]
    return {
        "rows": len(events),
        "chunk_rows": min(len(events), CHUNK_ROWS),
        "bytes": sum(map(len, bodies)),
        "ratio": round(median(ratios), 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "cpu_ratio": round(_cpu_s(timed["naive"]) / max(_cpu_s(timed["aiscore"]), 1e-9), 3),
        **{name: _figures(found, len(events)) for name, found in timed.items()},
    }


def _cpu_s(runs: list[Run]) -> float:
    return median(run.cpu_s for run in runs)


def _figures(runs: list[Run], rows: int) -> dict[str, Any]:
    seconds = median(run.seconds for run in runs)
    full = max(rows // CHUNK_ROWS, 1)
    chunks_s = [chunk_s for run in runs for chunk_s in run.chunk_s[:full]]
    return {
        "median_s": round(seconds, 4),
        "rows_per_s": round(rows / seconds),
        "median_cpu_s": round(_cpu_s(runs), 4),
        "median_startup_s": round(median(run.startup_s for run in runs), 4),
        "median_chunk_s": round(median(chunks_s), 4),
        "fastest_chunk_s": round(min(chunks_s), 4),
        "runs_s": [round(run.seconds, 4) for run in runs],
    }


def equal_scores(ours: list[bytes], theirs: list[bytes], rows: int) -> None:
    """AssertionError unless both designs gave every row the same output, numbers to six decimals."""
    mine, other = _outputs(ours), _outputs(theirs)
    assert len(mine) == len(other) == rows, f"{len(mine)} and {len(other)} rows came back for {rows}"
    assert mine[0].keys() == other[0].keys(), f"other fields: {sorted(mine[0])}, {sorted(other[0])}"
    for number, (left, right) in enumerate(zip(mine, other, strict=True)):
        for name in left:
            assert _plain(left[name]) == _plain(right[name]), f"row {number}: {name} {left[name]!r}, {right[name]!r}"


def _outputs(replies: list[bytes]) -> list[dict[str, str]]:
    found = []
    for reply in replies:
        header, rows = frames.from_csv(reply)
        places = [(at, name) for at, name in enumerate(header) if name.startswith("ai_")]
        found += [{name: row[at] for at, name in places} for row in rows]
    return found


def _plain(cell: str) -> str:
    """A number as six decimals, so that 0.5 equals 0.500000; anything else as it is."""
    try:
        return f"{float(cell):.{DECIMALS}f}"
    except ValueError:
        return cell


def machine(python: str) -> dict[str, Any]:
    """What it ran on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout.split()[-1]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python_command": version,
        "python_service": platform.python_version(),
        "versions": _app_versions() | {name: importlib.metadata.version(name) for name in LIBRARIES},
    }


def _app_versions() -> dict[str, str]:
    """The libraries in the packages of both apps."""
    lines = (ROOT / "splunk_app" / "lib-requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.rstrip(" \\").split("==") for line in lines if "==" in line)
    return {name: pinned[name] for name in IN_THE_APP}


def _now() -> str:
    return datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%d %H:%M UTC")


HEAD = ("search", "design", "wall s", "rows/s", "start-up s", "a chunk s", "CPU s", "times naive", "by CPU")


def case_rows(results: dict[str, Any]) -> list[list[str]]:
    """The comparison as cells."""
    found = []
    for case in results["cases"]:
        words = f"{case['rows']:,} rows in chunks of {case['chunk_rows']:,}"
        ratios = f"{case['ratio']:.2f} ({min(case['ratios']):.2f} to {max(case['ratios']):.2f})"
        for name, shown, ratio in (("aiscore", "AIScore", ratios), ("naive", "naive", "1")):
            by_cpu = f"{case['cpu_ratio']:.2f}" if name == "aiscore" else "1"
            found.append([words, shown, *_cells(case[name]), ratio, by_cpu])
    return found


def _cells(figures: dict[str, Any]) -> list[str]:
    return [
        f"{figures['median_s']:.2f}",
        f"{figures['rows_per_s']:,}",
        f"{figures['median_startup_s']:.2f}",
        f"{figures['median_chunk_s']:.3f}",
        f"{figures['median_cpu_s']:.2f}",
    ]


def piece_rows(results: dict[str, Any]) -> list[list[str]]:
    """Where AIScore's time goes, in microseconds a row; what the pieces leave over is the way between them."""
    rows = results["pieces_rows"]
    seconds = {f"{where}: {name}": s for where, by in results["pieces_s"].items() for name, s in by.items()}
    chunk_s = results["cases"][0]["aiscore"]["fastest_chunk_s"]
    rest = {"the rest: pipes, http, waiting": chunk_s - sum(seconds.values()), "all of the fastest chunk": chunk_s}
    return [[name, f"{s / rows * 1e6:.2f}"] for name, s in (seconds | rest).items()]


def show(results: dict[str, Any]) -> None:
    """The tables for a terminal."""
    console = Console(width=120)
    table = Table(*HEAD, title="Scores only, medians")
    for cells in case_rows(results):
        table.add_row(*cells)
    console.print(table, f"{told(results)}\n", highlight=False)
    inside = Table("a chunk of AIScore", "microseconds a row", title="Where AIScore's time goes")
    for cells in piece_rows(results):
        inside.add_row(*cells)
    console.print(inside)


def told(results: dict[str, Any]) -> str:
    """The machine in a sentence."""
    box = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in box["versions"].items())
    return (
        f"{results['date']}: {box['cores']} cores of {box['cpu']}, load {box['load']}; commands on Python "
        f"{box['python_command']}, services on {box['python_service']}; {versions}."
    )


def write_doc(results: dict[str, Any]) -> None:
    """Put the tables between the marks of docs/performance.md."""
    lines = [*_markdown(HEAD, case_rows(results)), "", told(results), ""]
    lines += _markdown(("a chunk of AIScore", "microseconds a row"), piece_rows(results))
    before, rest = DOC.read_text(encoding="utf-8").split("<!-- figures -->\n")
    _, after = rest.split("<!-- end of figures -->")
    text = "\n".join(lines)
    DOC.write_text(f"{before}<!-- figures -->\n{text}\n<!-- end of figures -->{after}", encoding="utf-8")


def _markdown(head: tuple[str, ...], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (list(head), ["---"] * len(head), *rows)]


if __name__ == "__main__":
    sys.exit(main())
