"""AIT-ADS windows: leave one network out, through the command line, on the written ai_score."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from rich.console import Console
from rich.progress import Progress
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score

from bench import document
from bench.ait import networks, windows

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "bench" / "work"
RESAMPLES = 1000
FIELDS = "short,count,types,ips"

Floats = npt.NDArray[np.float64]
Scores = dict[str, dict[str, Floats]]


@dataclass(frozen=True)
class Method:
    """A way of scoring windows: key in the results, words for the table, and whether it reads labels."""

    key: str
    words: str
    labels: bool


METHODS = (
    Method("rarity_rule", "one-line rarity rule", labels=False),
    Method("raw_forest", "raw Isolation Forest", labels=False),
    Method("aiscore_unsupervised", "AIScore, no labels", labels=False),
    Method("plain_xgboost", "plain XGBoost", labels=True),
    Method("aiscore_supervised", "AIScore with labels", labels=True),
)


def measured(data: Path) -> dict[str, Any]:
    """Score every window of every network, by every method."""
    tables = {network: windows(data, network) for network in networks(data)}
    truth = {network: table["label"].to_numpy() == 1 for network, table in tables.items()}
    return figures(score_all(tables), truth, RESAMPLES)


def score_all(tables: dict[str, pl.DataFrame]) -> Scores:
    """Scores of every method on every network, each trained on the others."""
    found: Scores = {method.key: {} for method in METHODS}
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("scoring", total=len(tables) * len(METHODS))
        for network in tables:
            train = pl.concat([tables[other] for other in tables if other != network])
            for method in METHODS:
                progress.update(task, description=f"{network}: {method.key}")
                found[method.key][network] = _score(method.key, network, train, tables[network])
                progress.advance(task)
    return found


def _score(method: str, network: str, train: pl.DataFrame, test: pl.DataFrame) -> Floats:
    if method == "rarity_rule":
        return rarity_rule(train, test)
    if method == "raw_forest":
        forest = IsolationForest(n_estimators=100, random_state=7).fit(indicators(train, train))
        return -forest.score_samples(indicators(train, test))
    if method == "plain_xgboost":
        return plain_xgboost(train, test)
    return aiscore(network, train, test, labels=method == "aiscore_supervised")


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


def aiscore(network: str, train: pl.DataFrame, test: pl.DataFrame, *, labels: bool) -> Floats:
    """The ai_score that `aiscore run` writes."""
    WORK.mkdir(parents=True, exist_ok=True)
    train.write_csv(WORK / f"train_without_{network}.csv")
    test.write_csv(WORK / f"test_{network}.csv")
    label = ["label=label"] if labels else []
    run(["fit", "model=ait", "entity=host", "time=_time", *label, f"fields={FIELDS}"], f"train_without_{network}.csv")
    run(["score", "model=ait", "explain=none"], f"test_{network}.csv", WORK / f"scored_{network}.csv")
    scored = pl.read_csv(WORK / f"scored_{network}.csv", columns=["ai_score", "ai_status"])
    if (scored["ai_status"] != "scored").any():
        raise SystemExit(f"{network}: some windows went unscored")
    return scored["ai_score"].to_numpy()


def run(words: list[str], events: str, output: Path | None = None) -> None:
    """One `aiscore run` with its own home."""
    environment = {**os.environ, "AISCORE_HOME": str(WORK / "home")}
    command = [sys.executable, "-m", "sidecar.cli", "run", *words]
    with (WORK / events).open("rb") as stdin, (output or Path(os.devnull)).open("wb") as stdout:
        subprocess.run(command, stdin=stdin, stdout=stdout, env=environment, cwd=ROOT, check=True)


def figures(scores: Scores, truth: dict[str, npt.NDArray[np.bool_]], resamples: int) -> dict[str, Any]:
    """AP and AUROC per network and their means, intervals, and the probability of being better, paired."""
    ap = {key: {n: _ap(truth[n], by[n]) for n in truth} for key, by in scores.items()}
    auroc = {key: {n: float(roc_auc_score(truth[n], by[n])) for n in truth} for key, by in scores.items()}
    means = bootstrap(scores, truth, resamples)
    better = {
        "unsupervised_better_than_rule": float(np.mean(means["aiscore_unsupervised"] > means["rarity_rule"])),
        "supervised_better_than_xgboost": float(np.mean(means["aiscore_supervised"] > means["plain_xgboost"])),
    }
    return {
        "ait_lono_unsupervised_ap": _mean(ap["aiscore_unsupervised"]),
        "ait_lono_supervised_ap": _mean(ap["aiscore_supervised"]),
        "probability": better,
        "interval_90": {key: np.quantile(found, [0.05, 0.95]).round(3).tolist() for key, found in means.items()},
        "mean_ap": {key: _mean(found) for key, found in ap.items()},
        "mean_auroc": {key: _mean(found) for key, found in auroc.items()},
        "ap": ap,
        "windows": {network: len(found) for network, found in truth.items()},
        "positives": {network: int(found.sum()) for network, found in truth.items()},
        "resamples": resamples,
    }


def bootstrap(scores: Scores, truth: dict[str, npt.NDArray[np.bool_]], resamples: int) -> dict[str, Floats]:
    """Mean AP over the networks on resampled windows, (resamples,) per method, the same windows for all methods."""
    rng = np.random.default_rng(7)
    found = {key: np.zeros(resamples) for key in scores}
    for at in range(resamples):
        for network in truth:
            rows = rng.integers(len(truth[network]), size=len(truth[network]))
            labels = truth[network][rows]
            if not labels.any():
                rows, labels = np.arange(len(truth[network])), truth[network]
            for key, by in scores.items():
                found[key][at] += _ap(labels, by[network][rows]) / len(truth)
    return found


def _ap(labels: npt.NDArray[np.bool_], score: Floats) -> float:
    return float(average_precision_score(labels, score))


def _mean(by_network: dict[str, float]) -> float:
    return round(float(np.mean(list(by_network.values()))), 4)


def rows_of(results: dict[str, Any]) -> list[list[str]]:
    """One row of text per method."""
    found: list[list[str]] = []
    for method in METHODS:
        ap, interval = results["ap"][method.key], results["interval_90"][method.key]
        cells = [f"{found:.2f}" for found in ap.values()]
        mean, auroc = results["mean_ap"][method.key], results["mean_auroc"][method.key]
        found.append([method.words, *cells, f"{mean:.2f}", f"{interval[0]:.2f}-{interval[1]:.2f}", f"{auroc:.2f}"])
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
