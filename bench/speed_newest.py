"""XGBoost's exact contributions in a process of its own, so that another version of XGBoost can be measured.

python -m bench.speed_newest BOOSTER MATRIX.npy PHI.npy

Prints the version, then for each line that comes in the processor seconds of one pass over the matrix on one thread.
The contributions of the first pass go to PHI.npy.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[1]
INSTALL_S = 600


def main(booster: str, matrix: str, phi: str) -> None:
    """Answer one line of stdin after another."""
    import xgboost

    data = xgboost.DMatrix(np.load(matrix), nthread=1)
    loaded = xgboost.Booster({"nthread": 1}, model_file=booster)
    print(xgboost.__version__, flush=True)
    for _ in sys.stdin:
        began = time.process_time()
        found = loaded.predict(data, pred_contribs=True)
        taken = time.process_time() - began
        if not Path(phi).exists():
            np.save(phi, found)
        print(taken, flush=True)


def install(folder: Path) -> str:
    """Put the newest XGBoost that pip finds into a folder, if it is not there; what went wrong, or nothing."""
    if (folder / "xgboost").is_dir():
        return ""
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    try:
        done = subprocess.run(
            [*words, "--target", str(folder), "xgboost"], capture_output=True, text=True, timeout=INSTALL_S
        )
    except (OSError, subprocess.TimeoutExpired) as failure:
        return f"pip did not install it: {failure}"
    return "" if done.returncode == 0 else f"pip did not install it: {done.stderr.strip().splitlines()[-1:]}"


class OtherXgboost:
    """The child process over one booster and one matrix; use it as a context manager."""

    def __init__(self, packages: Path, booster: Path, matrix: npt.NDArray[np.float32], folder: Path) -> None:
        """packages: the folder that holds the other version."""
        folder.mkdir(parents=True, exist_ok=True)
        self._phi = folder / "newest-phi.npy"
        self._phi.unlink(missing_ok=True)
        np.save(folder / "newest-matrix.npy", matrix)
        words = ["-m", "bench.speed_newest", str(booster), str(folder / "newest-matrix.npy"), str(self._phi)]
        self._child = subprocess.Popen(
            [sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=ROOT, env={"PYTHONPATH": str(packages)},
        )  # fmt: skip
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


if __name__ == "__main__":
    main(*sys.argv[1:])
