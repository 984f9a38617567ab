"""Open what a crash has left with the service's own code, and say what is wrong with it."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

from sidecar.errors import StoreError
from sidecar.home import prepare
from sidecar.keys import key_in
from sidecar.store.base import Entry, Part
from sidecar.store.files import FileBlobs
from sidecar.store.sqlite import SqliteLedger
from tests.reliability.disk.recorder import Op
from tests.reliability.disk.workloads import LEDGER, SECRET, body, clock, key, sessions_in


def ledger(folder: Path, said: Sequence[Op], secret: bytes = SECRET) -> list[str]:
    """What is wrong with a ledger, given what was tried and acknowledged. It is used, too: what was tried with a key
    is sent again, and a new entry is written."""
    try:
        return list(_ledger(SqliteLedger(folder / LEDGER, secret, clock), said))
    except StoreError as failure:
        return [f"the ledger does not open: {failure}"]


def _ledger(opened: SqliteLedger, said: Sequence[Op]) -> Iterator[str]:
    count = opened.verify()
    entries = opened.entries()
    if count != len(entries):
        yield f"{count} entries were verified, {len(entries)} are there"
    tried = Counter(op.facts["name"] for op in said if op.path == "tried")
    kept = {entry.number: entry for entry in entries}
    highest = 0
    for op in said:
        if op.path == "appended":
            wanted = Entry(**op.facts["entry"])
            highest = max(highest, wanted.number)
            if kept.get(wanted.number) != wanted:
                yield f"lost: entry {wanted.number}, acknowledged for {op.facts['name']}"
    yield from _whole(entries, tried)
    noted = int((opened._path.parent / f"{LEDGER}.head").read_bytes().split()[0])
    if not highest <= noted <= count:
        yield f"the head note says {noted}; {highest} were acknowledged, {count} are there"
    yield from _goes_on(opened, tried, count)


def _whole(entries: Sequence[Entry], tried: Counter[str]) -> Iterator[str]:
    found = Counter(entry.body.get("n") for entry in entries)
    for entry in entries:
        name = str(entry.body.get("n"))
        if name not in tried or dict(entry.body) != body(name) or entry.key != key(name):
            yield f"entry {entry.number} is nothing that was written"
    for body_name, times in found.items():
        if times > (1 if key(str(body_name)) else tried[str(body_name)]):
            yield f"{body_name} was done {times} times"


def _goes_on(opened: SqliteLedger, tried: Counter[str], count: int) -> Iterator[str]:
    before = {entry.key for entry in opened.entries()} - {None}
    wanted = {name for name in tried if key(name)}
    for name in sorted(wanted):
        opened.append("fact", body(name), by="t", key=key(name))
    opened.append("fact", body("new"), by="t", key="new")
    after = opened.verify()
    fresh = len({key(name) for name in wanted} - before) + 1
    if after != count + fresh:
        yield f"{after - count} entries were added by {fresh} new keys"


def home(folder: Path, said: Sequence[Op]) -> list[str]:
    """What is wrong with a home."""
    try:
        with mock.patch.dict(os.environ):
            place = prepare(folder / "deep" / "home")
        keys = {name: key_in(place / "keys", name) for name in ("ledger", "bundle")}
        used = {op.facts["name"]: op.facts["key"] for op in said if op.path == "key"}
        wrong = [f"the key {name} is another one" for name in used if used[name] != keys[name]]
        wrong += ledger(place, said, keys["ledger"])
        wrong += _blobs(FileBlobs(place / "blobs"), said)
        return wrong + _parts(place / "sessions", said)
    except StoreError as failure:
        return [f"the home does not open: {failure}"]


def _blobs(blobs: FileBlobs, said: Sequence[Op]) -> list[str]:
    wrong = []
    wanted = {name: content for op in said if op.path == "put" for name, content in op.facts["contents"].items()}
    for name, content in wanted.items():
        try:
            if bytes(blobs.read(name)) != content:
                wrong.append(f"blob {name[:8]} has another content")
        except StoreError as failure:
            wrong.append(f"lost: {failure}")
    for path in blobs._folder.glob("??/*"):
        if not path.name.startswith(".") and path.name not in wanted:
            try:  # not acknowledged: whole or absent all the same
                blobs.read(path.name)
            except StoreError as failure:
                wrong.append(f"half made: {failure}")
    return wrong


def _parts(folder: Path, said: Sequence[Op]) -> list[str]:
    sessions = sessions_in(folder)
    dropped = max((number for number, op in enumerate(said) if op.path == "dropped"), default=-1)
    there = set(sessions.parts("ann", "s/1"))
    wrong = []
    for op in said[dropped + 1 :]:
        if op.path == "received":
            part = Part(*op.facts["part"])
            if part not in there:
                wrong.append(f"lost: part {part.seq}")
    for part in there:
        try:
            sessions.body("ann", "s/1", part)
        except StoreError as failure:
            wrong.append(f"half made: {failure}")
    return wrong


JUDGES = {"ledger": ledger, "home": home}
"""By the name of the workload."""


def acknowledged(said: Sequence[Op]) -> int:
    """How many writes were acknowledged by then."""
    return sum(op.path in ("appended", "put", "received", "key") for op in said)
