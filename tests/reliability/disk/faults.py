"""A disk that is full, broken or read-only at one call, or from one call on until it is healed.

`python -m tests.reliability.disk.faults kind error lasting folder report first step` runs one kind of work for every
call that can fail, in this process: the fault strikes call 1, then 2 (with `step` 1), and so on until there is no
such call any more. To repeat one case: its number as `first`, and 0 as `step`. Each run ends with a disk that is
well again: the same objects must work, what was acknowledged must be there, even when the power fails at the end.
"""

import errno
import gc
import json
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sidecar.errors import StoreError
from sidecar.home import prepare
from sidecar.store.files import FileBlobs
from sidecar.store.sqlite import SqliteLedger
from tests.reliability.campaign import Found
from tests.reliability.disk import python_files, sqlite_files
from tests.reliability.disk.child import ROOT, SHIMS
from tests.reliability.disk.crash import Choice, Disk, rebuild
from tests.reliability.disk.judge import JUDGES, acknowledged
from tests.reliability.disk.power import WRONG_TOLD, folder
from tests.reliability.disk.recorder import Fault, Op, Recorder
from tests.reliability.disk.workloads import LEDGER, Told, clock, open_ledger, sessions_in, small_checkpoints

ERRORS = {"full": errno.ENOSPC, "broken": errno.EIO, "read-only": errno.EROFS}
TRIES = 3
LIMIT_S = 240
WORDS = 12
"""So many letters a refusal has at least."""


def ledger(root: Path, told: Told, said: Callable[..., None], heal: Callable[[], None]) -> None:
    """Append while the disk is ill, again what was refused, and once more when it is well."""
    opened = _until(lambda: open_ledger(root), said)
    if opened:
        for number in range(6):
            _checkpoint(opened)
            if not told.append(opened, f"ill {number}"):
                told.append(opened, f"ill {number}")
            _refused(said, lambda: opened.entries())
            _refused(said, lambda: opened.verify())
    heal()
    opened = opened or open_ledger(root)
    if not told.append(opened, "well"):
        said("stuck", name="the ledger")


def home(root: Path, told: Told, said: Callable[..., None], heal: Callable[[], None]) -> None:
    """Make a home and use it while the disk is ill, and once more when it is well."""
    healed = False
    for tries in range(3):
        if tries == 1:
            heal()
            healed = True
        place = _until(lambda: prepare(root / "deep" / "home"), said)
        secret = told.key(place / "keys", "ledger") if place else None
        if place and secret and told.key(place / "keys", "bundle"):
            _work(place, secret, told, said, f"{tries}")
        elif healed:
            said("stuck", name="the home")


def _work(place: Path, secret: bytes, told: Told, said: Callable[..., None], name: str) -> None:
    opened = _until(lambda: SqliteLedger(place / LEDGER, secret, clock), said)
    blobs = _until(lambda: FileBlobs(place / "blobs"), said)
    sessions = _until(lambda: sessions_in(place / "sessions"), said)
    for number in range(2):
        contents = [f"{number} {piece} ".encode() * 700 * piece for piece in range(3)]
        for _ in range(2):  # the second time they are there already, or were refused
            if blobs:
                told.put_blobs(blobs, contents)
            if sessions:
                told.put_part(sessions, number, f"_time\n{number}\n".encode() * 500)
        if opened:
            told.append(opened, f"fit {name} {number}")


class Struck(NamedTuple):
    """How many calls failed, the log, and what was wrong."""

    met: int
    log: list[Op]
    wrong: list[str]


KINDS = {"ledger": ledger, "home": home}


def _until(make: Callable[[], Any], said: Callable[..., None]) -> Any:
    for _ in range(TRIES):
        try:
            return make()
        except StoreError as failure:
            said("refused", name="open", words=str(failure))
    return None


def _refused(said: Callable[..., None], call: Callable[[], Any]) -> None:
    try:
        call()
    except StoreError as failure:
        said("refused", name="read", words=str(failure))


