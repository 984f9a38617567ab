"""The hash chain of a ledger: what one entry's hash covers, and how a run of entries is checked."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sidecar.errors import LedgerBroken
from sidecar.store.base import Entry, Head

START = "0" * 64
ONE_SPELLING = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
Found = tuple[Entry, bool]
"""An entry as it was read, and whether it bears the seal of whoever may write."""


def stamp(epoch_s: float) -> str:
    """A moment as UTC ISO 8601 with milliseconds.

    >>> stamp(0)
    '1970-01-01T00:00:00.000Z'
    """
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hash_of(entry: Entry) -> str:
    """SHA-256 over every field of the entry but its own hash."""
    facts = {
        "number": entry.number,
        "kind": entry.kind,
        "at": entry.at,
        "by": entry.by,
        "key": entry.key,
        "body": dict(entry.body),
        "previous": entry.previous,
    }
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


def canonical(value: object) -> str:
    """JSON with one spelling: keys sorted, no spaces, no NaN."""
    return ONE_SPELLING.encode(value)


def sealed(entry: Entry) -> Entry:
    """The entry with its hash filled in."""
    return replace(entry, hash=hash_of(entry))


def intact(entry: Entry) -> bool:
    """Is its hash its own? What cannot even be hashed (bytes, NaN, half a letter) was never written."""
    try:
        return entry.hash == hash_of(entry)
    except (ValueError, TypeError, RecursionError):
        return False


def checked(found: Iterable[Found], number: int, previous: str) -> Iterator[Entry]:
    """Pass entries on as long as each follows the one before; `number` and `previous` are the last one's."""
    for entry, seal_holds in found:
        if entry.number != number + 1:
            raise _gap(number, entry.number)
        if not intact(entry):
            raise LedgerBroken(entry.number, "altered", f"ledger entry {entry.number} was altered")
        if not seal_holds:
            told = f"ledger entry {entry.number} was forged: it does not bear the seal of this home"
            raise LedgerBroken(entry.number, "forged", told)
        if entry.previous != previous:
            told = f"ledger entry {entry.number} is from another copy of this ledger: it follows another entry {number}"
            raise LedgerBroken(entry.number, "mixed", told)
        yield entry
        number, previous = entry.number, entry.hash


def marked(entries: Iterable[Entry], marks: Sequence[Head]) -> Iterator[Entry]:
    """Pass entries on as long as the chain runs through all of `marks`: heads that it is known to have had."""
    known: dict[int, set[str]] = {}
    for mark in marks:
        known.setdefault(mark.number, set()).add(mark.hash)
    number, sure = 0, 0
    for entry in entries:
        number = entry.number
        if number in known:
            if known[number] != {entry.hash}:
                raise _rewritten(sure + 1, number)
            sure = number
        yield entry
    most = max(known, default=0)
    if most > number:
        raise cut(number, most)


def cut(number: int, known: int) -> LedgerBroken:
    """A ledger that ends with `number` although it had `known` entries."""
    lost = f"ledger entry {known} is" if known == number + 1 else f"ledger entries {number + 1} to {known} are"
    return LedgerBroken(number + 1, "cut", f"{lost} missing: the ledger was cut after entry {number}")


def written_as(entry: Entry, most: int) -> int:
    """The number, up to `most`, under which an entry that was moved had been written; 0 when it is none."""
    return next((number for number in range(1, most + 1) if intact(replace(entry, number=number))), 0)


def _gap(number: int, found: int) -> LedgerBroken:
    if found <= number:
        return LedgerBroken(found, "inserted", f"ledger entry {found} was inserted: numbers begin at 1")
    lost = f"entry {number + 1} is" if found == number + 2 else f"entries {number + 1} to {found - 1} are"
    return LedgerBroken(number + 1, "missing", f"ledger {lost} missing")


def _rewritten(first: int, last: int) -> LedgerBroken:
    where = (
        f"ledger entry {last} was" if first == last else f"one of the ledger entries {first} to {last}, or all, were"
    )
    return LedgerBroken(first, "rewritten", f"{where} rewritten: entry {last} is another than it was")
