"""The ledger in one SQLite file, and a signed note of its head beside it.

The chain alone shows an edited, moved or missing entry, but not one that was rewritten with all after it, nor
a ledger cut at its end. Each entry bears a seal, an HMAC of its hash, so nobody without the key can write one;
the head note (number and hash of the last entry, with an HMAC) shows a cut. Who brings back an old copy of
both, or holds the key, is found by heads kept elsewhere only. Plain sqlite3: two statements need no SQL toolkit.
"""

import fcntl
import hashlib
import hmac
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sidecar.durable import flush_folder, write_whole
from sidecar.errors import LedgerBroken, StoreError
from sidecar.journal import tell
from sidecar.store.base import Entry, Head
from sidecar.store.chain import START, Found, canonical, checked, cut, marked, sealed, stamp, written_as

SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    number   INTEGER PRIMARY KEY,
    kind     TEXT NOT NULL,
    at       TEXT NOT NULL,
    by       TEXT NOT NULL,
    key      TEXT UNIQUE,
    body     TEXT NOT NULL,
    previous TEXT NOT NULL UNIQUE,
    hash     TEXT NOT NULL UNIQUE,
    seal     TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS entry_never_changes BEFORE UPDATE ON entry
    BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS entry_never_goes BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""
COLUMNS = "number, kind, at, by, key, body, previous, hash, seal"
BUSY_S = 30.0
PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
}
"""What says nothing about the ledger itself."""


