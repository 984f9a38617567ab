"""Power loss at every point of a recorded workload."""

import hashlib
import os
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.reliability.campaign import Found
from tests.reliability.disk.child import recorded
from tests.reliability.disk.crash import choices, crashes, rebuild
from tests.reliability.disk.judge import JUDGES, acknowledged
from tests.reliability.disk.recorder import Op

MEMORY = "/dev/shm"
WRONG_TOLD = 20
WAL_INDEX = 32768


def folder() -> "tempfile.TemporaryDirectory[str]":
    """A folder in memory where there is such a thing: the power fails in the log only, no real flush is needed."""
    return tempfile.TemporaryDirectory(prefix="power-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None)


def tried(workload: str, count: int, seed: str, drawn: int) -> Found:
    """Record a workload, let the power fail at each of its points in some ways, and judge what is left."""
    with folder() as place:
        log = recorded(workload, Path(place) / "recorded", count)
    return judged(workload, log, seed, drawn)


def judged(workload: str, log: Sequence[Op], seed: str, drawn: int) -> Found:
    """The crashes of a log. States that look the same to what was promised are opened once."""
    wrong: list[str] = []
    points = states = lost = 0
    seen: set[bytes] = set()
    for crash in crashes(log):
        points += 1
        memory = random.Random(f"{seed} {crash.at}")
        for number, choice in enumerate(choices(f"{seed} {crash.at}", drawn)):
            contents = crash.disk.left(choice)
            print_of = hashlib.sha256(repr((sorted(contents.items()), len(crash.said))).encode()).digest()
            if print_of in seen:
                continue
            seen.add(print_of)
            states += 1
            with folder() as place:
                rebuild(contents, Path(place), memory.randbytes(WAL_INDEX) if number % 2 else None)
                found = JUDGES[workload](Path(place), crash.said)
            lost += sum(line.startswith("lost") for line in found)
            wrong += [f"{workload}, seed {seed}, point {crash.at}, way {number}: {line}" for line in found]
    counts = {"crash_points": points, "crash_states": states, "writes_lost": lost}
    counts["writes_acknowledged"] = acknowledged([op for op in log if op.what == "said"])
    return Found(counts, wrong[:WRONG_TOLD])
