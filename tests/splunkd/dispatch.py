"""One run of a saved search: its window, its results, whether it is an alert, and what followed."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from datetime import tzinfo

import polars as pl

from tests.splunkd import alerts, knowledge, times
from tests.splunkd.actions import Actions, Followed
from tests.splunkd.app_world import AppWorld
from tests.splunkd.beginnings import Beginnings
from tests.splunkd.savedsearches import SavedSearch
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.world import RunningSearch
from tests.splunkd.suppression import Throttle

MOST_RESULTS = 500_000
"""dispatch.max_count."""


@dataclass(frozen=True)
class RunReport:
    """What a run read, gave and led to. A run that failed has an `error` and led to nothing."""

    name: str
    scheduled_s: float
    rows_in: int = 0
    rows_out: int = 0
    collected: int = 0
    risk_events: int = 0
    notables: int = 0
    alerts: int = 0
    suppressed: int = 0
    seconds: float = 0.0
    error: str = ""
    messages: list[tuple[str, str]] = field(default_factory=list)
    results: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """Neither the search nor an action failed."""
        return not self.error


class Dispatcher:
    """Runs saved searches; what was told stays known from run to run."""

    def __init__(self, world: AppWorld, actions: Actions, throttle: Throttle, zone: tzinfo) -> None:
        self._world, self._actions, self._throttle, self._zone = world, actions, throttle, zone
        self._beginnings = Beginnings(world)
        self._count = 0

    def run(self, saved: SavedSearch, scheduled_s: float) -> RunReport:
        """Run it as of its scheduled time: that is its now, and what its window is relative to."""
        begun = time.perf_counter()
        read, collected = self._world.rows_read, self._world.collected
        rows, done, held_back, error = pl.DataFrame(), Followed(), 0, ""
        messages: list[tuple[str, str]] = []
        try:
            search = self.search(
                saved.name, knowledge.scheduled(saved.search), saved.earliest, saved.latest, scheduled_s
            )
            messages = search.messages
            rows = self._beginnings.run(search).head(MOST_RESULTS)
            told = rows
            if alerts.triggered(saved.condition, rows, search):
                told = self._throttle.passed(saved, rows, scheduled_s)
                held_back = rows.height - told.height
                if told.height or rows.is_empty():
                    done = self._actions.perform(saved, told, search)
            error = "; ".join(done.errors)
        except SplError as failure:
            error = str(failure)
        return RunReport(
            saved.name, scheduled_s, self._world.rows_read - read, rows.height,
            self._world.collected - collected + done.summary_events, done.risk_events, done.notables, done.alerts,
            held_back, time.perf_counter() - begun, error, messages, rows,
        )  # fmt: skip

    def search(self, name: str, text: str, earliest: str, latest: str, now_s: float) -> RunningSearch:
        """A search that is about to run; without a name it is one that somebody typed."""
        self._count += 1
        first = times.earliest(earliest, now_s, self._zone)
        last = times.latest(latest, now_s, self._zone)
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        sid = f"scheduler__nobody__aiscore__RMD5{digest}_at_{now_s:.0f}_{self._count}"
        if not name:
            sid = f"{now_s:.0f}.{self._count}"
        return RunningSearch(self._world, first, last, now_s, sid, self._world.splunkd.user.name, name, text)
