"""How the seconds grow with rows, columns and trees: synthetic matrices, one thread, in process."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from rich.progress import Progress

from bench.speed_kernels import Kernels
from models.detectors.base import Matrix
from models.detectors.boost import Boost
from models.detectors.forest import Forest

FIT_ROWS = 20_000
NAMES = ("rows", "columns", "trees")
LEAST_S = 0.2
"""Short passes are repeated until they have taken this long."""


@dataclass(frozen=True)
class Axes:
    """The sizes tried of each, while the other two stay at rest."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    trees: tuple[int, ...]
    rest: tuple[int, int, int]


def growth(axes: Axes, bar: Progress) -> dict[str, Any]:
    """For each axis and detector the processor seconds of `contributions` and the slope of their logarithms."""
    rest = dict(zip(NAMES, axes.rest, strict=True))
    task = bar.add_task("growth", total=sum(len(getattr(axes, name)) for name in NAMES))
    found: dict[str, Any] = {"fit_rows": FIT_ROWS}
    for name in NAMES:
        sizes = getattr(axes, name)
        took: list[tuple[float, float]] = []
        for size in sizes:
            took.append(_both_cpu_s(**{**rest, name: size}))
            bar.advance(task)
        lines = [_line(sizes, list(seconds)) for seconds in zip(*took, strict=True)]
        told = [_kernels(*({**rest, name: size}[each] for each in NAMES[1:])).told() for size in sizes]
        at = {other: size for other, size in rest.items() if other != name}
        found[name] = {"sizes": list(sizes), "at": at}
        for detector, line in zip(("forest", "boost"), lines, strict=True):
            found[name][detector] = line | {"explained": [each[detector] for each in told]}
    return found


def _both_cpu_s(rows: int, columns: int, trees: int) -> tuple[float, float]:
    """Seconds of the forest's and the boost's contributions."""
    matrix = _matrix(rows, columns, seed=2)
    kernel = _kernels(columns, trees)
    return _cpu_s(kernel.forest.contributions, matrix), _cpu_s(kernel.boost.contributions, matrix)


@cache
def _kernels(columns: int, trees: int) -> Kernels:
    """Both detectors on noise, with labels that hang on some columns, noisily enough for trees of full depth."""
    matrix = _matrix(FIT_ROWS, columns, seed=1)
    signal = np.nan_to_num(matrix[:, :8]).sum(axis=1) + np.random.default_rng(3).normal(size=FIT_ROWS)
    forest, boost = Forest.fit(matrix, seed=7, trees=trees), Boost.fit(matrix, signal > 2, seed=7, rounds=trees)
    return Kernels.of(forest, boost, columns)


def _matrix(rows: int, columns: int, seed: int) -> Matrix:
    """Normal numbers, one in twenty missing, float32 (rows, columns)."""
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((rows, columns), dtype=np.float32)
    matrix[rng.random((rows, columns), dtype=np.float32) < 0.05] = np.nan
    return matrix


def _cpu_s(run: Callable[[Matrix], object], matrix: Matrix) -> float:
    """Processor seconds of a pass: the least of as many as fit in LEAST_S, at least one after a small warm-up."""
    run(matrix[:16])
    took: list[float] = []
    while sum(took) < LEAST_S:
        began = time.process_time()
        run(matrix)
        took.append(time.process_time() - began)
    return min(took)


def _line(sizes: tuple[int, ...], seconds: list[float]) -> dict[str, Any]:
    """Seconds, and the slope of log(seconds) over log(size): 1 is proportional."""
    slope = float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])
    return {"cpu_s": [round(each, 6) for each in seconds], "slope": round(slope, 2)}
