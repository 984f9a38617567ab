"""The kernels alone, on one thread, beside the libraries'; and what all cores can do without CSV and HTTP."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import polars as pl
import xgboost
from rich.progress import Progress

from bench.library import LibraryModel
from bench.speed_company import Fitted
from bench.speed_equal import TOLERANCE
from bench.speed_newest import OtherXgboost, install
from models.detectors.attribution import Attribution
from models.detectors.base import Floats, Matrix
from models.detectors.boost import Boost
from models.detectors.forest import Forest
from models.features.encode import encode
from models.features.values import read_values
from models.scoring import Model
from models.trained import Inputs, inputs_of

OURS_FOREST, OURS_BOOST = "AIScore forest, contributions", "AIScore boost, contributions"
SHAP, CONTRIBS, NEWEST = "shap.TreeExplainer", "xgboost pred_contribs", "newest xgboost pred_contribs"


@dataclass(frozen=True)
class Step:
    """One pass over `rows` rows, in processor seconds."""

    name: str
    rows: int
    cpu_s: Callable[[], float]


@dataclass(frozen=True)
class Kernels:
    """What explains the two detectors, column by column as the libraries do, ready as in a service."""

    forest: Attribution
    boost: Attribution

    @classmethod
    def of(cls, forest: Forest, boost: Boost, columns: int) -> Kernels:
        """The tables are made here, once."""
        return cls(Attribution.of(forest.trees, columns), Attribution.of(boost.trees, columns))

    def told(self) -> dict[str, Any]:
        """How the trees are explained, and the size of the tables, MB of 10**6 bytes."""
        both = {"forest": self.forest, "boost": self.boost}
        return {
            name: {"path": each.path, "tables_mb": round(each.tables.nbytes / 1e6, 1)} for name, each in both.items()
        }


def matrix_of(model: Model, events: pl.DataFrame) -> Inputs:
    """What the voices hear of the events."""
    spec = model.trained.spec
    values = read_values(events.cast(pl.String), spec)
    return inputs_of(encode(values, spec, model.generation), values, spec)


def kernels(
    full: Fitted, events: pl.DataFrame, few: int, count: int, newest: Path | None, folder: Path, bar: Progress
) -> dict[str, Any]:
    """Microseconds of one core a row for each step, and the two ratios.

    events: ours take all, the libraries' exact SHAP `few` of them, evenly spread; newest: where the newest XGBoost is
    put, or None not to try it. Raises AssertionError when contributions differ.
    """
    model = full.loaded()
    assert full.booster and model.trained.boost
    library = LibraryModel.read(model, full.forest, full.booster)
    assert library.booster
    library.booster.set_param({"nthread": 1})
    matrix = matrix_of(model, events).matrix
    kernel = Kernels.of(model.trained.forest, model.trained.boost, matrix.shape[1])
    slow = matrix[:: -(-len(matrix) // few)]
    with _other(newest, full.booster, slow, folder) as (other, why):
        steps = [*_steps(kernel, library, matrix, slow), *([Step(NEWEST, len(slow), other.seconds)] if other else [])]
        took = [[step.cpu_s() for step in steps] for _ in bar.track(range(count + 1), description="kernels")][1:]
        _equal(kernel, library, slow, other)
        version = other.version if other else None
    us = {step.name: [taken[at] / step.rows * 1e6 for taken in took] for at, step in enumerate(steps)}
    found = {
        "us_per_row": {name: round(median(each), 2) for name, each in us.items()},
        "boost_vs_library": _times(us[CONTRIBS], us[OURS_BOOST]),
        "forest_vs_library": _times(us[SHAP], us[OURS_FOREST]),
        "boost_vs_newest": _times(us[NEWEST], us[OURS_BOOST]) if NEWEST in us else None,
    }
    told = {"xgboost": xgboost.__version__, "newest_xgboost": version, "newest_xgboost_missing": why}
    return found | told | {"explained": kernel.told(), "rows": len(matrix), "library_rows": len(slow), "rounds": count}


def _steps(kernel: Kernels, library: LibraryModel, matrix: Matrix, slow: Matrix) -> list[Step]:
    booster = library.booster
    assert booster
    data = xgboost.DMatrix(slow, nthread=1)
    passes: list[tuple[str, Matrix, Callable[[Matrix], object]]] = [
        ("AIScore forest, score", matrix, kernel.forest.trees.total),
        ("scikit-learn score_samples", matrix, library.forest.score_samples),
        (OURS_FOREST, matrix, kernel.forest.contributions),
        (SHAP, slow, library.forest_contributions),
        ("AIScore boost, score", matrix, kernel.boost.trees.total),
        ("xgboost inplace_predict", matrix, lambda rows: booster.inplace_predict(rows, predict_type="margin")),
        (OURS_BOOST, matrix, kernel.boost.contributions),
        (CONTRIBS, slow, lambda rows: booster.predict(data, pred_contribs=True)),
    ]
    return [Step(name, len(rows), _timed(run, rows)) for name, rows, run in passes]


def _timed(run: Callable[[Matrix], object], rows: Matrix) -> Callable[[], float]:
    def once() -> float:
        began = time.process_time()
        run(rows)
        return time.process_time() - began

    return once


@contextmanager
def _other(
    environment: Path | None, booster: Path, matrix: Matrix, folder: Path
) -> Iterator[tuple[OtherXgboost | None, str]]:
    """The newest XGBoost as a child process, or None and why not."""
    why = install(environment) if environment else "not asked for"
    if why or environment is None:
        yield None, why
        return
    with OtherXgboost(environment / "bin" / "python", booster, matrix, folder) as other:
        yield (other, "") if other.version else (None, "it did not start on this machine")


def _equal(kernel: Kernels, library: LibraryModel, rows: Matrix, other: OtherXgboost | None) -> None:
    """AssertionError unless all give each row and column the same contributions."""
    theirs = library.boost_contributions(rows)
    assert theirs
    _near("forest", kernel.forest.contributions(rows).phi, library.forest_contributions(rows).phi)
    ours = kernel.boost.contributions(rows).phi
    _near("boost", ours, theirs.phi)
    if other:
        _near("newest boost", ours, other.phi()[:, :-1].astype(np.float64))


def _near(name: str, ours: Floats, theirs: Floats) -> None:
    far = float((np.abs(ours - theirs) / np.maximum(1, np.abs(ours))).max())
    assert far <= TOLERANCE, f"{name}: contributions lie {far:.1e} apart"


def _times(theirs: list[float], ours: list[float]) -> dict[str, Any]:
    ratios = [other / mine for other, mine in zip(theirs, ours, strict=True)]
    return {"ratio": round(median(ratios), 1), "ratios": [round(ratio, 1) for ratio in ratios]}


def floor(full: Fitted, events: pl.DataFrame, few: int, count: int, bar: Progress) -> dict[str, Any]:
    """Wall microseconds a row on all cores, without CSV and HTTP: the kernels, all of `Model.score`, and the same with
    the libraries' Shapley values, which the first `few` events get."""
    model, cores = full.loaded(), os.cpu_count() or 1
    inputs = matrix_of(model, events)
    table = events.cast(pl.String)
    steps: dict[str, tuple[int, Callable[[], object]]] = {
        "kernels": (
            len(events),
            lambda: (model.trained.voices(inputs, cores), model.trained.contributions(inputs, cores)),
        ),
        "model": (len(events), lambda: model.score(table, explain="all", nthread=cores)),
        "library": (few, lambda: model.score(table[:few], explain="all", nthread=cores, engine="library")),
    }
    took: dict[str, list[float]] = {name: [] for name in steps}
    for _ in bar.track(range(count + 1), description="all cores, in process"):
        for name, (rows, step) in steps.items():
            began = time.perf_counter()
            step()
            took[name].append((time.perf_counter() - began) / rows * 1e6)
    us = {f"{name}_us_per_row": round(median(each[1:]), 2) for name, each in took.items()}
    return us | {"rows": len(events), "library_rows": few, "threads": cores}
