"""Rows over threads: a detector scores each row alone, so blocks of rows may be scored at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from models.detectors.base import Floats, Matrix

LEAST_ROWS = 1024
"""Fewer rows than this are not worth a thread."""


def in_blocks(score: Callable[[Matrix], Floats], matrix: Matrix, nthread: int) -> Floats:
    """score(matrix), the rows dealt out to at most nthread threads; score must release the GIL to gain by it.

    >>> float(in_blocks(lambda rows: rows.sum(axis=1), np.ones((5000, 2), np.float32), 4).sum())
    10000.0
    """
    blocks = min(nthread, len(matrix) // LEAST_ROWS)
    if blocks < 2:
        return score(matrix)
    with ThreadPoolExecutor(blocks) as pool:
        return np.concatenate(list(pool.map(score, np.array_split(matrix, blocks))))
