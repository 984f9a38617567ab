"""The scheduler: which saved search runs when, in what order, and what is made up for after an outage.

A continuous search (realtime_schedule = 0) has every period run once, in order, each with its own time as now, at most
24 hours back; any other skips the periods that passed while nothing ran. One search never runs beside itself: runs
follow each other here. Of several at one minute the names give the order. A search's first period is the first after
it was switched on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, tzinfo

from tests.splunkd.dispatch import RunReport
from tests.splunkd.savedsearches import SavedSearch

MOST_LOOKBACK_S = 86_400.0
"""max_continuous_scheduled_search_lookback of limits.conf."""
MINUTE_S = 60.0


class Scheduler:
    """`searches` gives the saved searches as they are now, `dispatch` runs one, `set_clock` moves Splunk's time."""

    def __init__(
        self,
        searches: Callable[[], Mapping[str, SavedSearch]],
        dispatch: Callable[[SavedSearch, float], RunReport],
        set_clock: Callable[[float], None],
        zone: tzinfo,
    ) -> None:
        self._searches, self._dispatch, self._set_clock, self._zone = searches, dispatch, set_clock, zone
        self._done_until_s: dict[str, float] = {}

    def run(self, now_s: float, until_s: float) -> Iterator[RunReport]:
        """Every run that is due after `now_s` up to and at `until_s`, after those that were missed before."""
        for at_s, saved in self._missed(now_s):
            yield self._dispatch(saved, at_s)
        minute_s = (now_s // MINUTE_S + 1) * MINUTE_S
        while minute_s <= until_s:
            self._set_clock(minute_s)
            yield from self._due(minute_s)
            minute_s += MINUTE_S
        self._set_clock(until_s)
        for name in self._active(until_s):
            self._done_until_s[name] = until_s

    def notice(self, now_s: float) -> None:
        """Searches that were switched on or off: their periods begin, or end, now."""
        self._active(now_s)

    def _active(self, now_s: float) -> dict[str, SavedSearch]:
        found = {name: saved for name, saved in self._searches().items() if saved.schedule and not saved.disabled}
        self._done_until_s = {name: self._done_until_s.get(name, now_s) for name in found}
        return found

    def _due(self, minute_s: float) -> Iterator[RunReport]:
        local = datetime.fromtimestamp(minute_s, self._zone)
        for name, saved in sorted(self._active(minute_s - MINUTE_S).items()):
            if saved.schedule and saved.schedule.matches(local):
                self._done_until_s[name] = minute_s
                yield self._dispatch(saved, minute_s)

    def _missed(self, now_s: float) -> list[tuple[float, SavedSearch]]:
        """Periods of continuous searches that passed while the scheduler did not run, oldest first."""
        found: list[tuple[float, SavedSearch]] = []
        for name, saved in self._active(now_s).items():
            since_s = max(self._done_until_s[name], now_s - MOST_LOOKBACK_S)
            self._done_until_s[name] = now_s
            if not saved.continuous or saved.schedule is None:
                continue
            minute_s = (since_s // MINUTE_S + 1) * MINUTE_S
            while minute_s <= now_s:
                if saved.schedule.due(minute_s, self._zone):
                    found.append((minute_s, saved))
                minute_s += MINUTE_S
        return sorted(found, key=lambda pair: (pair[0], pair[1].name))
