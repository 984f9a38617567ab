"""Fit sessions as folders.

One file a part, its facts in its name, so that a rename is the whole transaction.
"""

import hashlib
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sidecar.errors import CallerError, NotReady, StoreError
from sidecar.store.base import Part

NAME = re.compile(r"(\d{9})\.(\d+)\.([0-9a-f]{64})\.csv")


@dataclass(frozen=True)
class SessionLimits:
    """What sessions may take: how many at once, rows and bytes each, and their age in seconds."""

    sessions: int = 16
    rows: int = 5_000_000
    bytes: int = 2**32
    lifetime_s: int = 86_400


class FileSessions:
    """`Sessions` under `folder`; one process may write there."""

    def __init__(self, folder: Path, limits: SessionLimits, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, owner: str, name: str, seq: int, rows: int, body: bytes) -> Part:
        part = Part(seq, rows, hashlib.sha256(body).hexdigest())
        with self._lock:
            known = {known.seq: known for known in self.parts(owner, name)}
            if seq in known:
                return _same(known[seq], part)
            self._room(owner, name, part, len(body))
            self._write(self._place(owner, name), part, body)
        return part

    def parts(self, owner: str, name: str) -> Sequence[Part]:
        place = self._place(owner, name)
        found = (NAME.fullmatch(path.name) for path in place.iterdir()) if place.exists() else ()
        return sorted(Part(int(match[1]), int(match[2]), match[3]) for match in found if match)

    def body(self, owner: str, name: str, part: Part) -> bytes:
        body = (self._place(owner, name) / _file_name(part)).read_bytes()
        if hashlib.sha256(body).hexdigest() != part.digest:
            raise StoreError(f"part {part.seq} of a fit session was altered; run the fit again")
        return body

    def drop(self, owner: str, name: str) -> None:
        shutil.rmtree(self._place(owner, name), ignore_errors=True)

    def expire(self) -> int:
        """Remove sessions without a new part for longer than their lifetime; how many."""
        oldest = self._clock() - self._limits.lifetime_s
        with self._lock:
            old = [place for place in self._folder.iterdir() if place.stat().st_mtime < oldest]
            for place in old:
                shutil.rmtree(place, ignore_errors=True)
        return len(old)

    def _place(self, owner: str, name: str) -> Path:
        # Owners and search ids are other people's words: hashed, they can name no other folder.
        return self._folder / hashlib.sha256(f"{owner}\x00{name}".encode()).hexdigest()[:32]

    def _room(self, owner: str, name: str, part: Part, size: int) -> None:
        place = self._place(owner, name)
        if not place.exists() and sum(1 for _ in self._folder.iterdir()) >= self._limits.sessions:
            raise NotReady(f"{self._limits.sessions} fit sessions are open", retry_after_s=60)
        rows = part.rows + sum(known.rows for known in self.parts(owner, name))
        if rows > self._limits.rows:
            mend = "narrow the search, or raise AISCORE_MAX_FIT_ROWS"
            raise CallerError(f"a fit may have {self._limits.rows:,} rows", code="too_large", field="body", mend=mend)
        taken = sum(path.stat().st_size for path in place.iterdir()) if place.exists() else 0
        if taken + size > self._limits.bytes:
            mend = "keep only needed fields, or raise AISCORE_MAX_FIT_MB"
            raise CallerError(f"a fit may have {self._limits.bytes:,} bytes", code="too_large", field="body", mend=mend)

    def _write(self, place: Path, part: Part, body: bytes) -> None:
        try:
            place.mkdir(exist_ok=True, mode=0o700)
            fresh = place / f".new-{part.seq}"
            fresh.write_bytes(body)
            os.replace(fresh, place / _file_name(part))
        except OSError as failure:
            raise StoreError(f"a fit session cannot be written: {failure.strerror}") from failure


def _file_name(part: Part) -> str:
    return f"{part.seq:09d}.{part.rows}.{part.digest}.csv"


def _same(known: Part, again: Part) -> Part:
    if known.digest != again.digest:
        mend = "run the search again: it gets a new session"
        raise CallerError(
            f"part {again.seq} was sent before with another body", code="part_differs", field="seq", mend=mend
        )
    return known
