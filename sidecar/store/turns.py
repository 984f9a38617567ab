"""Blobs are named or removed in turns, between threads as between processes.

What nothing refers to is told from the ledger. A blob that was put, or found to be there already, is in danger until
the ledger names it: so whoever puts blobs shares the turn with all others who do, and whoever removes some has it
alone. It is a lock of the system, which frees it when a process is killed.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from sidecar.durable import private
from sidecar.errors import CallerError, StoreError

WAIT_S = 60.0
"""Longer than it takes to put, or to remove, the learned days of years."""
LOOK_S = 0.02


class Turns:
    """A lock on the file `path`. wait_s: seconds after which whoever waits for it gives up."""

    def __init__(self, path: Path, wait_s: float = WAIT_S) -> None:
        self._path = path
        self._wait_s = wait_s

    @contextmanager
    def shared(self) -> Iterator[None]:
        """For who puts blobs, until they are named; CallerError where another process removes all the time."""
        with self._held(fcntl.LOCK_SH, "removing from"):
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """For who removes some, from before the ledger is read; CallerError where another process writes all the
        time."""
        with self._held(fcntl.LOCK_EX, "writing to"):
            yield

    @contextmanager
    def _held(self, how: int, others: str) -> Iterator[None]:
        # A file of one's own each time: locks belong to open files, so that threads keep each other out, too.
        with self._opened() as lock:
            self._take(lock.fileno(), how, others)
            yield

    def _opened(self) -> IO[bytes]:
        try:
            return open(self._path, "ab", opener=private)
        except OSError as failure:
            raise StoreError(f"{self._path} cannot be opened: {failure.strerror}") from failure

    def _take(self, file: int, how: int, others: str) -> None:
        end = monotonic() + self._wait_s
        while not _taken(file, how):
            if monotonic() >= end:
                told = f"another process has been {others} the home's blobs for more than {self._wait_s:.0f} s"
                mend = (
                    f"end it (fuser HOME/blobs/{self._path.name} finds it) or wait until it ends, then run this again"
                )
                raise CallerError(told, field="home", mend=mend)
            sleep(LOOK_S)


def _taken(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as failure:
        raise StoreError(f"the home's blobs cannot be locked: {failure.strerror}; take a local disk") from failure
    return True
