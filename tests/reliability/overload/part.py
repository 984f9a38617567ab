"""The batches of this part. What is promised is measured here, on a machine that does nothing else."""

from tests.reliability.campaign import Batch
from tests.reliability.overload import silent
from tests.reliability.overload.crowd import Bounds, Shape, overloaded

CROWDS = {200: 15.0, 2_000: 20.0, 20_000: 25.0}
"""Rows of a chunk, and seconds of overload."""


def batches(seed: int) -> list[Batch]:
    """Nothing here is random."""
    crowds = [_crowd(rows, seconds) for rows, seconds in CROWDS.items()]
    return [
        *crowds,
        Batch("1,000 half-open clients", lambda: silent.half_open(1_000, 3.0, 250.0)),
        Batch("200,000 rows in one request", lambda: silent.batch(200_000, 50.0)),
        Batch("clients that leave", lambda: silent.leavers(20, 10.0)),
        Batch("idle connections", lambda: silent.idle(200, 3, 13.0)),
    ]


def _crowd(rows: int, seconds: float) -> Batch:
    shape = Shape(rows, alone_s=10.0, busy_s=10.0, crowd_s=seconds)
    return Batch(f"ten times capacity, {rows:,} rows a chunk", lambda: overloaded(shape, Bounds()))
