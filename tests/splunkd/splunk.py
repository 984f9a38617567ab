"""A small Splunk around the app: indexes, searches, schedule, alert actions, with a clock that is moved by hand.

It stands in for splunkd and Splunk Enterprise Security as far as the app's own searches need them. No real one was
present when it was written; each file says where its facts come from, and what is assumed.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, tzinfo
from pathlib import Path
from types import TracebackType

import polars as pl

from tests.splunkd import oneshot, savedsearches
from tests.splunkd.actions import Actions, Desk
from tests.splunkd.app import InstalledApp
from tests.splunkd.app_world import AppWorld, Country
from tests.splunkd.custom_action import ActionRun
from tests.splunkd.dispatch import Dispatcher, RunReport
from tests.splunkd.indexes import Indexes
from tests.splunkd.kvstore import KvStore
from tests.splunkd.rest import Splunkd
from tests.splunkd.savedsearches import SavedSearch
from tests.splunkd.scheduler import Scheduler
from tests.splunkd.spl import run as language
from tests.splunkd.stash import Several
from tests.splunkd.suppression import DigestFields, Throttle

INDEXES = ("main", "summary", "risk", "notable")


def nowhere(address: str) -> str | None:
    """No address has a country."""
    return None


class Splunk:
    """Use it as a context manager; `home` becomes its SPLUNK_HOME, `app` is a package or an unpacked folder.

    `several` and `digest_fields` choose between readings that public sources leave open; see stash and suppression.
    """

    def __init__(
        self,
        home: Path,
        app: Path | None = None,
        *,
        now_s: float = 0.0,
        zone: tzinfo = UTC,
        country: Country = nowhere,
        python: str | None = None,
        tls: ssl.SSLContext | None = None,
        several: Several = "repeated",
        digest_fields: DigestFields = "results",
    ) -> None:
        self.app = InstalledApp(home, app)
        self.splunkd = Splunkd(self.app, python=python, tls=tls)
        self.splunkd.confs.search = oneshot.answering(self.search)
        self.world = AppWorld(self.splunkd, country, several)
        self.desk = Desk()
        self._actions = Actions(self.world, self.desk, several)
        self._dispatcher = Dispatcher(self.world, self._actions, Throttle(digest_fields), zone)
        self._scheduler = Scheduler(self.saved_searches, self._dispatcher.run, self._set_clock, zone)
        self._parsed: dict[str, tuple[dict[str, str], SavedSearch]] = {}
        self._set_clock(now_s)
        self.create_indexes(*INDEXES)

    def __enter__(self) -> Splunk:
        self.splunkd.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.splunkd.__exit__(kind, error, trace)

    # what is in it

    @property
    def now_s(self) -> float:
        """Splunk's clock."""
        return self.world.now_s

    @property
    def indexes(self) -> Indexes:
        """All events."""
        return self.world.indexes

    @property
    def kvstore(self) -> KvStore:
        """The collections; `kvstore.available = False` takes the store down."""
        return self.splunkd.kvstore

    def create_indexes(self, *names: str) -> None:
        """Indexes that events can be written to."""
        self.indexes.create(*names)
        self.splunkd.indexes |= set(names)

    def add_events(self, index: str, events: pl.DataFrame) -> None:
        """Write events; an index that is not there is made. Data models want a `tag` column."""
        self.create_indexes(index)
        self.indexes.add(index, events, self.now_s)

    def saved_searches(self) -> dict[str, SavedSearch]:
        """Every stanza of savedsearches.conf; the first that is wrong raises."""
        alert_actions = self.app.conf("alert_actions")
        found = {}
        for name, stanza in self.app.conf("savedsearches").items():
            known = self._parsed.get(name)
            if known is None or known[0] != stanza:
                self._parsed[name] = dict(stanza), savedsearches.parse(name, stanza, alert_actions)
            found[name] = self._parsed[name][1]
        return found

    # what a person does

    def search(self, text: str, earliest: str = "-24h", latest: str = "now") -> pl.DataFrame:
        """The results of a search that somebody types; raises SplError when it fails."""
        running = self._dispatcher.search("", text, earliest, latest, self.now_s)
        return language.run(text, running)

    def enable(self, *names: str, **settings: str) -> None:
        """Switch saved searches on, in local/; `settings` change keys, `__` standing for a point."""
        self._change(names, {"disabled": "0"} | {key.replace("__", "."): value for key, value in settings.items()})

    def disable(self, *names: str) -> None:
        """Switch saved searches off."""
        self._change(names, {"disabled": "1"})

    def define(self, macro: str, definition: str) -> None:
        """Give a macro another definition, in local/."""
        self.app.set_local("macros", macro, {"definition": definition})

    def send_alert(self, action: str, rows: pl.DataFrame, params: dict[str, str] | None = None) -> ActionRun:
        """Run an action of the app's own over results, as from the queue; raises SplError when it fails."""
        return self._actions.send(action, rows, params or {}, f"{self.now_s:.0f}.1", "", None)

    # time

    def run(self, until_s: float) -> Iterator[RunReport]:
        """Let time pass and the scheduler work; a report for each run, as it is done."""
        yield from self._scheduler.run(self.now_s, until_s)

    def run_once(self, name: str, at_s: float | None = None) -> RunReport:
        """Run one saved search out of its turn, as of `at_s`."""
        return self._dispatcher.run(self.saved_searches()[name], self.now_s if at_s is None else at_s)

    def stand_still(self, until_s: float) -> None:
        """Time passes while Splunk does not run; what is missed is seen at the next `run`."""
        self._scheduler.notice(self.now_s)
        self._set_clock(until_s)

    def _set_clock(self, now_s: float) -> None:
        self.world.now_s = now_s

    def _change(self, names: tuple[str, ...], settings: dict[str, str]) -> None:
        for name in names:
            if name not in self.app.conf("savedsearches"):
                raise KeyError(f"savedsearches.conf has no [{name}]")
            self.app.set_local("savedsearches", name, settings)
        self._scheduler.notice(self.now_s)
