"""XGBoost's exact contributions, timed; run by a Python that has the version to be measured.

python bench/speed_contribs.py BOOSTER MATRIX.npy PHI.npy

Prints the version, then for each line that comes in the processor seconds of one pass over the matrix on one thread.
The contributions of the first pass go to PHI.npy.
"""

from __future__ import annotations

import os
import sys
import time


def main(booster: str, matrix: str, phi: str) -> None:
    """Answer one line of stdin after another."""
    import numpy as np
    import xgboost

    data = xgboost.DMatrix(np.load(matrix), nthread=1)
    loaded = xgboost.Booster({"nthread": 1}, model_file=booster)
    print(xgboost.__version__, flush=True)
    for _ in sys.stdin:
        began = time.process_time()
        found = loaded.predict(data, pred_contribs=True)
        taken = time.process_time() - began
        if not os.path.exists(phi):
            np.save(phi, found)
        print(taken, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
