"""Relative times as dispatch.earliest_time and earliest= have them: `-125m@m`, `@d`, `-1d@d+3h`, `now`, an epoch.

From "Time modifiers" in Splunk's Search Reference: seconds, minutes and hours are lengths; days and longer are those
of the calendar, in the searcher's time zone; after @ the time is cut down to the unit.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, tzinfo

from tests.splunkd.spl.errors import SplError

_UNITS = {
    "s": "s sec secs second seconds",
    "m": "m min mins minute minutes",
    "h": "h hr hrs hour hours",
    "d": "d day days",
    "w": "w week weeks",
    "mon": "mon month months",
    "q": "q qtr qtrs quarter quarters",
    "y": "y yr yrs year years",
}
_UNIT = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_STEP = re.compile(r"([+-])(\d*)([a-z]+)|@([a-z]+?)([0-7]?)(?![a-z0-9])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def relative(text: str, now_s: float, zone: tzinfo = UTC) -> float:
    """The time that `text` means at `now_s`; "" is no bound, told apart by `earliest` and `latest`.

    >>> relative("-5m@m", 1_000_000_059.0)
    999999720.0
    """
    text = text.strip()
    if text in ("now", "now()"):
        return now_s
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    at, place = now_s, 0
    while place < len(text):
        step = _STEP.match(text, place)
        if step is None or (step[3] or step[4]) not in _UNIT:
            raise SplError(f'Invalid value "{text}" for time term')
        at = _moved(at, step, zone) if step[1] else _cut(at, _UNIT[step[4]], step[5], zone)
        place = step.end()
    return at


def earliest(text: str, now_s: float, zone: tzinfo = UTC) -> float:
    """The begin of a window; none given is all time."""
    return relative(text, now_s, zone) if text.strip() else 0.0


def latest(text: str, now_s: float, zone: tzinfo = UTC) -> float:
    """The end of a window; none given is all time."""
    return relative(text, now_s, zone) if text.strip() else math.inf


def _moved(at: float, step: re.Match[str], zone: tzinfo) -> float:
    unit = _UNIT[step[3]]
    count = int(step[2] or 1) * (-1 if step[1] == "-" else 1)
    if unit in _SECONDS:
        return at + count * _SECONDS[unit]
    local = datetime.fromtimestamp(at, zone)
    if unit in ("d", "w"):
        return (local + timedelta(days=count * (7 if unit == "w" else 1))).timestamp()
    months = local.year * 12 + local.month - 1 + count * {"mon": 1, "q": 3, "y": 12}[unit]
    year, month = divmod(months, 12)
    for day in range(local.day, 27, -1):
        try:
            return local.replace(year=year, month=month + 1, day=day).timestamp()
        except ValueError:
            continue
    return local.replace(year=year, month=month + 1).timestamp()


def _cut(at: float, unit: str, weekday: str, zone: tzinfo) -> float:
    if weekday and unit != "w":
        raise SplError(f"@{unit}{weekday}: only weeks have numbered days")
    if unit in _SECONDS:
        # Local hours begin at whole hours of UTC or at the half or quarter hour, so the offset counts.
        offset = (datetime.fromtimestamp(at, zone).utcoffset() or timedelta()).total_seconds()
        return (at + offset) // _SECONDS[unit] * _SECONDS[unit] - offset
    day = datetime.fromtimestamp(at, zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if unit == "w":
        # w0 and w7 are Sunday.
        day -= timedelta(days=(day.isoweekday() - int(weekday or 0)) % 7)
    elif unit != "d":
        month = {"mon": day.month, "q": (day.month - 1) // 3 * 3 + 1, "y": 1}[unit]
        day = day.replace(day=1, month=month)
    return day.timestamp()
