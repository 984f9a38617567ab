"""What the service asks of its stores. A ledger entry is never changed and a blob never rewritten.

What is current (models, tokens, jobs) is always a fold over the ledger's entries.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol


@dataclass(frozen=True)
class Entry:
    """One fact. `number` counts from 1 without gaps; `at` is UTC ISO 8601; `hash` covers all the rest."""

    number: int
    kind: str
    at: str
    by: str
    key: str | None
    body: Mapping[str, Any]
    previous: str
    hash: str


class Head(NamedTuple):
    """An entry by number and hash: it stands for that entry and for all before it."""

    number: int
    hash: str


class Ledger(Protocol):
    """Append-only facts, each holding the hash of the one before. Safe for threads and processes."""

    def append(self, kind: str, body: Mapping[str, Any], *, by: str, key: str | None = None) -> Entry:
        """Write one fact durably.

        With a `key` that was used before, nothing is written and that entry returns.
        """

    def entries(self, after: int = 0) -> Sequence[Entry]:
        """The facts with a number above `after`, in order, their chain checked.

        StoreError when it is broken.
        """

    def ends(self) -> tuple[Entry, Entry] | None:
        """The first entry and the last, or None when there is none; LedgerBroken when the end is not as it was."""

    def verify(self, kept: Sequence[Head] = ()) -> int:
        """Check everything from the first entry, and that the chain runs through each head that was kept elsewhere.

        The number of entries, or LedgerBroken naming the first bad one.
        """


class Blobs(Protocol):
    """Immutable bytes named by their SHA-256 (64 hex letters). Safe for threads and processes."""

    def naming(self) -> AbstractContextManager[object]:
        """To be held from before a `put` until the ledger names what was put: nothing is removed meanwhile.

        CallerError where others do not let go of it for long. Not to be held twice, nor with `removing`.
        """

    def removing(self) -> AbstractContextManager[object]:
        """To be held from before the ledger is asked what is needed until the `drop`: nothing is put meanwhile."""

    def put(self, contents: Iterable[bytes]) -> list[str]:
        """Keep each of the contents durably; their names. Putting the same bytes again changes nothing."""

    def drop(self, names: Iterable[str]) -> None:
        """Remove what nothing refers to; what is not there is no fault."""

    def read(self, name: str) -> memoryview:
        """The bytes, their hash checked; StoreError when absent or altered."""


class Part(NamedTuple):
    """One received part of a fit session: its place, its row count, and the SHA-256 of its body."""

    seq: int
    rows: int
    digest: str


class Sessions(Protocol):
    """Bodies gathered for one fit until it is committed. A session is `owner` and `name`."""

    def put(self, owner: str, name: str, seq: int, rows: int, body: bytes) -> Part:
        """Keep a part; again with the same body changes nothing, with another body is a CallerError."""

    def parts(self, owner: str, name: str) -> Sequence[Part]:
        """The parts received so far, by `seq`."""

    def body(self, owner: str, name: str, part: Part) -> bytes:
        """The bytes of one part."""

    def drop(self, owner: str, name: str) -> None:
        """Forget the session, if it is there."""
