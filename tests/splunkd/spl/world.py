"""What a running search needs of its surroundings, and what it knows of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from tests.splunkd.spl.tree import CustomCommand


@dataclass(frozen=True)
class Macro:
    """A stanza of macros.conf: the names of its arguments, its text, and whether the text is an eval expression."""

    name: str
    args: tuple[str, ...]
    definition: str
    iseval: bool = False
    validation: str = ""
    errormsg: str = ""


@dataclass(frozen=True)
class LookupTable:
    """A lookup's rows as text, and how it matches; networks: its fields that hold CIDR networks."""

    table: pl.DataFrame
    case_sensitive: bool = True
    max_matches: int = 1000
    networks: tuple[str, ...] = ()


class World(Protocol):
    """The indexes, lookups, macros and commands around a search. Tables: see `run.Table`.

    Everything that does not exist raises SplError with the words an analyst would see.
    """

    def events(
        self, indexes: tuple[str, ...], earliest_s: float, latest_s: float, sources: tuple[str, ...] = ()
    ) -> pl.DataFrame:
        """Events of these indexes (names with `*`) with earliest_s <= _time < latest_s, newest first.

        Where `sources` (with `*`, letters' case aside) are named, those of others may be left out.
        """

    def model_events(self, data_model: str, earliest_s: float, latest_s: float) -> pl.DataFrame:
        """Events of a data model's dataset (`Authentication.Authentication`), fields named `Authentication.user`."""

    def macro(self, name: str, args: int) -> Macro:
        """The macro of this name with so many arguments."""

    def lookup(self, name: str) -> LookupTable:
        """A lookup by its definition in transforms.conf, or by its file name."""

    def write_lookup(self, name: str, table: pl.DataFrame, *, append: bool, key_field: str | None) -> None:
        """Replace the rows, or add to them; with a key field, rows of the same key are replaced."""

    def collect(self, table: pl.DataFrame, options: dict[str, str], search: RunningSearch) -> None:
        """Write rows into a summary index, as `collect` does."""

    def command(self, stage: CustomCommand, table: pl.DataFrame, search: RunningSearch, first: bool) -> pl.DataFrame:
        """Run a command of the app's own as a child process."""

    def saved_search(self, name: str) -> str:
        """The SPL of a saved search."""

    def rest(self, path: str) -> pl.DataFrame:
        """The rows of `| rest path`."""

    def country(self, address: str) -> str | None:
        """The country of an address, for iplocation."""


@dataclass
class RunningSearch:
    """One dispatch: its time range (epoch seconds), its clock, who runs it, and what it said (level, text)."""

    world: World
    earliest_s: float
    latest_s: float
    now_s: float
    sid: str
    user: str = "ana"
    name: str = ""
    """The saved search's name; empty for an ad hoc search."""
    text: str = ""
    messages: list[tuple[str, str]] = field(default_factory=list)