def _checkpoint(opened: SqliteLedger) -> None:
    try:
        small_checkpoints(opened)
    except sqlite3.Error:  # this is the test's own use of the database
        opened._local.db = None


def swept(kind: str, error: str, lasting: bool, base: Path, first: int, step: int) -> Iterator[Struck]:
    """Strike one call after the other, in this process."""
    recorder = Recorder(base)
    python_files.install(recorder)
    SHIMS.append(sqlite_files.install(recorder))
    gc.freeze()  # what is there by now needs no looking at after each run
    number = first
    while True:
        fault = Fault(ERRORS[error], number, lasting)
        root = base / str(number)
        root.mkdir()
        recorder.begin(root, fault)
        log, wrong = _run(kind, root, recorder, fault)
        if not fault.met:
            return
        yield Struck(
            fault.met, log, [f"{kind}, {error}{' on' if lasting else ''} at call {number}: {line}" for line in wrong]
        )
        recorder.begin(base / "none")
        shutil.rmtree(root)
        if not step:
            return
        number += step


def _run(kind: str, root: Path, recorder: Recorder, fault: Fault) -> tuple[list[Op], list[str]]:
    wrong = []
    try:
        KINDS[kind](root, Told(recorder.said), recorder.said, lambda: setattr(fault, "healed", True))
    except Exception as failure:
        wrong.append(f"{type(failure).__name__} instead of words for the keeper: {failure}")
    fault.healed = True
    gc.collect()
    log = list(recorder.log)
    said = tuple(op for op in log if op.what == "said")
    wrong += [f"{op.facts['name']} does not work again" for op in said if op.path == "stuck"]
    wrong += [f"refused without a word: {op}" for op in said if len(op.facts.get("words", "x" * WORDS)) < WORDS]
    wrong += JUDGES[kind](root, said)
    return log, wrong + [f"after a power loss: {line}" for line in _power_lost(kind, log, said)]


def _power_lost(kind: str, log: list[Op], said: tuple[Op, ...]) -> list[str]:
    disk, chance = Disk(), random.Random(len(log))
    for op in log:
        disk.feed(op)
    wrong = []
    for choice in (Choice(chance, 0, 0), Choice(chance, 0.5, 0.5, 0.3, "sectors")):
        with folder() as place:
            rebuild(disk.left(choice), Path(place))
            wrong += JUDGES[kind](Path(place), said)
    return wrong


def tried(kind: str, error: str, lasting: bool, first: int = 1, step: int = 1) -> Found:
    """Sweep a fault through all calls, in a process of its own."""
    with folder() as place:
        report = Path(place) / "report"
        (Path(place) / "runs").mkdir()
        words = [kind, error, str(int(lasting)), str(Path(place) / "runs"), str(report), str(first), str(step)]
        command = [sys.executable, "-m", "tests.reliability.disk.faults", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S)
        if done.returncode:
            raise RuntimeError(f"{words[:3]} ended with {done.returncode}: {done.stderr[-2000:]}")
        found = json.loads(report.read_text())
    return Found(found["counts"], found["wrong"][:WRONG_TOLD])


def main(kind: str, error: str, lasting: str, base: str, report: str, first: str, step: str) -> None:
    """Sweep, and write what was found."""
    counts = {"disk_fault_runs": 0, "disk_faults": 0, "writes_acknowledged": 0, "writes_refused": 0}
    wrong: list[str] = []
    for met, log, lines in swept(kind, error, lasting == "1", Path(base), int(first), int(step)):
        said = [op for op in log if op.what == "said"]
        counts["disk_fault_runs"] += 1
        counts["disk_faults"] += met
        counts["writes_acknowledged"] += acknowledged(said)
        counts["writes_refused"] += sum(op.path == "refused" for op in said)
        wrong += lines
    counts["false_successes"] = counts["writes_lost"] = sum("lost: " in line for line in wrong)
    Path(report).write_text(json.dumps({"counts": counts, "wrong": wrong}))


if __name__ == "__main__":
    main(*sys.argv[1:])
