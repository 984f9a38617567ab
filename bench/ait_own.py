"""AIT-ADS: a network's own quiet days as the baseline, through the command line, on the written ai_score.

The model is fitted on everything up to one hour before the network's first attack event, and only later windows count.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from bench import document
from bench.ait import FIT, WINDOW_S, first_attack_s, networks, windows
from bench.average_precision import ap, interval, mean, resampled
from bench.command_line import fitted, scored

QUIET_BEFORE_S = 3600


def measured(data: Path) -> dict[str, Any]:
    """The figures of all networks."""
    scores, truth = {}, {}
    for network in networks(data):
        table = windows(data, network)
        quiet = pl.col("_time") + WINDOW_S <= first_attack_s(data, network) - QUIET_BEFORE_S
        later = table.filter(~quiet)
        fitted("ait_own", table.filter(quiet), *FIT)
        scores[network] = scored("ait_own", later)
        truth[network] = later["label"].to_numpy() == 1
    found = {network: ap(truth[network], score) for network, score in scores.items()}
    return {
        "ait_own_unsupervised_ap": mean(found),
        "ait_own": {
            "ap": found,
            "interval_90": interval(resampled({"own": scores}, truth)["own"]),
            "windows": {network: len(labels) for network, labels in truth.items()},
        },
    }


def lines_of(results: dict[str, Any]) -> list[str]:
    """The table in Markdown."""
    own = results["ait_own"]
    low, high = own["interval_90"]
    cells = [f"{found:.2f}" for found in own["ap"].values()]
    row = [
        "AIScore, no labels, own quiet days",
        *cells,
        f"{results['ait_own_unsupervised_ap']:.2f}",
        f"{low:.2f}-{high:.2f}",
    ]
    return document.table(["method", *own["ap"], "mean AP", "90% interval"], [row])
