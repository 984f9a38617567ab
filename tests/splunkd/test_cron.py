"""Schedules, and the two nights a year on which clocks change."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.splunkd import cron

BERLIN = ZoneInfo("Europe/Berlin")


def runs(schedule: str, day: str, zone: ZoneInfo = BERLIN) -> list[str]:
    """The local times of one local day at which the schedule is due."""
    begin = datetime.fromisoformat(day).replace(tzinfo=zone)
    end = (begin.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=zone)
    parsed = cron.parse(schedule)
    seconds = range(int(begin.timestamp()), int(end.timestamp()), 60)
    return [datetime.fromtimestamp(at, zone).strftime("%H:%M") for at in seconds if parsed.due(at, zone)]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("0 4,5 * * *", ["04:00", "05:00"]),
        ("5,35 3-4 * * *", ["03:05", "03:35", "04:05", "04:35"]),
        ("*/20 0 * * *", ["00:00", "00:20", "00:40"]),
        ("50/5 1 * * *", ["01:50", "01:55"]),
        ("12 4 * * 0", []),  # a Thursday
        ("12 4 * * 4", ["04:12"]),
        ("12 4 1 * 0", ["04:12"]),  # the first of the month, or a Sunday
        ("12 4 2 * *", []),
    ],
)
def test_schedules(schedule: str, expected: list[str]) -> None:
    assert runs(schedule, "2026-01-01") == expected


def test_seven_is_sunday_too() -> None:
    assert runs("0 1 * * 7", "2026-01-04") == runs("0 1 * * 0", "2026-01-04") == ["01:00"]


def test_the_hour_that_is_left_out_has_no_runs() -> None:
    assert runs("30 1-3 * * *", "2026-03-29") == ["01:30", "03:30"]
    assert len(runs("5,35 * * * *", "2026-03-29")) == 2 * 23


def test_the_hour_that_comes_twice_has_its_runs_twice() -> None:
    assert runs("30 1-3 * * *", "2026-10-25") == ["01:30", "02:30", "02:30", "03:30"]
    assert len(runs("5,35 * * * *", "2026-10-25")) == 2 * 25


@pytest.mark.parametrize(
    "schedule", ["* * * *", "60 * * * *", "* * 0 * *", "* * * jan *", "*/0 * * * *", "5-3 * * * *"]
)
def test_what_is_no_schedule(schedule: str) -> None:
    with pytest.raises(ValueError, match="cron"):
        cron.parse(schedule)
