"""A World held in memory, for tests of single commands: what is not in it does not exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypeVar

import polars as pl

from tests.splunkd.spl import columns
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.tree import CustomCommand
from tests.splunkd.spl.world import LookupTable, Macro, RunningSearch

V = TypeVar("V")
Command = Callable[[CustomCommand, pl.DataFrame, RunningSearch, bool], pl.DataFrame]


@dataclass
class SmallWorld:
    """Everything a search can ask for, by name."""

    indexes: dict[str, pl.DataFrame] = field(default_factory=dict)
    data_models: dict[str, pl.DataFrame] = field(default_factory=dict)
    macros: list[Macro] = field(default_factory=list)
    lookups: dict[str, LookupTable] = field(default_factory=dict)
    commands: dict[str, Command] = field(default_factory=dict)
    saved_searches: dict[str, str] = field(default_factory=dict)
    endpoints: dict[str, pl.DataFrame] = field(default_factory=dict)
    countries: dict[str, str] = field(default_factory=dict)
    collected: list[tuple[pl.DataFrame, dict[str, str]]] = field(default_factory=list)

    def events(
        self, indexes: tuple[str, ...], earliest_s: float, latest_s: float, sources: tuple[str, ...] = ()
    ) -> pl.DataFrame:
        found = [
            table
            for name, table in self.indexes.items()
            if any(fnmatchcase(name, pattern) for pattern in indexes)
            # `*` does not stand for internal indexes.
            and (not name.startswith("_") or any(pattern.startswith("_") for pattern in indexes))
        ]
        return _newest_first(columns.stack(*found), earliest_s, latest_s)

    def model_events(self, data_model: str, earliest_s: float, latest_s: float) -> pl.DataFrame:
        table = _known(self.data_models, data_model, f"Data model '{data_model}' was not found.")
        return _newest_first(table, earliest_s, latest_s)

    def macro(self, name: str, args: int) -> Macro:
        for macro in self.macros:
            if macro.name == name and len(macro.args) == args:
                return macro
        shown = f"{name}({args})" if args else name
        raise SplError(f"The search specifies a macro '{shown}' that cannot be found.")

    def lookup(self, name: str) -> LookupTable:
        return _known(self.lookups, name, f"The lookup table '{name}' does not exist or is not available.")

    def write_lookup(self, name: str, table: pl.DataFrame, *, append: bool, key_field: str | None) -> None:
        if name not in self.lookups:
            raise SplError(f"The lookup table '{name}' is invalid.")
        old = self.lookups[name]
        if key_field is not None:
            kept = old.table.join(table.select(key_field), on=key_field, how="anti") if key_field in old.table else None
            table = columns.stack(kept, table) if kept is not None else table
        elif append:
            table = columns.stack(old.table, table.select(n for n in table.columns if n in old.table.columns))
        self.lookups[name] = LookupTable(table, old.case_sensitive, old.max_matches)

    def collect(self, table: pl.DataFrame, options: dict[str, str], search: RunningSearch) -> None:
        self.collected.append((table, options))

    def command(self, stage: CustomCommand, table: pl.DataFrame, search: RunningSearch, first: bool) -> pl.DataFrame:
        run = _known(self.commands, stage.name, f"Unknown search command '{stage.name}'.")
        return run(stage, table, search, first)

    def saved_search(self, name: str) -> str:
        return _known(self.saved_searches, name, f"Unable to find saved search named '{name}'.")

    def rest(self, path: str) -> pl.DataFrame:
        return _known(self.endpoints, path, f"Failed to fetch REST endpoint uri={path}: Not Found")

    def country(self, address: str) -> str | None:
        return self.countries.get(address)


def running(
    world: SmallWorld | None = None, *, earliest_s: float = 0.0, latest_s: float = 2e9, now_s: float = 2e9
) -> RunningSearch:
    """A search under way in this world, over all its time."""
    return RunningSearch(world or SmallWorld(), earliest_s, latest_s, now_s, sid=f"{now_s:.0f}.1")


def _known(table: dict[str, V], name: str, missing: str) -> V:
    if name not in table:
        raise SplError(missing)
    return table[name]


def _newest_first(table: pl.DataFrame, earliest_s: float, latest_s: float) -> pl.DataFrame:
    if "_time" not in table.columns:
        return table
    inside = table.filter((pl.col("_time") >= earliest_s) & (pl.col("_time") < latest_s))
    return inside.sort("_time", descending=True, maintain_order=True)
