"""Whether what was done to a ledger is found and named, and where only a head kept elsewhere can tell."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple

from sidecar.app import open_house
from sidecar.settings import Settings
from sidecar.store.base import Entry, Head
from tests.reliability.campaign import Found
from tests.reliability.ledger import damage, tamper
from tests.reliability.ledger.built import HOLDS, Home, Told, build, heads_of, told_by
from tests.reliability.ledger.tamper import Scene, Want

KINDS = {**tamper.KINDS, **damage.KINDS}
KEYS_TRIED = 5


class Grounds(NamedTuple):
    """The ledgers that cases start from, and what stands in the first of them."""

    home: Home
    logged: Home
    fork: Home
    foreign: Home
    entries: Sequence[Entry]
    heads: Sequence[Head]

    @property
    def parted(self) -> int:
        return len(self.entries) * 3 // 5


@contextmanager
def grounds(count: int) -> Iterator[Grounds]:
    """Ledgers of `count` entries, in a folder that is removed."""
    with tempfile.TemporaryDirectory(prefix="ledger-") as name:
        folder = Path(name)
        home = build(folder / "home", count)
        parted = count * 3 // 5
        yield Grounds(
            home,
            build(folder / "logged", count, wal=True),
            build(folder / "fork", count, parted=parted, branch="fork"),
            build(folder / "foreign", count, key="6", branch="foreign"),
            home.open().entries(),
            heads_of(home),
        )


def tried(kind: str, seed: str, ground: Grounds, *, start: bool = False) -> Found:
    """One case. `start`: as the service would find it when it starts, besides."""
    with tempfile.TemporaryDirectory(prefix="tampered-") as name:
        source = ground.logged if kind in damage.IN_THE_LOG else ground.home
        home = source.copy(Path(name) / "home")
        scene = Scene(home, Random(f"{kind} {seed}"), len(ground.entries), ground.fork, ground.parted, ground.foreign)
        wanted = KINDS[kind](scene)
        after = Path(name) / "after"
        shutil.copytree(home.folder, after)
        alone, kept = told_by(lambda: home.open().verify()), told_by(lambda: home.open().verify(ground.heads))
        said = list(_judged(wanted, alone, kept))
        same = alone != HOLDS or _same(home, ground)
        if alone == HOLDS and not wanted.kept and not same:
            said.append("what is read is not what was written, and the check says that it holds")
        if start:
            said += _at_start(after, alone)
    wrong = [f"{kind}, seed {seed}: {line}" for line in said]
    return Found({**_counts(wanted, alone, kept), "named_wrong": int(bool(said))}, wrong)


def _judged(wanted: Want, alone: Told, kept: Told) -> Iterator[str]:
    if wanted.kept:
        if alone != HOLDS:
            yield f"found without a kept head, which cannot be: {alone}"
        yield from _named(wanted, kept)
    elif alone == HOLDS:
        if not wanted.maybe:
            yield f"not found; wanted {sorted(wanted.faults)} at {wanted.first}"
        if kept != HOLDS:
            yield f"found with the kept heads only: {kept}"
    else:
        yield from _named(wanted, alone)
        if kept == HOLDS:
            yield f"not found beside the kept heads: {alone}"


def _named(wanted: Want, told: Told) -> Iterator[str]:
    if told.fault not in wanted.faults or not wanted.first <= told.entry <= wanted.last:
        yield f"wanted {sorted(wanted.faults)} at {wanted.first} to {wanted.last}, told {told}"


def _same(home: Home, ground: Grounds) -> bool:
    """Does a reader see what was written, and does a used key still give its entry?"""
    ledger = home.open()
    if list(ledger.entries()) != list(ground.entries):
        return False
    used = [entry for entry in ground.entries if entry.key][:: max(1, len(ground.entries) // 3 // KEYS_TRIED)]
    return all(ledger.append("again", {}, by="x", key=entry.key) == entry for entry in used)


def _at_start(folder: Path, alone: Told) -> Iterator[str]:
    """What the service says when it is started over this home must be the same."""
    home = Home(folder)
    told = told_by(lambda: open_house(Settings(home=folder)))
    if told.text.replace(str(home.folder), "") != alone.text.replace(str(folder.with_name("home")), ""):
        yield f"at the start it is {told}, later {alone}"


def _counts(wanted: Want, alone: Told, kept: Told) -> dict[str, int]:
    return {
        "tampered": 1,
        "found": int(alone != HOLDS),
        "found_by_kept_head_only": int(alone == HOLDS and kept != HOLDS),
        "nothing_changed_for_readers": int(alone == HOLDS and kept == HOLDS),
    }


def added_up(found: Sequence[Found]) -> Found:
    """Many cases as one."""
    counts: Counter[str] = Counter()
    for each in found:
        counts.update(each.counts)
    return Found(counts, [line for each in found for line in each.wrong])
