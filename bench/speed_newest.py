"""The newest XGBoost beside the pinned one: in an environment and a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from tests.splunkd import pythons

SCRIPT = Path(__file__).with_name("speed_contribs.py")
INSTALL_S = 600
READY = "ready"


def install(folder: Path) -> str:
    """Put the newest XGBoost that pip finds into an environment, if it is not there; what went wrong, or nothing.

    The newest Python that can be found is taken: each XGBoost gives up the oldest Pythons.
    """
    if (folder / READY).exists():
        return ""
    python, pip = pythons.find("3.13") or sys.executable, str(folder / "bin" / "pip")
    steps = (
        [python, "-m", "venv", "--clear", str(folder)],
        [pip, "install", "--quiet", "--disable-pip-version-check", "numpy", "scipy"],
        [pip, "install", "--quiet", "--disable-pip-version-check", "--no-deps", "xgboost"],  # what else is for GPUs
    )
    try:
        for words in steps:
            subprocess.run(words, capture_output=True, text=True, timeout=INSTALL_S, check=True)
    except subprocess.CalledProcessError as failure:
        return f"it was not installed: {' '.join(failure.stderr.strip().splitlines()[-1:])}"
    except (OSError, subprocess.TimeoutExpired) as failure:
        return f"it was not installed: {failure}"
    (folder / READY).touch()
    return ""


class OtherXgboost:
    """The child process over one booster and one matrix; use it as a context manager."""

    def __init__(self, python: Path, booster: Path, matrix: npt.NDArray[np.float32], folder: Path) -> None:
        """python: the interpreter that has the other version."""
        folder.mkdir(parents=True, exist_ok=True)
        self._phi = folder / "newest-phi.npy"
        self._phi.unlink(missing_ok=True)
        np.save(folder / "newest-matrix.npy", matrix)
        words = [str(SCRIPT), str(booster), str(folder / "newest-matrix.npy"), str(self._phi)]
        self._child = subprocess.Popen([str(python), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._child.stdout
        self.version = self._child.stdout.readline().strip()

    def seconds(self) -> float:
        """Processor seconds of one more pass. RuntimeError when the child has ended."""
        assert self._child.stdin and self._child.stdout
        self._child.stdin.write("again\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"XGBoost {self.version} ended with code {self._child.wait()}")
        return float(line)

    def phi(self) -> npt.NDArray[np.float32]:
        """The contributions of the first pass with the base last, float32 (n, d + 1)."""
        found: npt.NDArray[np.float32] = np.load(self._phi)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._child.kill()
        self._child.communicate()
