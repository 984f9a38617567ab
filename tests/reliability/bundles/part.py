"""The batches of this part: 10,000 altered bundles verified, some 1,500 re-signed ones probed, servers among them."""

from collections.abc import Callable

from tests.reliability.bundles import served
from tests.reliability.bundles.alter import chosen
from tests.reliability.bundles.resigned import resigned
from tests.reliability.bundles.verify import verify
from tests.reliability.campaign import Batch, Found

ALTERED = 10_000
A_BATCH = 500
RANDOM = 500
"""Re-signed alterations drawn at random, after those that were thought of one by one."""
A_CHILD = 100
SCENES = 3
PROMOTES = 6


def batches(seed: int) -> list[Batch]:
    """All of them; each batch of re-signed ones has a child of its own."""
    last = len(chosen()) + RANDOM
    return [
        *(Batch(f"altered {at}", _verifies(at, seed)) for at in range(0, ALTERED, A_BATCH)),
        *(Batch(f"resigned {at}", _probes(at, min(at + A_CHILD, last), seed)) for at in range(0, last, A_CHILD)),
        *(Batch(f"server {number}", _plays(seed * SCENES + number)) for number in range(SCENES)),
    ]


def _verifies(first: int, seed: int) -> Callable[[], Found]:
    return lambda: verify(range(first, first + A_BATCH), seed)


def _probes(first: int, stop: int, seed: int) -> Callable[[], Found]:
    return lambda: resigned(first, stop, seed)


def _plays(seed: int) -> Callable[[], Found]:
    return lambda: served.play(seed, PROMOTES)
