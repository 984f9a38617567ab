"""What a setting's value may be. Each kind says nothing, or what it expects instead."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

from croniter import croniter  # type: ignore[import-untyped]

from tests.splunkd import times
from tests.splunkd.spl.errors import SplError

Kind = Callable[[str], str | None]

MOST_RUNS_AN_HOUR = 12
_MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)


def text(value: str) -> str | None:
    """Any text but none."""
    return None if value else "a text"


def anything(value: str) -> str | None:
    """Also nothing."""
    return None


def bit(value: str) -> str | None:
    """The 0/1 form of a boolean, as Splunk Web and ES write it."""
    return None if value in ("0", "1") else "0 or 1"


def truth(value: str) -> str | None:
    """A boolean in either form."""
    return None if value in ("0", "1", "true", "false") else "true or false"


def whole(value: str) -> str | None:
    """A whole number."""
    return None if re.fullmatch(r"\d+", value) else "a whole number"


def duration(value: str) -> str | None:
    """A length of time: 86400s, 30m, 24h, 1d."""
    return None if re.fullmatch(r"[1-9]\d*[smhd]?", value) else "a duration such as 86400s, 30m or 24h"


def json_value(value: str) -> str | None:
    """JSON."""
    try:
        json.loads(value)
    except ValueError as error:
        return f"JSON ({error})"
    return None


def pythons(value: str) -> str | None:
    """Both Pythons that splunkd ships."""
    return None if value == "3.9,3.13" else "3.9,3.13"


def one_of(*words: str) -> Kind:
    """One of these words."""
    return lambda value: None if value in words else " or ".join(words)


def matching(pattern: str, expected: str) -> Kind:
    """What a regular expression takes as a whole."""
    return lambda value: None if re.fullmatch(pattern, value) else expected


def time(value: str) -> str | None:
    """A relative time; one that goes back is cut to a unit with @, so that windows of runs meet without gaps."""
    try:
        times.relative(value, 1767225600.0)
    except SplError:
        return "a relative time such as -65m@m, @d or now"
    if value != "now" and "@" not in value:
        return "a relative time with a snap such as -65m@m"
    return None


@cache
def cron(value: str) -> str | None:
    """A cron schedule of five fields, at most twelve runs in any hour of a week."""
    if len(value.split()) != 5 or not croniter.is_valid(value):
        return "a cron schedule of five fields"
    runs: dict[datetime, int] = {}
    coming = croniter(value, _MIDNIGHT - timedelta(seconds=1))
    for _ in range(7 * 24 * 60):
        at = coming.get_next(datetime)
        if at >= _MIDNIGHT + timedelta(days=7):
            break
        hour = at.replace(minute=0)
        runs[hour] = runs.get(hour, 0) + 1
        if runs[hour] > MOST_RUNS_AN_HOUR:
            return f"at most {MOST_RUNS_AN_HOUR} runs an hour"
    return None
