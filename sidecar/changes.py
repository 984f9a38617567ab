"""Changes to what is in service: each is done once, however often it is asked for.

Who asks may not know whether an earlier request was done, as when its reply was lost, and asks again. A change
carries its intent as the key of its ledger entry, and asked for again it is answered as it was then.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from models import registry
from models.registry import Line, Registry
from sidecar.current import Current
from sidecar.store.base import Entry, Ledger

KINDS = ("promote", "retire", "rollback")


class State(NamedTuple):
    """The registry, and how each change left its line, by the change's key (its hash where it has none)."""

    registry: Registry
    left: Mapping[str, Line]


START = State(registry.EMPTY, MappingProxyType({}))


def fold(entries: Sequence[Entry], start: State = START) -> State:
    """The state after these entries."""
    lines, left = start.registry, dict(start.left)
    for entry in entries:
        lines = registry.fold([entry], lines)
        if entry.kind in KINDS and entry.body["model"] in lines:
            left[entry.key or entry.hash] = lines[entry.body["model"]]
    return State(lines, MappingProxyType(left))


class Changes:
    """The changes in one ledger; one is made at a time."""

    def __init__(self, ledger: Ledger) -> None:
        self._current = Current(ledger, fold, START)
        self._lock = threading.Lock()

    def once(self, intent: str | None, make: Callable[[], Entry]) -> Line:
        """The model's line as the change left it. `make` writes it, unless this intent was done before."""
        with self._lock:
            known = self._current().left.get(intent) if intent else None
            if known:
                return known
            entry = make()
            return self._current().left[entry.key or entry.hash]
