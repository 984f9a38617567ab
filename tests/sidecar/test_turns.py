"""Two processes over one home: what one has put and the ledger does not name yet is not removed by the other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

import polars as pl
import pytest

from models.features.partition import Partition
from models.registry import Sealed
from sidecar.app import open_house
from sidecar.errors import CallerError
from sidecar.house import House
from sidecar.settings import Settings
from sidecar.store.base import Blobs
from sidecar.store.files import FileBlobs
from sidecar.store.memory import MemoryBlobs
from sidecar.tasks.fit import FitOptions
from sidecar.tasks.fit import run as fit
from sidecar.tasks.learn import LearnOptions, run
from tests.models.tables import sign_ins
from tests.sidecar.conftest import ROOT
from tests.sidecar.test_learn import SPECS, day_of, files_of, forget, house_with, later, learn
from tests.sidecar.test_leftovers import blobs_of, needed

ALL_TEACH = {"teach_below": 1.0, "teach_bits": 1000.0, "alarm": 1.0}
WITHOUT = later().filter(pl.col("user") != "user3")
ACTS = {
    "learn": lambda house: learn(house, [day_of(later(), 0)], **ALL_TEACH),
    "forget": lambda house: forget(house, entity="user3", earliest="2023-11-21"),
    "fit": lambda house: fit(labelled(), FitOptions(model="other", label="y", **SPECS["one entity"]), house),
}
"""What the other process does, and puts again what was removed before."""
BEFORE = {
    "learn": (day_of(later(), 0), day_of(later(seed=6), 0)),
    "forget": (day_of(WITHOUT, 0), day_of(later(), 0)),
    "fit": (day_of(later(), 0), day_of(later(seed=6), 0)),
}
"""What was learned of one day before that, and what then replaced it."""


def labelled() -> pl.DataFrame:
    """All known to be benign, so that all of them teach, as in the lesson before."""
    return pl.concat([sign_ins().select(later().columns), later()]).with_columns(y=pl.lit("0"))


def held_before_it_is_named(home: str, act: str) -> None:
    """What the other process runs: it stops when all is put, until a line comes."""
    house = open_house(Settings(home=Path(home)), by="bob", local=True)
    append = house.ledger.append

    def held(*facts: object, **more: object) -> object:
        house.ledger.append = append  # type: ignore[method-assign]
        print("put", flush=True)
        sys.stdin.readline()
        return append(*facts, **more)  # type: ignore[arg-type]

    house.ledger.append = held  # type: ignore[method-assign, assignment]
    ACTS[act](house)


HOLD = """
import sys
from pathlib import Path
from sidecar.store.files import FileBlobs
with getattr(FileBlobs(Path(sys.argv[1]) / "blobs"), sys.argv[2])():
    print("held", flush=True)
    sys.stdin.readline()
