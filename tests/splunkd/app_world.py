"""What a search of the app finds around it: the World of the language, made of the parts beside this file."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from tests.splunkd import datamodels, knowledge, own_command, summary
from tests.splunkd.app import InstalledApp
from tests.splunkd.indexes import Indexes
from tests.splunkd.lookups import Lookups
from tests.splunkd.rest import Splunkd
from tests.splunkd.spl.columns import LISTS
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.tree import CustomCommand
from tests.splunkd.spl.world import LookupTable, Macro, RunningSearch
from tests.splunkd.stash import Several

Country = Callable[[str], str | None]


class AppWorld:
    """The app's knowledge and Splunk's data. `now_s` is the clock; `rows_read` and `collected` only grow."""

    def __init__(self, splunkd: Splunkd, country: Country, several: Several) -> None:
        self.app: InstalledApp = splunkd.app
        self.splunkd = splunkd
        self.indexes = Indexes()
        self.lookups = Lookups(self.app, splunkd.kvstore)
        self.now_s = 0.0
        self.rows_read = 0
        self.collected = 0
        self._country = country
        self._several = several

    def events(
        self, indexes: tuple[str, ...], earliest_s: float, latest_s: float, sources: tuple[str, ...] = ()
    ) -> pl.DataFrame:
        found = self.indexes.events(indexes, earliest_s, latest_s, sources=sources)
        self.rows_read += found.height
        return found

    def model_events(self, data_model: str, earliest_s: float, latest_s: float) -> pl.DataFrame:
        index = datamodels.dataset(data_model).index
        events = self.indexes.events((index,), earliest_s, latest_s, raw=False)
        found = datamodels.as_dataset(data_model, events)
        self.rows_read += found.height
        return found

    def macro(self, name: str, args: int) -> Macro:
        return knowledge.macro(self.app.conf("macros"), name, args)

    def lookup(self, name: str) -> LookupTable:
        return self.lookups.read(name)

    def write_lookup(self, name: str, table: pl.DataFrame, *, append: bool, key_field: str | None) -> None:
        self.lookups.write(name, table, append=append, key_field=key_field)

    def collect(self, table: pl.DataFrame, options: dict[str, str], search: RunningSearch) -> None:
        self.collected += summary.collect(self.indexes, table, options, search, self.now_s, self._several)

    def command(self, stage: CustomCommand, table: pl.DataFrame, search: RunningSearch, first: bool) -> pl.DataFrame:
        return own_command.run(self.splunkd, stage, table, search)

    def saved_search(self, name: str) -> str:
        stanza = self.app.conf("savedsearches").get(name)
        if stanza is None or "search" not in stanza:
            raise SplError(f"Error in 'savedsearch' command: Unable to find saved search named '{name}'.")
        return knowledge.scheduled(stanza["search"])

    def rest(self, path: str) -> pl.DataFrame:
        parts = path.strip("/").split("/")
        inner = "/".join(parts[3:] if parts[0] == "servicesNS" else parts[1:] if parts[0] == "services" else parts)
        status, found = self.splunkd.answer("GET", inner, self.splunkd.user.session_key, {}, "")
        if status != 200:
            raise SplError(f"Error in 'rest' command: {path} answered {status}: {found['messages'][0]['text']}")
        rows = [{"title": entry["name"], **entry["content"]} for entry in found["entry"]]
        return _entries(rows)

    def country(self, address: str) -> str | None:
        return self._country(address)


def _entries(rows: list[dict[str, object]]) -> pl.DataFrame:
    """The entries of an endpoint, everything as text."""
    names = dict.fromkeys(name for row in rows for name in row)
    made = []
    for name in names:
        values = [row.get(name) for row in rows]
        if any(isinstance(value, list) for value in values):
            several = [value if isinstance(value, list) or value is None else [value] for value in values]
            made.append(pl.Series(name, several, dtype=LISTS))
        else:
            made.append(
                pl.Series(name, [None if value is None else _shown(value) for value in values], dtype=pl.String)
            )
    return pl.DataFrame(made)


def _shown(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
