"""Relative times, against the examples of "Time modifiers" and "Specify time modifiers in your search"."""

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.splunkd import times
from tests.splunkd.spl.errors import SplError

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo | None = None) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone or UTC).timestamp()


@pytest.mark.parametrize(
    ("modifier", "expected"),
    [
        # The page's "now" is Wednesday, 09 February 2022, 13:37:05.
        ("now", "2022-02-09T13:37:05"),
        ("-60m", "2022-02-09T12:37:05"),
        ("-1h@h", "2022-02-09T12:00:00"),
        ("-1d@d", "2022-02-08T00:00:00"),
        ("-24h", "2022-02-08T13:37:05"),
        ("-7d@d", "2022-02-02T00:00:00"),
        ("-7d@m", "2022-02-02T13:37:00"),
        ("@w0", "2022-02-06T00:00:00"),
        ("+1d@d", "2022-02-10T00:00:00"),
        ("@d-2h", "2022-02-08T22:00:00"),
        ("-mon@mon+7d", "2022-01-08T00:00:00"),
        ("-1y@y", "2021-01-01T00:00:00"),
        ("@q", "2022-01-01T00:00:00"),
        ("@w3", "2022-02-09T00:00:00"),
        ("@w7", "2022-02-06T00:00:00"),
        ("-125m@m", "2022-02-09T11:32:00"),
    ],
)
def test_modifiers(modifier: str, expected: str) -> None:
    assert times.relative(modifier, at("2022-02-09T13:37:05")) == at(expected)


def test_the_last_day_of_a_month_stays_in_the_month() -> None:
    assert times.relative("-1mon", at("2022-03-31T10:00:00")) == at("2022-02-28T10:00:00")


def test_a_day_has_23_hours_when_the_clock_goes_forward() -> None:
    noon = at("2026-03-29T12:00:00", BERLIN)
    assert times.relative("-1d@d", noon, BERLIN) == at("2026-03-28T00:00:00", BERLIN)
    assert times.relative("@d+1d", noon, BERLIN) - times.relative("@d", noon, BERLIN) == 23 * 3600
    assert times.relative("-24h", noon, BERLIN) == at("2026-03-28T11:00:00", BERLIN)


def test_hours_are_cut_where_the_zone_has_them() -> None:
    kolkata = ZoneInfo("Asia/Kolkata")
    assert times.relative("@h", at("2026-01-01T10:20:00", kolkata), kolkata) == at("2026-01-01T10:00:00", kolkata)


def test_no_bound() -> None:
    assert times.earliest("", 5) == 0
    assert times.latest("", 5) == math.inf
    assert times.earliest("1700000000", 5) == 1_700_000_000


@pytest.mark.parametrize("modifier", ["yesterday", "-5x", "@", "-5m@", "rt-30s", "5m"])
def test_what_is_no_time(modifier: str) -> None:
    with pytest.raises(SplError, match="time term"):
        times.relative(modifier, 0)
