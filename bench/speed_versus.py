"""The designs beside each other: A B C A B C ..., medians, and ratios of neighbouring runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

from rich.progress import Progress

from bench.speed_company import Company, chunks
from bench.speed_designs import Design, Run
from bench.speed_equal import digest, equal_explained, equal_scores


@dataclass(frozen=True)
class Entrant:
    """A design on one search."""

    design: Design
    bodies: list[bytes]
    rows: int


def rounds(entrants: list[Entrant], count: int, words: str, progress: Progress) -> list[list[Run]]:
    """The runs of each entrant, in as many rounds. Only the first run keeps its replies: the others must be the same.

    Raises AssertionError when a design gives other bytes than before.
    """
    taken: list[list[Run]] = [[] for _ in entrants]
    task = progress.add_task(words, total=count * len(entrants))
    for _ in range(count):
        for entrant, runs in zip(entrants, taken, strict=True):
            run = entrant.design.run(entrant.bodies)
            if runs:
                assert digest(run.replies) == digest(runs[0].replies), f"{entrant.design.name} changed its replies"
                run = replace(run, replies=[])
            runs.append(run)
            progress.advance(task)
    return taken


def score_only(
    pair: tuple[Design, Design], company: Company, sizes: tuple[int, ...], chunk_rows: int, count: int, bar: Progress
) -> list[dict[str, Any]]:
    """AIScore and the naive design without explanations, a case a size."""
    cases = []
    for rows in sizes:
        bodies = chunks(company.rows(rows), chunk_rows)
        entrants = [Entrant(design, bodies, rows) for design in pair]
        ours, naive = rounds(entrants, count + 1, f"scores only, {rows:,} rows", bar)
        equal_scores(ours[0].replies, naive[0].replies, rows)
        ours, naive = ours[1:], naive[1:]  # the first is the warm-up
        cpu_ratio = _cpu_s(naive) / max(_cpu_s(ours), 1e-9)
        cases.append(
            {
                **_search(bodies, rows, chunk_rows),
                **_ratio(ours, rows, naive, rows),
                "cpu_ratio": round(cpu_ratio, 3),
                "aiscore": figures(ours, rows, chunk_rows),
                "naive": figures(naive, rows, chunk_rows),
            }
        )
    return cases


def explained(
    designs: list[Design],
    company: Company,
    sizes: tuple[int, ...],
    naive_rows: int,
    chunk_rows: int,
    count: int,
    bar: Progress,
) -> dict[str, Any]:
    """All designs with explanations. designs: AIScore, AIScore over TLS, tuned, naive.

    The naive design takes milliseconds a row, so it gets few rows in one chunk, and rates are compared.
    """
    *whole, naive = designs
    few = chunks(company.rows(naive_rows), naive_rows)
    searches = {rows: chunks(company.rows(rows), chunk_rows) for rows in sizes}
    first = rounds([Entrant(design, few, naive_rows) for design in designs], 1, "do they agree?", bar)  # and warm-up
    agreed = {"naive": equal_explained(first[0][0].replies, first[-1][0].replies, naive_rows)}
    entrants = [Entrant(design, bodies, rows) for rows, bodies in searches.items() for design in whole]
    taken = rounds([*entrants, Entrant(naive, few, naive_rows)], count, "every event explained", bar)
    naive_runs = taken[-1]
    cases = []
    for at, (rows, bodies) in enumerate(searches.items()):
        ours, secure, tuned = taken[3 * at : 3 * at + 3]
        assert digest(ours[0].replies) == digest(secure[0].replies), "TLS changed the replies"
        agreed["tuned"] = equal_explained(ours[0].replies, tuned[0].replies, rows)
        cases.append(
            {
                **_search(bodies, rows, chunk_rows),
                "vs_naive": _ratio(ours, rows, naive_runs, naive_rows),
                "vs_tuned": _ratio(ours, rows, tuned, rows),
                "aiscore": figures(ours, rows, chunk_rows),
                "aiscore_tls": figures(secure, rows, chunk_rows),
                "tuned": figures(tuned, rows, chunk_rows),
            }
        )
    return {
        "cases": cases,
        "naive": figures(naive_runs, naive_rows, naive_rows),
        "agreement": {name: asdict(each) for name, each in agreed.items()},
        "days_repeated": max(sizes) > len(company.events),
        "rows_before_repeating": len(company.events),
    }


def _search(bodies: list[bytes], rows: int, chunk_rows: int) -> dict[str, int]:
    return {"rows": rows, "chunk_rows": min(rows, chunk_rows), "bytes": sum(map(len, bodies))}


def _ratio(ours: list[Run], rows: int, theirs: list[Run], their_rows: int) -> dict[str, Any]:
    """How many times their rate ours is: the median, and that of each round."""
    pairs = zip(ours, theirs, strict=True)
    ratios = [(other.seconds / their_rows) / (mine.seconds / rows) for mine, other in pairs]
    return {"ratio": round(median(ratios), 3), "ratios": [round(ratio, 3) for ratio in ratios]}


def _cpu_s(runs: list[Run]) -> float:
    return median(run.cpu_s for run in runs)


def figures(runs: list[Run], rows: int, chunk_rows: int) -> dict[str, Any]:
    """Medians over the runs of one entrant; a chunk is a full one."""
    seconds = median(run.seconds for run in runs)
    full = max(rows // chunk_rows, 1)
    chunks_s = [chunk_s for run in runs for chunk_s in run.chunk_s[:full]]
    return {
        "rows": rows,
        "median_s": round(seconds, 4),
        "rows_per_s": round(rows / seconds),
        "us_per_row": round(seconds / rows * 1e6, 2),
        "median_cpu_s": round(_cpu_s(runs), 4),
        "median_startup_s": round(median(run.startup_s for run in runs), 4),
        "median_chunk_s": round(median(chunks_s), 4),
        "fastest_chunk_s": round(min(chunks_s), 4),
        "runs_s": [round(run.seconds, 4) for run in runs],
    }