"""
ACT = "import sys; from tests.sidecar.test_turns import held_before_it_is_named as act; act(*sys.argv[1:])"


@contextmanager
def other(code: str, *words: object) -> Iterator[subprocess.Popen[str]]:
    """Another process, from the moment at which it has told that it holds what it is to hold."""
    words_of_it = [sys.executable, "-c", code, *map(str, words)]
    with subprocess.Popen(words_of_it, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        assert process.stdout.readline()
        yield process


def ends(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=120)
    assert process.returncode == 0


def impatient(house: House, home: Path) -> House:
    return replace(house, blobs=FileBlobs(home / "blobs", wait_s=0.05))


@pytest.mark.parametrize("act", ACTS)
def test_what_another_process_has_put_and_not_yet_named_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """Put by the other, then removed by this one, then named by the other: so it would be without a lock. This one
    waits; the other goes on when it does."""
    house = house_with(tmp_path, SPECS["one entity"])
    first, second = BEFORE[act]
    learn(house, [first], **ALL_TEACH)
    seen = blobs_of(tmp_path)
    learn(house, [second], **ALL_TEACH)
    gone = seen - blobs_of(tmp_path)
    with other(ACT, tmp_path, act) as process:
        assert gone & blobs_of(tmp_path), "the other has put again what nothing had referred to"
        monkeypatch.setattr("sidecar.store.turns.sleep", lambda seconds: ends(process))
        assert forget(house, entity="nobody").is_empty()
        if process.returncode is None:
            ends(process)
    monkeypatch.undo()
    assert gone & blobs_of(tmp_path)
    assert files_of(house), "all that the ledger names is there"
    versions = [version for line in house.shelf.registry().values() for version in line.versions.values()]
    assert all(house.shelf.partition(day).rows for version in versions for day in version.days.values())


def test_a_process_that_is_killed_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = house_with(tmp_path, SPECS["one entity"])
    with other(HOLD, tmp_path, "naming") as process:
        waits: list[float] = []

        def kill(seconds: float) -> None:
            waits.append(seconds)
            process.kill()
            process.wait(timeout=60)

        monkeypatch.setattr("sidecar.store.turns.sleep", kill)
        forget(house, entity="user3")
    assert len(waits) == 1 and blobs_of(tmp_path) == needed(house)


def test_a_wait_has_an_end_which_says_what_to_do(tmp_path: Path) -> None:
    """What was learned or forgotten by then is, and is told; what was to be removed goes with the next run."""
    house = house_with(tmp_path, SPECS["one entity"])
    with other(HOLD, tmp_path, "naming") as process:
        reply = run(day_of(later(), 0), LearnOptions(model="m"), impatient(house, tmp_path))
        assert "what they replace goes with the next run: another process has been writing" in reply.told
        with pytest.raises(
            CallerError, match="forgotten, but not yet removed from the home: another process"
        ) as caught:
            forget(impatient(house, tmp_path), entity="user3")
        assert caught.value.field == "home" and "then run this again" in caught.value.mend
        assert house.ledger.entries()[-1].kind == "forget" and blobs_of(tmp_path) > needed(house)
        ends(process)
    assert forget(house, entity="user3").is_empty()
    assert blobs_of(tmp_path) == needed(house)


@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_recorded_while_another_process_removes(tmp_path: Path, act: str) -> None:
    house = house_with(tmp_path, SPECS["one entity"])
    learn(house, [day_of(later(), 0)])
    recorded, kept = len(house.ledger.entries()), blobs_of(tmp_path)
    with other(HOLD, tmp_path, "removing") as process:
        with pytest.raises(CallerError, match="another process has been removing"):
            ACTS[act](impatient(house, tmp_path))
        ends(process)
    assert (len(house.ledger.entries()), blobs_of(tmp_path)) == (recorded, kept)


@pytest.mark.parametrize("kind", ["memory", "files"])
def test_threads_keep_each_other_out_too(tmp_path: Path, kind: str) -> None:
    blobs: Blobs = MemoryBlobs() if kind == "memory" else FileBlobs(tmp_path)
    order: list[str] = []

    def remove() -> None:
        with blobs.removing():
            order.append("removed")

    with blobs.naming():
        thread = Thread(target=remove)
        thread.start()
        thread.join(0.1)
        order.append("named")
    thread.join()
    assert order == ["named", "removed"]


def test_who_puts_does_not_wait_for_others_who_put(tmp_path: Path) -> None:
    with FileBlobs(tmp_path).naming(), FileBlobs(tmp_path, wait_s=0.0).naming():
        assert (tmp_path / "turns.lock").stat().st_mode & 0o077 == 0


def test_a_day_that_another_process_has_replaced_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was about to be read: the store is well, and the same again will do."""
    house = house_with(tmp_path, SPECS["one entity"])
    learn(house, [day_of(later(), 0)])
    for act in (lambda: learn(house, [day_of(later(), 1)]), lambda: forget(house, entity="user3")):
        partition = house.shelf.partition

        def late(day: Sealed, partition: Callable[[Sealed], Partition] = partition) -> Partition:
            monkeypatch.setattr(house.shelf, "partition", partition)
            learn(house, [day_of(later(seed=len(house.ledger.entries())), 0)])
            return partition(day)

        monkeypatch.setattr(house.shelf, "partition", late)
        with pytest.raises(CallerError, match="meanwhile"):
            act()
