"""The threads that share the work on one table; they are started once and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

Part = TypeVar("Part")
Found = TypeVar("Found")


def in_threads(work: Callable[[Part], Found], parts: Sequence[Part], nthread: int) -> list[Found]:
    """work(part) of every part, in order, by nthread threads at most, the caller's own among them.

    work must not come back here: it could wait for a thread that waits for it.

    >>> in_threads(abs, [-1, 2, -3], 2)
    [1, 2, 3]
    """
    shares = max(1, min(nthread, len(parts)))

    def every(first: int) -> list[Found]:
        return [work(part) for part in parts[first::shares]]

    others = [_pool().submit(every, first) for first in range(1, shares)]
    found = [every(0), *(other.result() for other in others)]
    return [found[at % shares][at // shares] for at in range(len(parts))]


@cache
def _pool() -> ThreadPoolExecutor:
    """A few more threads than there are cores, however many callers there are."""
    return ThreadPoolExecutor(thread_name_prefix="table")
