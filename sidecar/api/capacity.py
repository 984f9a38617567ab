"""How many requests are worked on at once, and how much is held. No queue: who does not fit in is told to retry."""

import threading
from collections.abc import Callable, Iterator
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

    def check(self) -> None:
        """NotReady when there is no place now; none is taken."""
        if self._taken >= self._most:
            raise NotReady(f"{self._most} {self._what} at once", retry_after_s=1)

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for the time of the block; NotReady when there is none."""
        with self._lock:
            self.check()
            self._taken += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken -= 1


class Memory:
    """`most` bytes of request bodies. Counted as they come: what is only announced holds nothing and nobody up.

    For one thread, that of the event loop.
    """

    def __init__(self, most: int) -> None:
        self._left = most

    @contextmanager
    def held(self) -> Iterator[Callable[[int], None]]:
        """Gives `take(size)`, NotReady when so much is not left; all that was taken is given back after the block."""
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            if size > self._left:
                raise NotReady("the request bodies that are held take all the memory they may", retry_after_s=1)
            self._left -= size
            taken += size

        try:
            yield take
        finally:
            self._left += taken
