"""The batches of this part: every kind of tampering many times, and how long a check takes."""

import atexit
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache

from tests.reliability.campaign import Batch, Found
from tests.reliability.ledger import damage
from tests.reliability.ledger.judge import KINDS, Grounds, added_up, grounds, tried

ENTRIES = 10_000
EACH = 16
"""Cases of each kind on a ledger of that many entries."""
FEWER = 1_000
MANY = 300
"""Random damage is tried oftener, on a ledger that is checked sooner."""
RANDOM = ("truncate", "flip", "overwrite")


def batches(seed: int) -> list[Batch]:
    """On purpose and by chance."""
    found = [_batch(kind, range(EACH), ENTRIES, seed) for kind in KINDS]
    damaged = [kind for kind in damage.KINDS if kind.split()[0] in RANDOM]
    found += [_batch(kind, range(MANY), FEWER, seed) for kind in damaged]
    return [*found, Batch(f"a check of {ENTRIES:,} entries", _measured)]


def _batch(kind: str, numbers: Sequence[int], count: int, seed: int) -> Batch:
    def run() -> Found:
        ground = _ground(count)
        cases = [tried(kind, f"{seed}/{number}", ground, start=number % 10 == 0) for number in numbers]
        return added_up(cases)

    return Batch(f"{kind}, {count:,} entries", run)


@cache
def _ground(count: int) -> Grounds:
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(grounds(count))


def _measured() -> Found:
    ledger = _ground(ENTRIES).home.open()
    times_s = []
    for _ in range(5):
        began = time.process_time()
        assert ledger.verify() == ENTRIES
        times_s.append(time.process_time() - began)
    return Found({"entries_checked": 5 * ENTRIES}, most={"check_cpu_ms": 1000 * max(times_s)})
