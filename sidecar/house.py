"""What a task may use of the world, and what it gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from sidecar.changes import Changes
from sidecar.jobs import Jobs
from sidecar.shelf import Shelf
from sidecar.store.base import Blobs, Ledger


class Reply(NamedTuple):
    """A verb's answer: a table, what travels beside it as response headers, and what a job says when it is done."""

    table: pl.DataFrame
    headers: Mapping[str, str] = {}
    told: str = ""


def _silent(share: float, message: str) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class House:
    """The open stores, the clock (epoch seconds), and who asks.

    `key` signs bundles. `intent` is what the request wants done, as a ledger key: the same request again has the
    same; the command line has none. `local` is true on the command line: there whoever fits may also promote, a
    table is the whole search, and explanations take the time they need.
    """

    ledger: Ledger
    blobs: Blobs
    shelf: Shelf
    jobs: Jobs
    changes: Changes
    clock: Callable[[], float]
    key: bytes = field(repr=False)
    by: str = "local"
    local: bool = False
    nthread: int = 1
    job: str = ""
    intent: str | None = None
    progress: Callable[[float, str], None] = _silent
