"""Functions of time. The searcher's time zone is UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import polars as pl

from tests.splunkd import times
from tests.splunkd.spl import values
from tests.splunkd.spl.errors import NotSupported
from tests.splunkd.spl.functions.calls import Arguments, Function

_WRITTEN = {
    **{letter: f"%{letter}" for letter in "aAbBdeFHIjmMpsSTuwyYzZ%"},
    **{"N": "%9f", "3N": "%3f", "6N": "%6f", "9N": "%9f", "Q": "%3f", "3Q": "%3f", "6Q": "%6f", "9Q": "%9f"},
}
"""Splunk's variables of a date and how Polars writes them."""
_READ = {
    **{letter: f"%{letter}" for letter in "aAbBdHIjmMpSyYz%"},
    **{"F": "%Y-%m-%d", "T": "%H:%M:%S", "3N": "%f", "6N": "%f", "N": "%f", "Q": "%f", "3Q": "%f", "6Q": "%f"},
}
"""Splunk's variables of a date and how Python reads them."""


def _translated(template: str, known: dict[str, str]) -> str:
    def one(found: re.Match[str]) -> str:
        if found[1] not in known:
            raise NotSupported(f"%{found[1]} in a time format")
        return known[found[1]]

    return re.sub(r"%(\d?.?)", one, template)


def strftime(args: Arguments) -> pl.Series:
    """The time as text."""
    template = _translated(args.written_text(1), _WRITTEN)
    micros = (args.number(0) * 1e6).round().cast(pl.Int64, strict=False)
    return micros.cast(pl.Datetime("us", "UTC")).dt.strftime(template)


def strptime(args: Arguments) -> pl.Series:
    """The time that a text means."""
    template = _translated(args.written_text(1), _READ)
    if not re.search("%[Yy]", template):
        raise NotSupported("strptime() of a text without a year")
    return values.by_value(args.text(0), lambda text: _epoch_s(text, template), pl.Float64())


def _epoch_s(text: str, template: str) -> float | None:
    try:
        found = datetime.strptime(text, template)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def relative_time(args: Arguments) -> pl.Series:
    """The time moved and cut: -1d@d."""
    modifier = args.written_text(1)
    return values.by_value(args.number(0), lambda at: times.relative(modifier, at), pl.Float64())


def now(args: Arguments) -> pl.Series:
    """When the search was started, in whole seconds."""
    return args.same(float(int(args.search.now_s)), pl.Float64())


TIMES: dict[str, tuple[Function, tuple[int, int]]] = {
    "now": (now, (0, 0)),
    "relative_time": (relative_time, (2, 2)),
    "strftime": (strftime, (2, 2)),
    "strptime": (strptime, (2, 2)),
    "time": (lambda args: args.same(args.search.now_s, pl.Float64()), (0, 0)),
}
"""Each function, and the fewest and the most arguments that it takes."""
