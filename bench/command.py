"""The command line, as people use it: a model is fitted on one table and scores another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "bench" / "work"
Floats = npt.NDArray[np.float64]


def fitted(model: str, train: pl.DataFrame, *options: str) -> None:
    """`aiscore run fit` on a table. options: such as "entity=host"."""
    WORK.mkdir(parents=True, exist_ok=True)
    train.write_csv(WORK / f"{model}_train.csv")
    run(["fit", f"model={model}", *options], f"{model}_train.csv")


def scored(model: str, test: pl.DataFrame, *options: str) -> Floats:
    """The ai_score that `aiscore run score` writes, float64 (n,)."""
    test.write_csv(WORK / f"{model}_test.csv")
    run(["score", f"model={model}", "explain=none", *options], f"{model}_test.csv", WORK / f"{model}_scored.csv")
    found = pl.read_csv(WORK / f"{model}_scored.csv", columns=["ai_score", "ai_status"])
    if (found["ai_status"] != "scored").any():
        raise SystemExit(f"{model}: some rows went unscored")
    return found["ai_score"].to_numpy()


def run(words: list[str], events: str, output: Path | None = None) -> None:
    """One `aiscore run` with its own home."""
    environment = {**os.environ, "AISCORE_HOME": str(WORK / "home")}
    command = [sys.executable, "-m", "sidecar.cli", "run", *words]
    with (WORK / events).open("rb") as stdin, (output or Path(os.devnull)).open("wb") as stdout:
        subprocess.run(command, stdin=stdin, stdout=stdout, env=environment, cwd=ROOT, check=True)
