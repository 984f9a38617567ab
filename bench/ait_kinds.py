"""AIT-ADS: what labels cost where they do not cover the attack, through the command line, on the written ai_score.

For each kind of attack, the other networks' windows that hold it have no label; the model that was fitted with the
labels that remain is tested on windows of that kind against benign ones, beside the model that was fitted without any.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bench import document
from bench.ait import FIT, KINDS, WARM_UP, networks, windows
from bench.average_precision import Floats, ap, interval, resampled
from bench.command_line import fitted, scored

METHODS = ("unsupervised", "blend")


def measured(data: Path) -> dict[str, Any]:
    """The figures of all kinds."""
    tables = {network: windows(data, network) for network in networks(data)}
    kinds = [kind for kind in dict.fromkeys(KINDS.values()) if any(_holds(t, kind).any() for t in tables.values())]
    plain = {network: _scores(tables, network) for network in tables}
    found = {kind: _of_kind(tables, kind, plain) for kind in kinds}
    return {"ait_heldout_kind_loss_max": max(one["loss"] for one in found.values()), "ait_heldout_kinds": found}


def _of_kind(tables: Mapping[str, pl.DataFrame], kind: str, plain: Mapping[str, Floats]) -> dict[str, Any]:
    scores: dict[str, dict[str, Floats]] = {method: {} for method in METHODS}
    truth = {}
    for network, table in tables.items():
        held = _holds(table, kind)
        if held.any():
            rows = (held | (table["label"] == 0)).to_numpy()
            truth[network] = held.to_numpy()[rows]
            scores["unsupervised"][network] = plain[network][rows]
            scores["blend"][network] = _scores(tables, network, kind)[rows]
    found = {method: {name: ap(truth[name], score) for name, score in by.items()} for method, by in scores.items()}
    means = {method: float(np.mean(list(by.values()))) for method, by in found.items()}
    again = resampled(scores, truth)
    return {
        "ap": means,
        "ap_by_network": found,
        "windows": {network: int(labels.sum()) for network, labels in truth.items()},
        "loss": round(means["unsupervised"] - means["blend"], 4),
        "loss_interval_90": interval(again["unsupervised"] - again["blend"]),
    }


def _scores(tables: Mapping[str, pl.DataFrame], network: str, kind: str = "") -> Floats:
    """The scores of one network by a model of the others: without labels, or with all but those of one kind."""
    train = pl.concat([table for name, table in tables.items() if name != network])
    label = pl.when(_holds(train, kind)).then(None).otherwise("label")
    options = ("label=label",) if kind else ()
    fitted("ait_kinds", train.with_columns(label=label), *FIT, *options)
    return scored("ait_kinds", tables[network], WARM_UP)


def _holds(table: pl.DataFrame, kind: str) -> pl.Series:
    """Which windows hold an alert of that kind."""
    return table["kinds"].str.split(",").list.contains(kind)


def lines_of(results: dict[str, Any]) -> list[str]:
    """The table in Markdown."""
    rows = []
    for kind, one in results["ait_heldout_kinds"].items():
        low, high = one["loss_interval_90"]
        means = [f"{one['ap'][method]:.2f}" for method in METHODS]
        rows.append([kind, str(sum(one["windows"].values())), *means, f"{one['loss']:.3f}", f"{low:.2f} to {high:.2f}"])
    heads = [
        "kind without labels",
        "windows",
        "AP, no labels",
        "AP, the other labels",
        "loss",
        "90% interval",
    ]
    return document.table(heads, rows)
