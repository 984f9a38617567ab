"""What is done while the recorder listens, and what was promised by then (`Recorder.said`)."""

import random
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sidecar.errors import StoreError
from sidecar.keys import key_in
from sidecar.store.base import Entry
from sidecar.store.files import FileBlobs
from sidecar.store.sessions import FileSessions, SessionLimits
from sidecar.store.sqlite import SqliteLedger

SECRET = b"s" * 32
LEDGER = "ledger.db"
START_S = 1_700_000_000.0
CHECKPOINT_PAGES = 12


def clock() -> float:
    """The same moment always."""
    return START_S


def body(name: str) -> dict[str, Any]:
    """What an entry of this name holds: from a few bytes to some pages."""
    chance = random.Random(name)
    return {"n": name, "text": "x" * chance.choice((0, 20, 300, 3000, 9000))}


def key(name: str) -> str | None:
    """Two of three entries have a key."""
    return None if random.Random(f"key {name}").random() < 0.33 else f"key {name}"


def open_ledger(folder: Path) -> SqliteLedger:
    """The ledger of a folder."""
    return SqliteLedger(folder / LEDGER, SECRET, clock)


class Told:
    """Does one thing after the other and tells of what was acknowledged, and of what was refused."""

    def __init__(self, said: Callable[..., None]) -> None:
        self._said = said

    def append(self, ledger: SqliteLedger, name: str) -> Entry | None:
        """An entry with the body of its name; None when it was refused."""
        self._said("tried", name=name)
        try:
            entry = ledger.append("fact", body(name), by="t", key=key(name))
        except StoreError as failure:
            self._said("refused", name=name, words=str(failure))
            return None
        self._said("appended", name=name, entry=asdict(entry) | {"body": dict(entry.body)})
        return entry

    def put_blobs(self, blobs: FileBlobs, contents: list[bytes]) -> None:
        """Some blobs at once."""
        try:
            names = blobs.put(contents)
        except StoreError as failure:
            return self._said("refused", name="blobs", words=str(failure))
        self._said("put", contents=dict(zip(names, contents, strict=True)))

    def put_part(self, sessions: FileSessions, seq: int, content: bytes) -> None:
        """A part of a fit session."""
        try:
            part = sessions.put("ann", "s/1", seq, 1, content)
        except StoreError as failure:
            return self._said("refused", name="part", words=str(failure))
        self._said("received", part=tuple(part), content=content)

    def key(self, folder: Path, name: str) -> bytes | None:
        """A key, made when absent."""
        try:
            found = key_in(folder, name)
        except StoreError as failure:
            self._said("refused", name=f"key {name}", words=str(failure))
            return None
        self._said("key", name=name, key=found)
        return found


def sessions_in(folder: Path) -> FileSessions:
    """The fit sessions of a folder."""
    return FileSessions(folder, SessionLimits(), clock)


def small_checkpoints(ledger: SqliteLedger) -> sqlite3.Connection:
    """This thread's connection, which copies the log into the database every few pages."""
    db = ledger._db()
    db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    return db


def ledger(root: Path, said: Callable[..., None], count: int) -> None:
    """Two threads append while a third reads; the ledger is closed, opened again, and goes on."""
    for life in ("first", "second"):
        opened = open_ledger(root)
        done = threading.Event()
        writers = [_writer(opened, said, f"{life} {thread}", count // 4) for thread in range(2)]
        reader = threading.Thread(target=_read, args=(opened, done))
        for thread in (reader, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        done.set()
        reader.join()
        assert opened.verify() >= 0
        del opened  # the last connection closes: the log is copied and removed


def _writer(opened: SqliteLedger, said: Callable[..., None], name: str, count: int) -> threading.Thread:
    def write() -> None:
        db = small_checkpoints(opened)
        told = Told(said)
        for number in range(count):
            told.append(opened, f"{name} {number}")
            if number % 5 == 4:  # sent again: nothing is done twice
                told.append(opened, f"{name} {number - 1}")
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    return threading.Thread(target=write)


def _read(opened: SqliteLedger, done: threading.Event) -> None:
    while not done.wait(0.01):
        opened.entries()


def home(root: Path, said: Callable[..., None], count: int) -> None:
    """A home from nothing, as the service uses it: keys, blobs and the entry that names them, parts of a fit."""
    from sidecar.home import prepare

    told = Told(said)
    place = prepare(root / "deep" / "home")
    secret = told.key(place / "keys", "ledger")
    assert secret is not None
    told.key(place / "keys", "bundle")
    opened = SqliteLedger(place / LEDGER, secret, clock)
    blobs, sessions = FileBlobs(place / "blobs"), sessions_in(place / "sessions")
    for number in range(count):
        contents = [f"{number} {piece} ".encode() * 700 * piece for piece in range(3)]
        told.put_blobs(blobs, contents)
        told.append(opened, f"fit {number}")
        told.put_part(sessions, number, f"_time\n{number}\n".encode() * 500)
        if number == count // 2:
            said("dropped")
            sessions.drop("ann", "s/1")


WORKLOADS: dict[str, Callable[[Path, Callable[..., None], int], None]] = {"ledger": ledger, "home": home}
"""By name; each takes the folder, whom to tell, and how much."""
