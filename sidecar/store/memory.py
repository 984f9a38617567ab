"""Both stores in memory: for tests, and for anything that needs a house without a folder."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Any

from sidecar.errors import StoreError
from sidecar.store.base import Entry, Head
from sidecar.store.chain import START, checked, marked, sealed, stamp


class MemoryLedger:
    """A `Ledger` that is gone with the process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def append(self, kind: str, body: Mapping[str, Any], *, by: str, key: str | None = None) -> Entry:
        with self._lock:
            for entry in self._entries:
                if key is not None and entry.key == key:
                    return entry
            previous = self._entries[-1].hash if self._entries else START
            number = len(self._entries) + 1
            entry = sealed(Entry(number, kind, stamp(self._clock()), by, key, dict(body), previous, ""))
            self._entries.append(entry)
            return entry

    def entries(self, after: int = 0) -> Sequence[Entry]:
        return self._entries[after:]

    def ends(self) -> tuple[Entry, Entry] | None:
        return (self._entries[0], self._entries[-1]) if self._entries else None

    def verify(self, kept: Sequence[Head] = ()) -> int:
        found = checked(((entry, True) for entry in self._entries), 0, START)
        return sum(1 for _ in marked(found, kept))


class MemoryBlobs:
    """`Blobs` that are gone with the process."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}
        self._turn = threading.Lock()

    def naming(self) -> AbstractContextManager[object]:
        return self._turn

    def removing(self) -> AbstractContextManager[object]:
        return self._turn

    def put(self, contents: Iterable[bytes]) -> list[str]:
        named = [(sha256(content).hexdigest(), bytes(content)) for content in contents]
        self._blobs.update(named)
        return [name for name, _ in named]

    def drop(self, names: Iterable[str]) -> None:
        for name in names:
            self._blobs.pop(name, None)

    def read(self, name: str) -> memoryview:
        if name not in self._blobs:
            raise StoreError(f"blob {name[:12]} is missing")
        return memoryview(self._blobs[name])
