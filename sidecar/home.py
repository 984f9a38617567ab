"""AISCORE_HOME: where everything is, made so that only its owner can read it."""

import os
from pathlib import Path

from sidecar.keys import private_folder

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def prepare(home: Path) -> Path:
    """Make the folder and what belongs in it; to be called before `models` is imported.

    Compiled kernels are kept under the home: numba loads what lies in its cache, so nobody else may write
    there. Threads are ours to deal out: libraries that would start their own for every call are told to use one.
    """
    private_folder(home)
    for name in ("keys", "blobs", "sessions", "cache"):
        private_folder(home / name)
    os.environ.update(ONE_THREAD)
    os.environ["NUMBA_CACHE_DIR"] = str(private_folder(home / "cache" / "numba"))
    return home
