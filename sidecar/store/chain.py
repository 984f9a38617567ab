"""The hash chain of a ledger: what one entry's hash covers, and how a run of entries is checked."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime

from sidecar.errors import StoreError
from sidecar.store.base import Entry

START = "0" * 64


def stamp(epoch_s: float) -> str:
    """A moment as UTC ISO 8601 with milliseconds.

    >>> stamp(0)
    '1970-01-01T00:00:00.000Z'
    """
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hash_of(entry: Entry) -> str:
    """SHA-256 over every field of the entry but its own hash."""
    facts = asdict(entry) | {"body": dict(entry.body)}
    del facts["hash"]
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


def canonical(value: object) -> str:
    """JSON with one spelling: keys sorted, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def sealed(entry: Entry) -> Entry:
    """The entry with its hash filled in."""
    return replace(entry, hash=hash_of(entry))


def checked(entries: Iterable[Entry], number: int, previous: str) -> Iterator[Entry]:
    """Pass entries on as long as each follows the one before; `number` and `previous` are the last one's."""
    for entry in entries:
        if entry.number != number + 1:
            raise StoreError(f"ledger entry {number + 1} is missing; restore the ledger from a backup")
        if entry.previous != previous or entry.hash != hash_of(entry):
            raise StoreError(f"ledger entry {entry.number} was altered; restore the ledger from a backup")
        yield entry
        number, previous = entry.number, entry.hash