class SqliteLedger:
    """A `Ledger` in the file `path`; `secret` seals its entries and signs the head note `path`.head."""

    def __init__(self, path: Path, secret: bytes, clock: Callable[[], float]) -> None:
        self._path = path
        self._secret = secret
        self._clock = clock
        self._local = threading.local()
        self._seen = Head(0, START)
        with self._told():
            self._db().executescript(SCHEMA)
            if "seal" not in [column for _, column, *_ in self._db().execute("PRAGMA table_info(entry)")]:
                raise StoreError(f"the ledger {path} bears no seals: an earlier version made it; take a new home")
            if not self._head_path.exists() and self._count() == 0:
                self._note_head(self._seen)

    def append(self, kind: str, body: Mapping[str, Any], *, by: str, key: str | None = None) -> Entry:
        with self._told(), self._writing() as db:
            known = self._select("WHERE key = ?", (key,)) if key is not None else []
            if known:
                return _alone(known[0])
            last = self._last()
            number, previous = Head(last.number, last.hash) if last else (0, START)
            # The note may lag by one entry, no more: nothing is built on one that it does not cover.
            if self._head().number < number:
                self._note_head(Head(number, previous))
            entry = sealed(Entry(number + 1, kind, stamp(self._clock()), by, key, dict(body), previous, ""))
            row = (entry.number, kind, entry.at, by, key, canonical(entry.body), previous, entry.hash)
            insert = f"INSERT INTO entry ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # nosec B608  # a literal
            db.execute(insert, (*row, self._seal(entry)))
        self._saw([entry])
        try:
            self._note_head(Head(entry.number, entry.hash))
        except OSError as failure:  # the entry is there all the same, and whoever wrote it must hear so
            tell("ledger head cannot be noted", reason=failure.strerror)
        return entry

    def entries(self, after: int = 0) -> Sequence[Entry]:
        with self._told():
            found = self._select("WHERE number >= ? ORDER BY number", (after,))
        if not after:
            return self._saw(list(checked(found, 0, START)))
        if not found or found[0][0].number != after:
            raise LedgerBroken(after, "missing", f"ledger entry {after} is missing")
        previous = found[0][0].hash
        if after == self._seen.number and previous != self._seen.hash:
            raise LedgerBroken(after, "rewritten", f"ledger entry {after} was rewritten")
        return self._saw(list(checked(found[1:], after, previous)))

    def ends(self) -> tuple[Entry, Entry] | None:
        with self._told():
            last = self._last()
            first = self._select("WHERE number = 1") if last else []
        return (_alone(first[0]), last) if last and first else None

    def verify(self, kept: Sequence[Head] = ()) -> int:
        # What is known goes first: entries that others write meanwhile only come behind it.
        with self._told():
            seen, noted = self._seen, self._noted()
            marks = [seen, *kept] if isinstance(noted, LedgerBroken) else [seen, noted, *kept]
            count = self._walk(marks)
            self._check_pages()
            self._check_lag(count)
        return count

    def _noted(self) -> Head | LedgerBroken:
        try:
            return self._head()
        except LedgerBroken as broken:
            return broken

    def _walk(self, marks: Sequence[Head]) -> int:
        """Through all entries; their number."""
        number = 0
        try:
            for entry in marked(checked(self._rows("ORDER BY number"), 0, START), marks):
                number = entry.number
        except LedgerBroken as broken:
            raise self._named(broken) from broken
        except sqlite3.DatabaseError as failure:
            if getattr(failure, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF in PASSING:
                raise
            told = f"ledger entry {number + 1} cannot be read: {failure}"
            raise LedgerBroken(number + 1, "damaged", told) from failure
        return number

    def _named(self, broken: LedgerBroken) -> LedgerBroken:
        """An entry that looks altered may be one that stands in another's place."""
        if broken.fault != "altered":
            return broken
        entry, seal_holds = self._select("WHERE number = ?", (broken.entry,))[0]
        number = written_as(entry, self._count() + 1) if seal_holds else 0
        if not number:
            return broken
        if self._select("WHERE number = ? AND hash = ?", (number, entry.hash)):
            return LedgerBroken(entry.number, "replayed", f"ledger entry {entry.number} is entry {number} once more")
        told = f"ledger entry {entry.number} was moved: it was written as entry {number}"
        return LedgerBroken(entry.number, "moved", told)

    def _check_lag(self, count: int) -> None:
        head = self._head()
        if head.number < count - 1:
            told = f"{self._head_path.name} is an old one: it names entry {head.number}, and there are {count}"
            raise LedgerBroken(0, "head_old", told)

    def _check_pages(self) -> None:
        # A damaged index would hide a used key, and a write would happen twice.
        (said,) = self._db().execute("PRAGMA integrity_check(1)").fetchone()
        if said != "ok":
            raise LedgerBroken(0, "damaged", f"the ledger's file is damaged: {said}")

    def _db(self) -> sqlite3.Connection:
        # One connection a thread: sqlite3 objects must not be shared while another thread is in a
        # transaction.
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)
            try:
                _prepare(db)
            except BaseException:
                db.close()
                raise
            self._local.db = db
        return db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        db = self._db()
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:  # after some faults of the disk SQLite has rolled back by itself
                db.execute("ROLLBACK")
            raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as failure:
            self._drop()
            raise StoreError(f"the ledger {self._path} cannot be used: {failure}") from failure

    def _drop(self) -> None:
        # A connection that was opened on an ill disk may stay in a transaction, or read-only, when the disk is well.
        db, self._local.db = getattr(self._local, "db", None), None
        if db is not None:
            db.close()

    def _select(self, where: str, values: tuple[Any, ...] = ()) -> list[Found]:
        return list(self._rows(where, values))

    def _rows(self, where: str, values: tuple[Any, ...] = ()) -> Iterator[Found]:
        for number, kind, at, by, key, body, previous, own, seal in self._db().execute(
            f"SELECT {COLUMNS} FROM entry {where}",  # nosec B608  # both are literals of this file; values are bound
            values,
        ):
            entry = Entry(number, kind, at, by, key, _parsed(number, body), previous, own)
            yield entry, hmac.compare_digest(str(seal).encode(errors="replace"), self._seal(entry).encode())

    def _last(self) -> Entry | None:
        """The last entry, if it is still the one that was written, or one that came after it."""
        marks = [self._seen, self._head()]
        found = self._select("ORDER BY number DESC LIMIT 1")
        last = _alone(found[0]) if found else None
        number = last.number if last else 0
        for mark in marks:
            if mark.number > number:
                raise cut(number, mark.number)
            if mark.number and not self._select("WHERE number = ? AND hash = ?", mark):
                raise LedgerBroken(mark.number, "rewritten", f"ledger entry {mark.number} was rewritten")
        return last

    def _head(self) -> Head:
        head = self._read_head()
        if head is None:
            raise LedgerBroken(0, "head_missing", f"{self._head_path.name} is missing")
        return head

    def _count(self) -> int:
        (count,) = self._db().execute("SELECT count(*) FROM entry").fetchone()
        return int(count)

    def _saw(self, entries: list[Entry]) -> list[Entry]:
        """Remember the last: it must be there the next time."""
        if entries and entries[-1].number > self._seen.number:
            self._seen = Head(entries[-1].number, entries[-1].hash)
        return entries

    @property
    def _head_path(self) -> Path:
        return self._path.with_name(self._path.name + ".head")

    def _note_head(self, entry: Head) -> None:
        # Written after the commit, so it may lag behind a crash but never run ahead; the lock keeps it
        # from going back. The folder is flushed even when the note is there: its writer may not have come so far.
        note = f"{entry.number} {entry.hash}"
        with self._head_path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            head = self._read_head()
            if head is None or head.number < entry.number:
                signed = f"{note} {self._sign(b'head', note.encode())}\n"
                write_whole(self._head_path, signed.encode(), self._head_path.with_suffix(".new"))
            flush_folder(self._head_path.parent)

    def _read_head(self) -> Head | None:
        if not self._head_path.exists():
            return None
        number, _, rest = self._head_path.read_bytes().strip().partition(b" ")
        last_hash, _, signature = rest.partition(b" ")
        if not hmac.compare_digest(signature, self._sign(b"head", number + b" " + last_hash).encode()):
            raise LedgerBroken(0, "head_altered", f"{self._head_path.name} was altered")
        return Head(int(number), last_hash.decode())

    def _seal(self, entry: Entry) -> str:
        return self._sign(b"entry", str(entry.hash).encode(errors="replace"))

    def _sign(self, what: bytes, text: bytes) -> str:
        return hmac.new(self._secret, b"ledger " + what + b" " + text, hashlib.sha256).hexdigest()


def _prepare(db: sqlite3.Connection) -> None:
    # The mode is answered, not promised: some network file systems cannot have it.
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise sqlite3.OperationalError("no write-ahead log can be kept here; take a local disk")
    db.execute("PRAGMA synchronous = FULL")
    # A log that was found may hold what was never flushed, by a process that was killed or on a disk that failed:
    # it goes into the database, durably, before anything is built on it.
    db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def _alone(found: Found) -> Entry:
    """One entry, itself in order."""
    entry = found[0]
    return next(checked([found], entry.number - 1, entry.previous))


def _parsed(number: int, body: str) -> dict[str, Any]:
    try:
        found = dict(json.loads(body))
        if canonical(found) == body:
            return found
    except (ValueError, TypeError, RecursionError):
        pass
    raise LedgerBroken(number, "altered", f"ledger entry {number} was altered")
