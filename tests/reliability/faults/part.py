"""The batches of this part: each kind of fault at every place and size, the eight other points, and a dead sidecar."""

import atexit
import contextlib
import itertools
from collections.abc import Callable, Iterator

from tests.reliability.campaign import Batch, Found
from tests.reliability.faults import dead, others, searches
from tests.reliability.faults.ground import Ground
from tests.reliability.faults.kinds import KINDS, Kind
from tests.reliability.faults.searches import CHUNKS, Case
from tests.splunkd import pythons

SIZES = (1, 1_000, 50_000)
LOUD = ("refused", "expired", "reset in the request", "401", "500 as HTML", "shuffled rows", "drip", "SIGSTOP")
"""Kinds that are tried with on_error=fail too."""


def batches(seed: int) -> list[Batch]:
    """One batch a kind, then the other points."""
    turns = {name: at for at, name in enumerate(KINDS)}
    kinds = [Batch(f"kind {kind.name}", _on_ground(_cases(kind, turns[kind.name], seed))) for kind in KINDS.values()]
    points = [Batch(f"point {point.name}", _on_ground(_point(point))) for point in others.POINTS]
    return [*kinds, *points, Batch("dead sidecar", _on_ground([dead.run]))]


def cases(kind: Kind, turn: int, seed: int) -> Iterator[Case]:
    """Every place and size; a retry that saves the chunk; and the loud way. The Pythons take turns."""
    python = itertools.cycle(pythons.SHIPPED[turn % 2 :] + pythons.SHIPPED[: turn % 2])
    for rows, place in itertools.product(SIZES, range(CHUNKS)):
        yield Case(kind, place, rows, next(python), seed=seed)
    if kind.saved:
        for place in range(CHUNKS):
            yield Case(kind, place, 1_000, next(python), attempts=1, seed=seed)
    if kind.name in LOUD:
        for place in range(CHUNKS):
            yield Case(kind, place, 1_000, next(python), on_error="fail", seed=seed)


Work = Callable[[Ground], Found]


def _cases(kind: Kind, turn: int, seed: int) -> list[Work]:
    return [lambda ground, case=case: searches.run(ground, case) for case in cases(kind, turn, seed)]  # type: ignore[misc]


def _point(point: others.Point) -> list[Work]:
    pairs = zip(others.FAULTS, itertools.cycle(pythons.SHIPPED))
    return [lambda ground, f=fault, p=python: others.run(ground, point, f, p) for fault, python in pairs]  # type: ignore[misc]


_grounds: list[Ground] = []


def _on_ground(work: list[Work]) -> Callable[[], Found]:
    """Run on the one ground that all batches share; after a batch that broke, on a new one."""

    def run() -> Found:
        if not _grounds:
            _grounds.append(Ground().__enter__())
        try:
            return searches.summed([one(_grounds[0]) for one in work])
        except BaseException:
            _leave()
            raise

    return run


@atexit.register
def _leave() -> None:
    while _grounds:
        with contextlib.suppress(Exception):
            _grounds.pop().__exit__()
