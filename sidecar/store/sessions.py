"""Fit sessions as folders.

One file a part, its facts in its name, so that a rename is the whole transaction.
"""

import hashlib
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sidecar.durable import flush_folder, make_folder, write_whole
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
        with _told("kept"):
            make_folder(folder)

    def put(self, owner: str, name: str, seq: int, rows: int, body: bytes) -> Part:
        part = Part(seq, rows, hashlib.sha256(body).hexdigest())
        place = self._place(owner, name)
        with self._lock, _told("written"):
            known = {known.seq: known for known in self.parts(owner, name)}
            if seq in known:
                part = _same(known[seq], part)
            else:
                self._room(owner, name, part, len(body))
                self._write(place, part, body)
            # Whoever was told that a part is here sends it no more. Also a known one: its first flush may have failed.
            flush_folder(place)
            flush_folder(self._folder)
        return part

    def parts(self, owner: str, name: str) -> Sequence[Part]:
        place = self._place(owner, name)
        with _told("read"):
            found = [NAME.fullmatch(path.name) for path in place.iterdir()] if place.exists() else []
        return sorted(Part(int(match[1]), int(match[2]), match[3]) for match in found if match)

    def body(self, owner: str, name: str, part: Part) -> bytes:
        with _told("read"):
            body = (self._place(owner, name) / _file_name(part)).read_bytes()
        if hashlib.sha256(body).hexdigest() != part.digest:
            raise StoreError(f"part {part.seq} of a fit session was altered; run the fit again")
        return body

    def drop(self, owner: str, name: str) -> None:
        shutil.rmtree(self._place(owner, name), ignore_errors=True)

    def expire(self) -> int:
        """Remove sessions without a new part for longer than their lifetime; how many.

        What cannot be looked at or removed waits for the next time.
        """
        oldest = self._clock() - self._limits.lifetime_s
        old: list[Path] = []
        with self._lock, suppress(OSError):
            old += [place for place in self._folder.iterdir() if _changed(place) < oldest]
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
        place.mkdir(exist_ok=True, mode=0o700)
        write_whole(place / _file_name(part), body, place / f".new-{part.seq}")


@contextmanager
def _told(done: str) -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        raise StoreError(f"a fit session cannot be {done}: {failure.strerror}") from failure


def _changed(place: Path) -> float:
    try:
        return place.stat().st_mtime
    except OSError:  # dropped meanwhile, most likely
        return float("inf")


def _file_name(part: Part) -> str:
    return f"{part.seq:09d}.{part.rows}.{part.digest}.csv"


def _same(known: Part, again: Part) -> Part:
    if known.digest != again.digest:
        mend = "run the search again: it gets a new session"
        raise CallerError(
            f"part {again.seq} was sent before with another body", code="part_differs", field="seq", mend=mend
        )
    return known
