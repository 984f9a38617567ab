"""What is current: a fold over the ledger that reads only the entries it has not seen."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sidecar.store.base import Entry, Ledger

State = TypeVar("State")


class Current(Generic[State]):
    """Calling it gives the state after the ledger's last entry.

    `step(entries, state)` must return a new state.
    """

    def __init__(self, ledger: Ledger, step: Callable[[Sequence[Entry], State], State], start: State) -> None:
        self._ledger = ledger
        self._step = step
        self._state = start
        self._seen = 0
        self._lock = threading.Lock()

    def __call__(self) -> State:
        with self._lock:
            fresh = self._ledger.entries(self._seen)
            if fresh:
                self._state = self._step(fresh, self._state)
                self._seen = fresh[-1].number
            return self._state
