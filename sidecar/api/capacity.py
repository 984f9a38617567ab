"""How many requests are worked on at once. There is no queue: who does not fit in is told to retry."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sidecar.errors import NotReady


class Capacity:
    """`most` places."""

    def __init__(self, most: int, what: str) -> None:
        self._most = most
        self._what = what
        self._taken = 0
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """Places in use."""
        return self._taken

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for the time of the block; NotReady when there is none."""
        with self._lock:
            if self._taken >= self._most:
                raise NotReady(f"{self._most} {self._what} at once", retry_after_s=1)
            self._taken += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken -= 1
