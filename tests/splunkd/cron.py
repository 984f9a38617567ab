"""cron_schedule: five fields of numbers, `*`, ranges, steps and lists, in the scheduler's time zone.

As savedsearches.conf.spec says, there are no names of months and days. Where both the day of the month and the day of
the week are limited, either is enough, as in cron. When clocks go forward the hour that is left out has no runs; when
they go back the hour that comes twice has its runs twice. Public sources do not say what Splunk does then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


@dataclass(frozen=True)
class Cron:
    """The minutes at which a search is due."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def due(self, at_s: float, zone: tzinfo = UTC) -> bool:
        """Whether the minute that begins at `at_s` is one of them."""
        return self.matches(datetime.fromtimestamp(at_s, zone))

    def matches(self, local: datetime) -> bool:
        """The same, for a local time."""
        if local.minute not in self.minutes or local.hour not in self.hours or local.month not in self.months:
            return False
        day, weekday = local.day in self.days, local.isoweekday() % 7 in self.weekdays
        return day or weekday if self.either_day else day and weekday


def parse(text: str) -> Cron:
    """The schedule of a cron_schedule; raises ValueError naming the field that is wrong."""
    fields = text.split()
    if len(fields) != 5:
        raise ValueError(f"cron_schedule = {text}: five fields are expected")
    parsed = [_numbers(field, *limits) for field, limits in zip(fields, _RANGES, strict=True)]
    weekdays = frozenset(number % 7 for number in parsed[4])
    either = fields[2] != "*" and fields[4] != "*"
    return Cron(parsed[0], parsed[1], parsed[2], parsed[3], weekdays, either)


def _numbers(field: str, least: int, most: int) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step_text = part.partition("/")
        try:
            step = int(step_text) if slash else 1
            if span == "*":
                first, last = least, most
            else:
                first_text, dash, last_text = span.partition("-")
                first = int(first_text)
                last = int(last_text) if dash else (most if slash else first)
        except ValueError:
            raise ValueError(f"cron: {field!r} is not numbers") from None
        if not least <= first <= last <= most or step < 1:
            raise ValueError(f"cron: {field!r} lies outside {least} to {most}")
        found |= set(range(first, last + 1, step))
    return frozenset(found)
