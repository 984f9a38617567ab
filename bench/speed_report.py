"""The figures as tables: on the terminal, and between the marks of docs/performance.md.

examples:
  python -m bench.speed_report        # docs/performance.md and its pictures again from bench/results/speed.json
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.speed_pictures import write_pictures

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results" / "speed.json"
DOC = ROOT / "docs" / "performance.md"
_BLOCK = re.compile(r"(<!-- figures: (\w+) -->\n)(.*?)(<!-- end of figures -->)", re.DOTALL)
Results = dict[str, Any]
Rows = list[list[str]]


@dataclass(frozen=True)
class Report:
    """One table: title, head, and its cells out of the results."""

    title: str
    head: tuple[str, ...]
    rows: Callable[[Results], Rows]


def main() -> int:
    summary, _, examples = (__doc__ or "").partition("\n\n")
    argparse.ArgumentParser(
        prog="python -m bench.speed_report",
        description=summary,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    write_doc(results)
    show(results)
    return 0


def _headline_rows(results: Results) -> Rows:
    largest = results["end_to_end"]["cases"][-1]["rows"]
    naive = results["end_to_end"]["naive"]["rows"]
    batch, python = results["batch"], results["single_event_command"]["python"]
    xgboost = results["kernels"]["xgboost"]
    watched = f"{batch['rows']:,} rows, {batch['columns']} columns"
    told = {
        "end_to_end_rows_per_s": f"events a second, every one explained by all voices, {largest:,} rows",
        "end_to_end_tls_rows_per_s": "the same over TLS",
        "end_to_end_vs_naive": f"times the naive design's rate ({naive:,} rows), explanations included",
        "end_to_end_vs_tuned": "times the tuned design's rate, which explains three rows in a hundred",
        "score_only_vs_naive": "times the naive design's rate, scores only, a model without labels",
        "shap_boost_vs_library": f"times XGBoost {xgboost}'s `pred_contribs`, same model, one core",
        "shap_forest_vs_library": "times `shap.TreeExplainer`, same forest, one core",
        "overhead_us_per_row": f"microseconds a row beyond the kernels on all cores, {largest:,} rows",
        "http_score_only_rows_per_s_10k": _body_words(results, 0),
        "http_score_only_rows_per_s_200k": _body_words(results, 1),
        "single_event_sidecar_p99_ms": "one event over a kept connection, explained: 99th percentile, ms",
        "single_event_command_p50_ms": f"one event, the command's whole process (Python {python}): median, ms",
        "healthz_p95_ms_under_load": f"/healthz beside one explained batch ({watched}): 95th percentile, ms",
        "peak_memory_mb": "peak resident memory of the service with that batch, MB",
        "sidecar_ready_s": "from the start of `aiscore serve` to ready, seconds",
    }
    return [[f"`{key}`", _number(results[key]), words] for key, words in told.items()]


def _body_words(results: Results, at: int) -> str:
    return f"rows a second over HTTP, one client, scores only, {results['http_score_only'][at]['rows']:,} rows a body"


def _number(value: float) -> str:
    """
    >>> _number(48923), _number(3.606), _number(1234.56), _number(93.75)
    ('48,923', '3.61', '1,235', '93.8')
    """
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _explained_rows(results: Results) -> Rows:
    found, naive = [], results["end_to_end"]["naive"]
    for case in results["end_to_end"]["cases"]:
        search = f"{case['rows']:,} rows in chunks of {case['chunk_rows']:,}"
        ours, tuned = case["aiscore"], case["tuned"]
        times = [_ratio(case["vs_naive"]), _ratio(case["vs_tuned"]), f"{_by_cpu(naive, ours)}, {_by_cpu(tuned, ours)}"]
        found.append([search, "AIScore", *_cells(ours), *times])
        found.append([search, "AIScore, TLS", *_cells(case["aiscore_tls"]), "", "", ""])
        found.append([search, "tuned", *_cells(tuned), "", "1", ""])
    return [*found, [f"{naive['rows']:,} rows in one chunk", "naive", *_cells(naive), "1", "", ""]]


def _by_cpu(theirs: Results, ours: Results) -> str:
    """How many times the processor time a row that ours takes."""
    each = [figures["median_cpu_s"] / figures["rows"] for figures in (theirs, ours)]
    return f"{each[0] / max(each[1], 1e-9):,.1f}"


def _score_only_rows(results: Results) -> Rows:
    found = []
    for case in results["cases"]:
        search = f"{case['rows']:,} rows in chunks of {case['chunk_rows']:,}"
        found.append([search, "AIScore", *_cells(case["aiscore"]), _ratio(case), f"{case['cpu_ratio']:.2f}"])
        found.append([search, "naive", *_cells(case["naive"]), "1", "1"])
    return found


def _ratio(case: Results) -> str:
    return f"{case['ratio']:,.2f} ({min(case['ratios']):,.2f} to {max(case['ratios']):,.2f})"


def _cells(figures: Results) -> list[str]:
    return [
        f"{figures['median_s']:.2f}",
        f"{figures['rows_per_s']:,}",
        f"{figures['median_startup_s']:.2f}",
        f"{figures['median_chunk_s']:.3f}",
        f"{figures['median_cpu_s']:.2f}",
    ]


def _kernel_rows(results: Results) -> Rows:
    found = results["kernels"]
    versions = {"xgboost": found["xgboost"], "newest xgboost": f"{found['newest_xgboost']} (newest)"}
    rows = []
    for name, us in found["us_per_row"].items():
        for start, version in versions.items():
            name = f"XGBoost {version}{name.removeprefix(start)}" if name.startswith(start) else name
        rows.append([name, f"{us:,.2f}"])
    floor = results["floor"]
    whole = {
        "kernels": "all kernels of a row",
        "model": "`Model.score`",
        "library": "`Model.score`, `engine=library`",
    }
    for key, words in whole.items():
        rows.append([f"{words}, {floor['threads']} threads, wall", f"{floor[f'{key}_us_per_row']:,.2f}"])
    return rows


def _piece_rows(results: Results) -> Rows:
    """What the pieces leave over is the way between them."""
    rows = results["pieces_rows"]
    seconds = {f"{where}: {name}": s for where, by in results["pieces_s"].items() for name, s in by.items()}
    chunk_s = results["cases"][0]["aiscore"]["fastest_chunk_s"]
    rest = {"the rest: pipes, http, waiting": chunk_s - sum(seconds.values()), "all of the fastest chunk": chunk_s}
    return [[name, f"{s / rows * 1e6:.2f}"] for name, s in (seconds | rest).items()]


def _latency_rows(results: Results) -> Rows:
    told = {
        "one event, sidecar, kept connection": results["single_event_sidecar"],
        "one event, the command's whole process": results["single_event_command"],
        f"/healthz beside {results['batch']['rows']:,} explained rows": results["batch"]["healthz"],
    }
    return [
        [words, *(f"{found[key]:,.2f}" for key in ("p50_ms", "p95_ms", "p99_ms", "worst_ms")), f"{found['count']:,}"]
        for words, found in told.items()
    ]


def _growth_rows(results: Results) -> Rows:
    rows = []
    for axis in ("rows", "columns", "trees"):
        found = results["growth"][axis]
        rest = ", ".join(f"{size:,} {name}" for name, size in found["at"].items())
        sizes = " / ".join(f"{size:,}" for size in found["sizes"])
        for detector in ("forest", "boost"):
            line = found[detector]
            seconds = " / ".join(f"{each:.3g}" for each in line["cpu_s"])
            ways = list(dict.fromkeys(each["path"] for each in line["explained"]))
            rows.append([f"{axis}: {sizes}", rest, detector, seconds, f"{line['slope']:.2f}", "; then ".join(ways)])
    return rows


SEARCH = ("search", "design", "wall s", "rows/s", "start-up s", "a chunk s", "CPU s")
REPORTS = {
    "headlines": Report("In short", ("figure", "value", "what it is"), _headline_rows),
    "explained": Report("Every event explained", (*SEARCH, "times naive", "times tuned", "by CPU"), _explained_rows),
    "scores": Report("Scores only", (*SEARCH, "times naive", "by CPU"), _score_only_rows),
    "kernels": Report("Kernels", ("one pass", "microseconds a row"), _kernel_rows),
    "latency": Report("Waiting", ("what", "p50 ms", "p95 ms", "p99 ms", "worst ms", "of"), _latency_rows),
    "pieces": Report("A chunk, scores only", ("a chunk of AIScore", "microseconds a row"), _piece_rows),
    "growth": Report("Growth", ("sizes", "at", "detector", "CPU s", "slope", "explained by"), _growth_rows),
}


def show(results: Results) -> None:
    """The tables for a terminal."""
    console = Console(width=150)
    for report in REPORTS.values():
        table = Table(*report.head, title=report.title)
        for cells in report.rows(results):
            table.add_row(*cells)
        console.print(table, highlight=False)
    console.print(told(results), highlight=False)


def told(results: Results) -> str:
    """Machine, model and run in some sentences."""
    box, model, kernels = results["machine"], results["model"], results["kernels"]
    versions = ", ".join(f"{name} {version}" for name, version in box["versions"].items())
    newest = kernels["newest_xgboost"] or f"not measured ({kernels['newest_xgboost_missing']})"
    return (
        f"{box['date']}: {box['cores']} cores of {box['cpu']}, load {box['load']} at the start, {results['minutes']} "
        f"minutes; searches on Python {box['python_command']}, services on {box['python_service']}; {versions}; the "
        f"newest XGBoost: {newest}. The model of all voices was fitted on {model['fitted_on']:,} events: "
        f"{model['columns']} columns from {model['sources']} sources, a forest of {model['forest_trees']} trees with "
        f"{model['forest_leaves_a_tree']} leaves each, a boost of {model['boost_trees']} trees with "
        f"{model['boost_leaves_a_tree']}, weights {', '.join(map(str, model['weights']))}; "
        f"explained by {_ways(kernels)}. {_agreed(results['end_to_end']['agreement'])} "
        f"{_repeated(results['end_to_end'])}"
    )


def _ways(kernels: Results) -> str:
    told = kernels["explained"].items()
    return ", ".join(f"{each['path']} ({name}, {each['tables_mb']:.0f} MB)" for name, each in told)


def _agreed(found: Results) -> str:
    """How near the designs were to each other."""
    score = max(each["score"] for each in found.values())
    contribution = max(each["contribution"] for each in found.values())
    return f"Scores of two designs lay at most {score:.1g} apart, contributions {contribution:.1g}."


def _repeated(found: Results) -> str:
    if not found["days_repeated"]:
        return "No event was scored twice."
    return f"From row {found['rows_before_repeating']:,} on the same days come again, a week later."


def write_doc(results: Results) -> None:
    """Put tables and pictures of these results into the documents."""

    def block(found: re.Match[str]) -> str:
        name = found[2]
        text = told(results) if name == "machine" else _markdown(REPORTS[name], results)
        return f"{found[1]}{text}\n{found[4]}"

    DOC.write_text(_BLOCK.sub(block, DOC.read_text(encoding="utf-8")), encoding="utf-8")
    write_pictures(results)


def _markdown(report: Report, results: Results) -> str:
    lines = [list(report.head), ["---"] * len(report.head), *report.rows(results)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    sys.exit(main())
