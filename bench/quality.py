"""Detection quality on real data: every figure through the command line, on the written ai_score.

python -m bench.quality                  # all figures, tables, bench/results/quality.json, docs/real-data.md
python -m bench.quality --only notables  # one part only (some five minutes); the other figures stay as they are
python -m bench.quality --help
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from bench import ait_kinds, ait_notables, ait_own, ait_windows, document, http, nsl, raw, sea
from bench.ait import find_data

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results" / "quality.json"
DOC = ROOT / "docs" / "real-data.md"
Results = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """One part of the evaluation. measured: its figures, from the data folder, as quality.json keeps them; lines_of:
    what stands of them on the page, between the marks of the part's name."""

    measured: Callable[[Path], Results]
    lines_of: Callable[[Results], list[str]]
    page: Path = DOC


PARTS = {
    "windows": Part(ait_windows.measured, ait_windows.lines_of),
    "own": Part(ait_own.measured, ait_own.lines_of),
    "kinds": Part(ait_kinds.measured, ait_kinds.lines_of),
    "sea": Part(sea.measured, sea.lines_of),
    "nsl": Part(nsl.measured, nsl.lines_of),
    "http": Part(http.measured, http.lines_of),
    "notables": Part(ait_notables.measured, ait_notables.lines_of),
    "raw": Part(raw.measured, raw.lines_of, ROOT / "docs" / "raw.md"),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=find_data(ROOT), help="the folder that holds ait_ads/ and others")
    parser.add_argument("--only", choices=tuple(PARTS), help="this part only")
    chosen = parser.parse_args()
    if chosen.data is None:
        print("no shared/data/ait_ads beside or above the project: nothing to evaluate (see docs/real-data.md)")
        return 0
    for name in [chosen.only] if chosen.only else PARTS:
        results = PARTS[name].measured(chosen.data)
        keep(results)
        lines = PARTS[name].lines_of(results)
        document.put(PARTS[name].page, name, lines)
        Console().print(Markdown("\n".join(lines)))
    return 0


def keep(results: Results) -> None:
    """Put figures into quality.json; those of other parts stay."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(kept | results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
