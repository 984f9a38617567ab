"""Lengths of time as options name them: `5m`, `1h`, `30s`."""

from __future__ import annotations

import re

import polars as pl

from tests.splunkd.spl.errors import NotSupported, SplError

UNITS_S = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
}
"""docs: Search Reference, bin, "Span options"."""


def seconds(span: str) -> float:
    """The length of a span; without a unit it is in seconds.

    Weeks, months and parts of a second are right in Splunk, but nothing here needs them.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([a-z]*)", span.strip())
    if not match:
        raise SplError(f"Invalid span '{span}'.")
    number, unit = match.groups()
    if unit and unit not in UNITS_S:
        raise NotSupported(f"a span of {span}")
    length_s = float(number) * UNITS_S.get(unit, 1)
    if length_s <= 0:
        raise SplError(f"Invalid span '{span}'.")
    return length_s


def has_unit(span: str) -> bool:
    """Whether the span is one of time, not of numbers."""
    return span.strip()[-1:].isalpha()


def floor(number: pl.Series, width: float) -> pl.Series:
    """The multiple of the width at or below; days begin at midnight UTC, which is the users' time zone here."""
    return ((number / width).round(9).floor() * width).round(9)
