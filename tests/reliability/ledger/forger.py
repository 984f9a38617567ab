"""Somebody who can write every byte of the ledger's files, and knows how they are made."""

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

from sidecar.store.base import Entry, Head
from sidecar.store.chain import START, canonical, hash_of
from tests.reliability.ledger.built import Home

COLUMNS = "number, kind, at, by, key, body, previous, hash, seal"
LOOSE = """
ALTER TABLE entry RENAME TO former;
CREATE TABLE entry (number INTEGER PRIMARY KEY, kind, at, by, key, body, previous, hash, seal);
INSERT INTO entry SELECT * FROM former;
DROP TABLE former;
"""
"""The same table without its triggers and its rules, so that anything can be put in."""
Row = tuple[Entry, str]


@contextmanager
def written(home: Home, *, loose: bool = False) -> Iterator[sqlite3.Connection]:
    """The database without what guards it; closed, so that all is in one file."""
    with closing(sqlite3.connect(home.db, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        if loose:
            db.executescript(LOOSE)
        else:
            db.executescript("DROP TRIGGER entry_never_changes; DROP TRIGGER entry_never_goes;")
        db.execute("BEGIN")
        yield db
        db.execute("COMMIT")


def row(db: sqlite3.Connection, number: int) -> Row:
    """One entry and its seal."""
    found = db.execute(f"SELECT {COLUMNS} FROM entry WHERE number = ?", (number,)).fetchone()
    number, kind, at, by, key, body, previous, own, seal = found
    return Entry(number, kind, at, by, key, json.loads(body), previous, own), seal


def put(db: sqlite3.Connection, entry: Entry, seal: str) -> None:
    """Write an entry over the one of its number, if there is one."""
    facts: Sequence[Any] = (entry.number, entry.kind, entry.at, entry.by, entry.key, canonical(entry.body))
    values = (*facts, entry.previous, entry.hash, seal)
    db.execute(f"INSERT OR REPLACE INTO entry ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)


def shift(db: sqlite3.Connection, first: int, by: int) -> None:
    """Give every entry from `first` on another number."""
    db.execute("UPDATE entry SET number = -(number + ?) WHERE number >= ?", (by, first))
    db.execute("UPDATE entry SET number = -number WHERE number < 0")


def chained(db: sqlite3.Connection, first: int, secret: bytes) -> None:
    """Make the chain hold again from entry `first` on, with seals of this key."""
    previous = row(db, first - 1)[0].hash if first > 1 else START
    numbers = [number for (number,) in db.execute("SELECT number FROM entry WHERE number >= ? ORDER BY 1", (first,))]
    entries = [row(db, number)[0] for number in numbers]
    db.execute("DELETE FROM entry WHERE number >= ?", (first,))
    for entry in entries:
        entry = hashed(replace(entry, previous=previous))
        put(db, entry, seal(entry, secret))
        previous = entry.hash


def hashed(entry: Entry) -> Entry:
    """With the hash that belongs to it."""
    return replace(entry, hash=hash_of(entry))


def seal(entry: Entry, secret: bytes) -> str:
    """The seal of whoever has this key."""
    return _signed(b"entry", entry.hash.encode(), secret)


def sign_head(home: Home, secret: bytes) -> None:
    """Write the head note for what stands in the database."""
    with closing(sqlite3.connect(home.db)) as db:
        number, last = db.execute("SELECT number, hash FROM entry ORDER BY number DESC LIMIT 1").fetchone() or (
            0,
            START,
        )
    home.head.write_text(note(Head(number, last), secret))


def note(head: Head, secret: bytes) -> str:
    """The head note that says this."""
    text = f"{head.number} {head.hash}"
    return f"{text} {_signed(b'head', text.encode(), secret)}\n"


def _signed(what: bytes, text: bytes, secret: bytes) -> str:
    return hmac.new(secret, b"ledger " + what + b" " + text, hashlib.sha256).hexdigest()
