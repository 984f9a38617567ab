"""AIT-ADS windows: leave one network out, through the command line, on the written ai_score."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from rich.console import Console
from rich.progress import Progress
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

from bench import document
from bench.ait import FIT, WARM_UP, networks, windows
from bench.average_precision import RESAMPLES, Floats, Mask, ap, interval, mean, resampled
from bench.command_line import fitted, scored

Scores = dict[str, dict[str, Floats]]


@dataclass(frozen=True)
class Method:
    """A way of scoring windows: key in the results and words for the table; of AIScore, whether it reads labels, and
    whether each network warms up."""

    key: str
    words: str
    labels: bool = False
    warm: bool = False


METHODS = (
    Method("rarity_rule", "one-line rarity rule"),
    Method("raw_forest", "raw Isolation Forest"),
    Method("aiscore_unsupervised", "AIScore, no labels", warm=True),
    Method("aiscore_unsupervised_no_warmup", "the same without warm-up"),
    Method("plain_xgboost", "plain XGBoost"),
    Method("aiscore_supervised", "AIScore with labels", labels=True, warm=True),
    Method("aiscore_supervised_no_warmup", "the same without warm-up", labels=True),
)


def measured(data: Path) -> dict[str, Any]:
    """Score every window of every network, by every method."""
    tables = {network: windows(data, network) for network in networks(data)}
    truth = {network: table["label"].to_numpy() == 1 for network, table in tables.items()}
    return figures(score_all(tables), truth)


def score_all(tables: dict[str, pl.DataFrame]) -> Scores:
    """Scores of every method on every network, each trained on the others."""
    found: Scores = {method.key: {} for method in METHODS}
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("scoring", total=len(tables) * len(METHODS))
        for network in tables:
            train = pl.concat([tables[other] for other in tables if other != network])
            for method in METHODS:
                progress.update(task, description=f"{network}: {method.key}")
                found[method.key][network] = _score(method, train, tables[network])
                progress.advance(task)
    return found


def _score(method: Method, train: pl.DataFrame, test: pl.DataFrame) -> Floats:
    if method.key == "rarity_rule":
        return rarity_rule(train, test)
    if method.key == "raw_forest":
        forest = IsolationForest(n_estimators=100, random_state=7).fit(indicators(train, train))
        return -forest.score_samples(indicators(train, test))
    if method.key == "plain_xgboost":
        return plain_xgboost(train, test)
    fitted("ait", train, *FIT, *(["label=label"] if method.labels else []))
    return scored("ait", test, *([WARM_UP] if method.warm else []))


def rarity_rule(train: pl.DataFrame, test: pl.DataFrame) -> Floats:
    """The sum over a window's types of -log of the share of training windows that hold the type."""
    types = train.select(pl.col("short").str.split("\n")).explode("short")["short"].value_counts()
    share = {name: count / train.height for name, count in types.rows()}
    unseen = 0.5 / train.height
    return np.array([sum(-np.log(share.get(t, unseen)) for t in row.split("\n")) for row in test["short"]])


def indicators(train: pl.DataFrame, table: pl.DataFrame) -> npt.NDArray[np.float32]:
    """One column per type seen in training, and the counts."""
    names = sorted(set(train["short"].str.split("\n").explode()))
    held = table["short"].str.split("\n")
    columns = [held.list.contains(name).cast(pl.Float32).to_numpy() for name in names]
    counts = [table[name].cast(pl.Float32).to_numpy() for name in ("count", "types", "ips")]
    return np.column_stack(columns + counts)


def plain_xgboost(train: pl.DataFrame, test: pl.DataFrame) -> Floats:
    import xgboost

    model = xgboost.XGBClassifier(n_estimators=300, max_depth=6, learning_rate=0.1, random_state=7, n_jobs=2)
    model.fit(indicators(train, train), train["label"].to_numpy())
    return model.predict_proba(indicators(train, test))[:, 1].astype(np.float64)


def figures(scores: Scores, truth: dict[str, Mask]) -> dict[str, Any]:
    """AP and AUROC per network and their means, intervals, and the probability of being better, paired."""
    found = {key: {name: ap(truth[name], by[name]) for name in truth} for key, by in scores.items()}
    auroc = {key: {name: float(roc_auc_score(truth[name], by[name])) for name in truth} for key, by in scores.items()}
    means = resampled(scores, truth)
    better = {
        "unsupervised_better_than_rule": float(np.mean(means["aiscore_unsupervised"] > means["rarity_rule"])),
        "supervised_better_than_xgboost": float(np.mean(means["aiscore_supervised"] > means["plain_xgboost"])),
    }
    return {
        "ait_lono_unsupervised_ap": mean(found["aiscore_unsupervised"]),
        "ait_lono_unsupervised_ap_no_warmup": mean(found["aiscore_unsupervised_no_warmup"]),
        "ait_lono_supervised_ap": mean(found["aiscore_supervised"]),
        "ait_lono_supervised_ap_no_warmup": mean(found["aiscore_supervised_no_warmup"]),
        "probability": better,
        "interval_90": {key: interval(each) for key, each in means.items()},
        "mean_ap": {key: mean(each) for key, each in found.items()},
        "mean_auroc": {key: mean(each) for key, each in auroc.items()},
        "ap": found,
        "windows": {network: len(labels) for network, labels in truth.items()},
        "positives": {network: int(labels.sum()) for network, labels in truth.items()},
        "resamples": RESAMPLES,
    }


def rows_of(results: dict[str, Any]) -> list[list[str]]:
    """One row of text per method."""
    found: list[list[str]] = []
    for method in METHODS:
        low, high = results["interval_90"][method.key]
        cells = [f"{each:.2f}" for each in results["ap"][method.key].values()]
        mean, auroc = results["mean_ap"][method.key], results["mean_auroc"][method.key]
        found.append([method.words, *cells, f"{mean:.2f}", f"{low:.2f}-{high:.2f}", f"{auroc:.2f}"])
    return found


def lines_of(results: dict[str, Any]) -> list[str]:
    """The table of the windows, and how sure it is, in Markdown."""
    head = ["method", *results["windows"], "mean AP", "90% interval", "AUROC"]
    lines = document.table(head, rows_of(results))
    better = results["probability"]
    lines += [
        "",
        f"Paired bootstrap over windows, {results['resamples']} resamples: AIScore without labels beats the rule with "
        f"probability {better['unsupervised_better_than_rule']:.3f}, "
        "AIScore with labels beats plain XGBoost with "
        f"probability {better['supervised_better_than_xgboost']:.3f}.",
    ]
    return lines
