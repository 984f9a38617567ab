"""What a task may use of the world, and what it gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from sidecar.jobs import Jobs
from sidecar.shelf import Shelf
from sidecar.store.base import Blobs, Ledger


class Reply(NamedTuple):
    """A verb's answer: a table, and what travels beside it as response headers."""

    table: pl.DataFrame
    headers: Mapping[str, str] = {}


def _silent(share: float, message: str) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class House:
    """The open stores, the clock (epoch seconds), and who asks.

    `key` signs bundles. `local` is true on the command line: there whoever fits may also promote, a table is
    the whole search, and explanations take the time they need.
    """

    ledger: Ledger
    blobs: Blobs
    shelf: Shelf
    jobs: Jobs
    clock: Callable[[], float]
    key: bytes = field(repr=False)
    by: str = "local"
    local: bool = False
    nthread: int = 1
    job: str = ""
    progress: Callable[[float, str], None] = _silent
