"""The ledger in one SQLite file, and a signed note of its head beside it.

The chain alone shows an edited, moved or missing entry, but not a ledger cut at its end or rewritten as a
whole; the head note (number and hash of the last entry, with an HMAC) shows these too. Plain sqlite3: two
statements need no SQL toolkit.
"""

import fcntl
import hashlib
import hmac
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sidecar.errors import StoreError
from sidecar.store.base import Entry
from sidecar.store.chain import START, canonical, checked, sealed, stamp

SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    number   INTEGER PRIMARY KEY,
    kind     TEXT NOT NULL,
    at       TEXT NOT NULL,
    by       TEXT NOT NULL,
    key      TEXT UNIQUE,
    body     TEXT NOT NULL,
    previous TEXT NOT NULL UNIQUE,
    hash     TEXT NOT NULL UNIQUE
) STRICT;
CREATE TRIGGER IF NOT EXISTS entry_never_changes BEFORE UPDATE ON entry
    BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS entry_never_goes BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""
COLUMNS = "number, kind, at, by, key, body, previous, hash"
BUSY_S = 30.0


class SqliteLedger:
    """A `Ledger` in the file `path`; `secret` signs the head note `path`.head."""

    def __init__(self, path: Path, secret: bytes, clock: Callable[[], float]) -> None:
        self._path = path
        self._secret = secret
        self._clock = clock
        self._local = threading.local()
        with self._told():
            self._db().executescript(SCHEMA)

    def append(self, kind: str, body: Mapping[str, Any], *, by: str, key: str | None = None) -> Entry:
        with self._told(), self._writing() as db:
            known = self._select("WHERE key = ?", (key,)) if key is not None else []
            if known:
                return known[0]
            last = self._last()
            number, previous = (last.number, last.hash) if last else (0, START)
            entry = sealed(Entry(number + 1, kind, stamp(self._clock()), by, key, dict(body), previous, ""))
            row = (entry.number, kind, entry.at, by, key, canonical(entry.body), previous, entry.hash)
            db.execute(f"INSERT INTO entry ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        self._note_head(entry)
        return entry

    def entries(self, after: int = 0) -> Sequence[Entry]:
        with self._told():
            found = self._select("WHERE number >= ? ORDER BY number", (after,))
        if after and (not found or found[0].number != after):
            raise StoreError(f"ledger entry {after} is missing; restore the ledger from a backup")
        previous = found[0].hash if after else START
        return list(checked(found[1:] if after else found, after, previous))

    def verify(self) -> int:
        found = self.entries()
        head = self._read_head()
        if head is None:
            if found:
                raise StoreError(f"{self._head_path.name} is missing; restore it with the ledger from a backup")
            return 0
        number, last_hash = head
        if number > len(found):
            raise StoreError(f"ledger entry {len(found) + 1} is missing; restore the ledger from a backup")
        if found[number - 1].hash != last_hash:
            raise StoreError("the ledger was rewritten: its chain does not lead to the signed head")
        return len(found)

    def _db(self) -> sqlite3.Connection:
        # One connection a thread: sqlite3 objects must not be shared while another thread is in a
        # transaction.
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            self._local.db = db
        return db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        db = self._db()
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as failure:
            raise StoreError(f"the ledger {self._path} cannot be used: {failure}") from failure

    def _select(self, where: str, values: tuple[Any, ...]) -> list[Entry]:
        rows = self._db().execute(f"SELECT {COLUMNS} FROM entry {where}", values)
        return [
            Entry(number, kind, at, by, key, _parsed(number, body), previous, own)
            for number, kind, at, by, key, body, previous, own in rows
        ]

    def _last(self) -> Entry | None:
        found = self._select("ORDER BY number DESC LIMIT 1", ())
        return found[0] if found else None

    @property
    def _head_path(self) -> Path:
        return self._path.with_name(self._path.name + ".head")

    def _note_head(self, entry: Entry) -> None:
        # Written after the commit, so it may lag behind a crash but never run ahead; the lock keeps it
        # from going back.
        note = f"{entry.number} {entry.hash}"
        with self._head_path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            head = self._read_head()
            if head is not None and head[0] >= entry.number:
                return
            fresh = self._head_path.with_suffix(".new")
            with fresh.open("w") as file:
                file.write(f"{note} {self._sign(note)}\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, self._head_path)

    def _read_head(self) -> tuple[int, str] | None:
        if not self._head_path.exists():
            return None
        number, _, rest = self._head_path.read_text().strip().partition(" ")
        last_hash, _, signature = rest.partition(" ")
        if not hmac.compare_digest(signature, self._sign(f"{number} {last_hash}")):
            raise StoreError(f"{self._head_path.name} was altered; restore it with the ledger from a backup")
        return int(number), last_hash

    def _sign(self, note: str) -> str:
        return hmac.new(self._secret, b"ledger head " + note.encode(), hashlib.sha256).hexdigest()


def _parsed(number: int, body: str) -> dict[str, Any]:
    try:
        return dict(json.loads(body))
    except (ValueError, TypeError):
        raise StoreError(f"ledger entry {number} was altered; restore the ledger from a backup") from None
