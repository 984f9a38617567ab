"""What the evaluation asks of the product: `aiscore run`, a table in and the written ai_score out; and intervals."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "bench" / "work" / "home"
RESAMPLES = 1000
SEED = 7

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def scores_of(fit: list[str], train: pl.DataFrame, test: pl.DataFrame) -> Floats:
    """The ai_score of each test row by a model that `fit` has learned from the others, in a home of their own."""
    with tempfile.TemporaryDirectory() as home:
        run(["fit", "model=m", *fit], train, home)
        return scores_in(run(["score", "model=m", "explain=none"], test, home))


def fitted(model: str, train: pl.DataFrame, *options: str) -> None:
    """A model that is kept, to score several tables or in several ways. options: such as "entity=host"."""
    HOME.mkdir(parents=True, exist_ok=True)
    run(["fit", f"model={model}", *options], train, str(HOME))


def scored(model: str, test: pl.DataFrame, *options: str) -> Floats:
    """The ai_score of each row by a model that is kept, float64 (n,)."""
    return scores_in(run(["score", f"model={model}", "explain=none", *options], test, str(HOME)))


def run(words: list[str], events: pl.DataFrame, home: str) -> bytes:
    """What one `aiscore run` answers."""
    command = [sys.executable, "-m", "sidecar.cli", "run", *words]
    environment = {**os.environ, "AISCORE_HOME": home}
    asked = events.write_csv().encode()
    return subprocess.run(command, input=asked, stdout=subprocess.PIPE, env=environment, cwd=ROOT, check=True).stdout


def run_here(words: list[str], events: pl.DataFrame, home: str) -> bytes:
    """As run, by the same code in this process: hundreds of short runs would mostly be starts."""
    from sidecar import cli

    given, answer = io.TextIOWrapper(io.BytesIO(events.write_csv().encode())), io.TextIOWrapper(io.BytesIO())
    before, sys.stdin, sys.stdout = (sys.stdin, sys.stdout), given, answer
    try:
        code = cli.main(["run", "--home", home, *words])
    finally:
        sys.stdin, sys.stdout = before
    if code:
        raise SystemExit(code)
    return answer.buffer.getvalue()  # type: ignore[attr-defined]


def scores_in(answer: bytes) -> Floats:
    """The ai_score of each row of an answer."""
    found = pl.read_csv(answer, columns=["ai_score", "ai_status"])
    if (found["ai_status"] != "scored").any():
        raise SystemExit("some rows went unscored")
    return found["ai_score"].to_numpy().astype(np.float64)


def interval(count: int, figure: Callable[[Ints], float]) -> list[float]:
    """The middle 90% of a figure over resamples of `count` things. figure: of the places of those that were drawn."""
    rng = np.random.default_rng(SEED)
    found = [figure(rng.integers(count, size=count)) for _ in range(RESAMPLES)]
    return np.nanquantile(found, [0.05, 0.95]).round(3).tolist()
