"""bench/results/reliability.json: what each part of the campaign found when it was last run."""

import json
import os
import platform
import subprocess
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.reliability.campaign import Sum

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "bench" / "results" / "reliability.json"
KEYS = (
    "faulted_searches",
    "events_in",
    "events_lost",
    "events_mislabelled",
    "fuzz_requests",
    "fuzz_500",
    "kills",
    "writes_acknowledged",
    "writes_lost",
    "crash_points",
    "bundles_mutated",
    "server_deaths",
    "auth_cells",
    "auth_wrong",
    "twins",
    "twins_caught",
)
"""What stands at the top, added up over the parts."""
WRONG_KEPT = 20


def merge(part: str, seed: int, found: Sum, file: Path = FILE) -> dict[str, Any]:
    """Write a part's results over its former ones; everything is returned."""
    old = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    parts = dict(old.get("parts", {})) | {part: _facts(seed, found)}
    totals: Counter[str] = Counter()
    for facts in parts.values():
        totals.update(facts["counts"])
    known = {key: totals[key] for key in KEYS if any(key in facts["counts"] for facts in parts.values())}
    whole = known | {"parts": {name: parts[name] for name in sorted(parts)}}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    return whole


def _facts(seed: int, found: Sum) -> Mapping[str, Any]:
    return {
        "ran_at": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": _commit(),
        "machine": f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        "seed": seed,
        "batches": found.batches,
        "batches_planned": found.planned,
        "seconds": round(found.seconds),
        "counts": dict(sorted(found.counts.items())),
        "most": {name: round(value, 1) for name, value in sorted(found.most.items())},
        "wrong": len(found.wrong),
        "wrong_lines": list(found.wrong[:WRONG_KEPT]),
    }


def _commit() -> str:
    words = ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]
    return subprocess.run(words, capture_output=True, text=True).stdout.strip()
