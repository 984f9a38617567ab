"""Ledgers to be tampered with: built once, copied for each case."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sidecar.errors import LedgerBroken, StoreError
from sidecar.keys import key_in
from sidecar.store.base import Entry, Head
from sidecar.store.sqlite import SqliteLedger

KINDS = ("fit", "promote", "job", "job_done", "token", "token_revoked", "retire")
FIRST_S = 1_700_000_000.0
HEADS = 20
"""How many heads were kept of a ledger."""


class Home(NamedTuple):
    """A folder as the sidecar keeps it, as far as the ledger goes."""

    folder: Path

    @property
    def db(self) -> Path:
        return self.folder / "ledger.db"

    @property
    def wal(self) -> Path:
        return self.folder / "ledger.db-wal"

    @property
    def head(self) -> Path:
        return self.folder / "ledger.db.head"

    @property
    def secret(self) -> bytes:
        return key_in(self.folder / "keys", "ledger")

    def open(self) -> SqliteLedger:
        """As a process would that has just been started."""
        return SqliteLedger(self.folder / "ledger.db", self.secret, lambda: FIRST_S)

    def copy(self, to: Path) -> "Home":
        shutil.copytree(self.folder, to)
        return Home(to)


class Told(NamedTuple):
    """What a check says: the number of the bad entry (0: the file) and one word; no word when it holds."""

    fault: str
    entry: int
    text: str = ""


HOLDS = Told("", 0)


def told_by(check: Callable[[], object]) -> Told:
    """What is told when somebody checks; anything but the errors meant for it is a fault of ours and passes through."""
    try:
        check()
    except LedgerBroken as broken:
        return Told(broken.fault, broken.entry, str(broken))
    except StoreError as failure:
        return Told("unusable", 0, str(failure))
    return HOLDS


def build(folder: Path, count: int, *, key: str = "5", parted: int = 0, branch: str = "", wal: bool = False) -> Home:
    """A ledger of `count` entries; two branches are alike up to `parted`. `wal`: half of it is in the log only."""
    (folder / "keys").mkdir(parents=True, mode=0o700)
    (folder / "keys" / "ledger.key").write_text(key * 64)
    (folder / "keys" / "ledger.key").chmod(0o600)
    home = Home(folder)
    at = iter(range(count + 1))
    ledger = SqliteLedger(home.db, home.secret, lambda: FIRST_S + next(at))
    db = ledger._db()
    # Durability is another test's matter, and ten thousand times two fsyncs take a minute.
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA wal_autocheckpoint = 0" if wal else "PRAGMA wal_autocheckpoint = 1000")
    note, last = ledger._note_head, Head(0, "")
    ledger._note_head = lambda entry: None  # type: ignore[method-assign]
    for number in range(1, count + 1):
        if wal and number == count // 2:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        entry = _append(ledger, number, branch if number > parted else "")
        last = Head(entry.number, entry.hash)
    note(last)
    return _without_handles(home, db, wal)


def _append(ledger: SqliteLedger, number: int, branch: str) -> Entry:
    body = {"model": f"m{number % 17}", "bundle": f"{number:064x}", "rows": number, "message": branch}
    key = f"key {number}" if number % 3 == 0 else None
    return ledger.append(KINDS[number % len(KINDS)], body, by=f"user{number % 11}", key=key)


def _without_handles(home: Home, db: sqlite3.Connection, wal: bool) -> Home:
    if wal:
        # Closing would empty the log: what a killed process leaves behind is a copy made before that.
        for name in ("ledger.db", "ledger.db-wal"):
            shutil.copy(home.folder / name, home.folder / f"{name}.kept")
    db.close()
    if wal:
        for name in ("ledger.db", "ledger.db-wal"):
            (home.folder / f"{name}.kept").replace(home.folder / name)
    return home


def heads_of(home: Home) -> list[Head]:
    """The heads that were kept elsewhere while the ledger grew, the last one among them."""
    entries = home.open().entries()
    numbers = {max(1, len(entries) * share // HEADS) for share in range(1, HEADS + 1)}
    return [Head(entries[number - 1].number, entries[number - 1].hash) for number in sorted(numbers)]
