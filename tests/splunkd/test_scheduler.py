"""The scheduler: order, missed periods, switching on and off."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.splunkd import cron
from tests.splunkd.dispatch import RunReport
from tests.splunkd.savedsearches import SavedSearch
from tests.splunkd.scheduler import Scheduler

HOUR = 3600.0


class Played:
    """Searches that only note when they ran."""

    def __init__(self, zone: str = "UTC", **schedules: tuple[str, bool]) -> None:
        self.searches = {
            name: SavedSearch(name, "s", schedule=cron.parse(schedule), continuous=continuous)
            for name, (schedule, continuous) in schedules.items()
        }
        self.clock = 0.0
        self.zone = ZoneInfo(zone)
        self.scheduler = Scheduler(lambda: self.searches, self._dispatch, self._set, self.zone)

    def _dispatch(self, saved: SavedSearch, at_s: float) -> RunReport:
        return RunReport(saved.name, at_s, rows_in=int(self.clock))

    def _set(self, clock: float) -> None:
        self.clock = clock

    def run(self, until_s: float) -> list[tuple[str, float]]:
        return [(report.name, report.scheduled_s) for report in self.scheduler.run(self.clock, until_s)]

    def outage(self, until_s: float) -> None:
        self.scheduler.notice(self.clock)
        self.clock = until_s


def test_each_period_once_and_in_the_order_of_names() -> None:
    played = Played(b=("0,30 * * * *", True), a=("30 * * * *", False))
    assert played.run(HOUR) == [("a", 1800), ("b", 1800), ("b", 3600)]
    assert played.run(HOUR) == []
    assert played.run(1.5 * HOUR) == [("a", 5400), ("b", 5400)]


def test_the_clock_stands_at_the_run() -> None:
    played = Played(a=("30 * * * *", True))
    assert [report.rows_in for report in played.scheduler.run(0, 2 * HOUR)] == [1800, 5400]
    assert played.clock == 2 * HOUR


def test_after_an_outage_only_continuous_searches_make_up_for_it() -> None:
    played = Played(late=("0 * * * *", True), now=("0 * * * *", False))
    played.run(HOUR)
    played.outage(3.5 * HOUR)
    assert played.run(4 * HOUR) == [("late", 2 * HOUR), ("late", 3 * HOUR), ("late", 4 * HOUR), ("now", 4 * HOUR)]


def test_an_outage_is_made_up_for_24_hours_back() -> None:
    played = Played(a=("0 * * * *", True))
    played.run(0)
    played.outage(100.5 * HOUR)
    found = played.run(100.5 * HOUR)
    assert [at / HOUR for _, at in found] == list(range(77, 101))


def test_a_search_begins_when_it_is_switched_on() -> None:
    played = Played(a=("0 * * * *", True))
    off = played.searches.pop("a")
    played.run(2.5 * HOUR)
    played.searches["a"] = off
    assert played.run(3 * HOUR) == [("a", 3 * HOUR)]
    played.searches.clear()
    played.run(5.5 * HOUR)
    played.searches["a"] = off
    assert played.run(6 * HOUR) == [("a", 6 * HOUR)]


def test_schedules_are_in_the_time_zone() -> None:
    played = Played("Europe/Berlin", a=("0 3 * * *", True))
    played.clock = datetime(2026, 3, 28, 12, tzinfo=played.zone).timestamp()
    until: Any = datetime(2026, 3, 30, 12, tzinfo=played.zone)
    local = [datetime.fromtimestamp(at, played.zone).isoformat() for _, at in played.run(until.timestamp())]
    assert local == ["2026-03-29T03:00:00+02:00", "2026-03-30T03:00:00+02:00"]
