"""Rows over threads: a detector scores each row alone, so blocks of rows may be scored at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.detectors.base import Floats, Matrix
from models.threads import in_threads

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
    return np.concatenate(in_threads(score, np.array_split(matrix, blocks), blocks))


def fill_in_blocks(
    fill: Callable[[Matrix, Floats], None], matrix: Matrix, out: Floats, block_rows: int, nthread: int
) -> None:
    """fill(rows of matrix, the same rows of out) for blocks of at most block_rows, dealt out to at most nthread
    threads; fill must release the GIL to gain by it.

    Never to be called within a block: it could wait for a thread that waits for it.
    """

    def each(ends: tuple[int, int]) -> None:
        for first in range(*ends, block_rows):
            last = min(first + block_rows, ends[1])
            fill(matrix[first:last], out[first:last])

    shares = max(1, min(nthread, len(matrix) // LEAST_ROWS))
    ends = [len(matrix) * share // shares for share in range(shares + 1)]
    in_threads(each, list(zip(ends, ends[1:], strict=False)), shares)
