"""Points: tables of nothing but numbers (ADBench; Han et al., 2022), scored by a model fitted on all rows, unlabelled.

The data are not part of this project; see docs/real-data.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.metrics import average_precision_score, roc_auc_score

from bench import document
from bench.command_line import Floats, interval, scores_of

SEEDS = (7, 8, 9)
KEY = "http"


def measured(data: Path) -> dict[str, Any]:
    """The figures of every table, each the mean of several seeds."""
    found = {_name(file): _one(file) for file in sorted((data / "adbench").glob("*.npz"))}
    results: dict[str, Any] = {"points": found}
    if KEY in found:
        results["http_unsupervised_ap"] = found[KEY]["ap"]
        results["http_unsupervised_ap_90"] = found[KEY]["ap_90"]
    return results


def _one(file: Path) -> dict[str, Any]:
    with np.load(file) as held:
        numbers, truth = held["X"].astype(np.float64), held["y"].ravel() == 1
    table = pl.DataFrame(numbers, schema=[f"x{at}" for at in range(numbers.shape[1])])
    words = ["time=none", f"fields={','.join(f'{name}:number' for name in table.columns)}"]
    scores = [scores_of([*words, f"seed={seed}"], table, table) for seed in SEEDS]
    ap = [round(float(average_precision_score(truth, each)), 4) for each in scores]
    return {
        "rows": len(truth),
        "attacks": int(truth.sum()),
        "ap": round(float(np.mean(ap)), 4),
        "ap_90": _interval(truth, scores[0]),
        "ap_by_seed": ap,
        "auroc": round(float(np.mean([roc_auc_score(truth, each) for each in scores])), 4),
    }


def _interval(truth: npt.NDArray[np.bool_], scores: Floats) -> list[float]:
    """By resampling rows. Rows are drawn by how often each comes, which is Poisson where there are many, and sorted
    once: a thousand sorts of half a million rows would take minutes."""
    order = np.argsort(-scores, kind="stable")
    positive = truth[order]
    last = np.flatnonzero(np.r_[np.diff(scores[order]) != 0, True])
    rng = np.random.default_rng(SEEDS[0])

    def ap(_: Any) -> float:
        times = rng.poisson(1.0, len(order))
        hits, shown = np.cumsum(times * positive)[last], np.cumsum(times)[last]
        return float((np.diff(hits, prepend=0) * hits / np.maximum(shown, 1)).sum() / max(hits[-1], 1))

    return interval(1, ap)


def _name(file: Path) -> str:
    """`16_http.npz` is http."""
    return file.stem.partition("_")[2] or file.stem


def lines_of(results: dict[str, Any]) -> list[str]:
    """What stands of the figures in the document."""
    rows = [
        [
            name,
            f"{one['rows']:,}",
            f"{one['attacks']:,}",
            f"{one['ap']:.3f} ({one['ap_90'][0]:.3f}-{one['ap_90'][1]:.3f})",
            ", ".join(f"{each:.3f}" for each in one["ap_by_seed"]),
            f"{one['auroc']:.4f}",
        ]
        for name, one in results["points"].items()
    ]
    return document.table(["table", "rows", "attacks", "AP", "by seed", "AUROC"], rows)
