"""Filters of search: which rows pass, where they are read from, and over which time.

Unlike where, search compares texts without regard to capital letters; a field that is absent passes no comparison,
not even !=, while NOT turns that round.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce

import polars as pl

from tests.splunkd import times
from tests.splunkd.spl import patterns, values
from tests.splunkd.spl.columns import LISTS, flat
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.tree import And, Compare, Filter, InList, Not, Or, Subsearch, Term
from tests.splunkd.spl.world import RunningSearch

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_TIMES = ("earliest", "latest", "_index_earliest", "_index_latest")
_ORDERED: dict[str, Callable[[pl.Series, pl.Series | float | str], pl.Series]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


@dataclass(frozen=True)
class Reading:
    """What a filter says of where and when to read, and what is left to check in each row."""

    filter: Filter
    indexes: tuple[str, ...]
    earliest_s: float
    latest_s: float
    sources: tuple[str, ...] = ()
    """The only ones that can pass; none where it leaves that open."""


def reading(found: Filter, search: RunningSearch) -> Reading:
    """A filter that reads: its indexes (Splunk's main where none is named) and its time, or the search's own."""
    found = resolved(found, search)
    named: dict[str, float] = {}
    rest = _without_times(found, search, named)
    indexes = tuple(dict.fromkeys(_indexes(rest))) or ("main",)
    earliest_s = named.get("earliest", search.earliest_s)
    sources = tuple(sorted(_sources(rest) or ()))
    return Reading(rest, indexes, earliest_s, named.get("latest", search.latest_s), sources)


def resolved(found: Filter, search: RunningSearch) -> Filter:
    """The filter with every subsearch replaced by what its result says."""
    match found:
        case Subsearch(pipeline):
            from tests.splunkd.spl import run

            return run.subsearch_filter(pipeline, search)
        case Not(value):
            return Not(resolved(value, search))
        case And(parts):
            return And(tuple(resolved(part, search) for part in parts))
        case Or(parts):
            return Or(tuple(resolved(part, search) for part in parts))
    return found


def has_subsearch(found: Filter) -> bool:
    """Whether some part of it is a subsearch."""
    return any(isinstance(leaf, Subsearch) for leaf in _leaves(found))


def _without_times(found: Filter, search: RunningSearch, named: dict[str, float]) -> Filter:
    """The filter without earliest= and latest=, which go to `named`; times of indexing become comparisons."""
    match found:
        case Compare(name, op, value) if name in _TIMES:
            if op != "=":
                raise SplError(f"{name} takes =, not {op}")
            at = times.relative(value, search.now_s)
            if name.startswith("_index"):
                return Compare("_indextime", ">=" if name == "_index_earliest" else "<", f"{at:.6f}")
            named[name] = at
            return And(())
        case And(parts):
            return And(tuple(_without_times(part, search, named) for part in parts))
        case Or() | Not():
            if any(isinstance(one, Compare) and one.name in ("earliest", "latest") for one in _leaves(found)):
                raise NotSupported("earliest= or latest= inside OR or NOT")
            inside: dict[str, float] = {}
            parts = found.parts if isinstance(found, Or) else (found.value,)
            done = tuple(_without_times(part, search, inside) for part in parts)
            return Or(done) if isinstance(found, Or) else Not(done[0])
    return found


def _leaves(found: Filter) -> Iterator[Filter]:
    match found:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)
        case Not(value):
            yield from _leaves(value)
        case _:
            yield found


def _indexes(found: Filter) -> Iterator[str]:
    match found:
        case Compare("index", "=", value):
            yield value
        case InList("index", listed):
            yield from listed
        case And(parts) | Or(parts):
            for part in parts:
                yield from _indexes(part)


def _sources(found: Filter) -> set[str] | None:
    """The sources that rows which pass can have; None where it leaves that open."""
    match found:
        case Compare("source", "=", value) if _is_text(value):
            return {value}
        case InList("source", listed) if all(map(_is_text, listed)):
            return set(listed)
        case And(parts):
            return next((named for part in parts if (named := _sources(part)) is not None), None)
        case Or(parts):
            each = [_sources(part) for part in parts]
            return None if None in each else {name for named in each for name in named or ()}
    return None


def _is_text(value: str) -> bool:
    """Whether it is compared as text: neither a number nor a subnet."""
    return values.number(pl.Series([value]))[0] is None and not _network(value)


def mask(found: Filter, table: pl.DataFrame, search: RunningSearch) -> pl.Series:
    """Which rows pass."""
    match found:
        case And(parts):
            return _all([mask(part, table, search) for part in parts], table.height)
        case Or(parts):
            return reduce(lambda one, other: one | other, [mask(part, table, search) for part in parts])
        case Not(value):
            return ~mask(value, table, search)
        case Term(text):
            return _term(text, table)
        case InList(name, listed):
            return reduce(lambda one, other: one | other, [_compare(table, name, "=", value) for value in listed])
        case Compare(name, op, value):
            if name in _TIMES:
                raise NotSupported(f"{name}= behind the first command")
            return _compare(table, name, op, value)
        case Subsearch():
            return mask(resolved(found, search), table, search)


def _all(masks: list[pl.Series], rows: int) -> pl.Series:
    every = pl.repeat(True, rows, dtype=pl.Boolean, eager=True)
    return reduce(lambda one, other: one & other, masks, every)


def _term(text: str, table: pl.DataFrame) -> pl.Series:
    """A word or phrase in _raw: whole, between letters and digits that end there; `*` goes on within a word."""
    if text == "*":
        return pl.repeat(True, table.height, dtype=pl.Boolean, eager=True)
    if "_raw" not in table.columns:
        return pl.repeat(False, table.height, dtype=pl.Boolean, eager=True)
    inner = r"\S*".join(map(patterns.plain, text.split("*")))
    before = "" if text.startswith("*") else "(?:^|[^A-Za-z0-9])"
    after = "" if text.endswith("*") else "(?:$|[^A-Za-z0-9])"
    return values.text(table["_raw"]).str.contains(f"(?is){before}{inner}{after}").fill_null(False)


def _compare(table: pl.DataFrame, name: str, op: str, value: str) -> pl.Series:
    if name not in table.columns:
        return pl.repeat(False, table.height, dtype=pl.Boolean, eager=True)
    series = table[name]
    if series.dtype != LISTS:
        return _compare_single(series, op, value).fill_null(False)
    # The manual's "an event that has a value that does not match": of several values, one that passes is enough.
    long = flat(series)
    passed = long.filter(_compare_single(long["value"], op, value).fill_null(False))["row"]
    return pl.int_range(table.height, eager=True).is_in(passed.unique().implode())


def _compare_single(series: pl.Series, op: str, value: str) -> pl.Series:
    if "*" in value and op in ("=", "!="):
        hits = values.text(series).str.contains(patterns.wildcard(value))
        return hits if op == "=" else ~hits
    if "/" in value and op in ("=", "!=") and (network := _network(value)):
        hits = values.by_value(values.text(series), lambda text: _inside(text, network), pl.Boolean())
        return hits if op == "=" else ~hits
    alone = pl.Series([value])
    number = values.number(alone)[0]
    if number is not None and math.isfinite(number):
        by_number = _ORDERED[op](values.number(series), number)
        if by_number.null_count() == series.null_count():
            return by_number
        return by_number.zip_with(by_number.is_not_null(), _by_text(series, op, value))
    return _by_text(series, op, value)


def _network(value: str) -> Network | None:
    """A subnet in CIDR notation, which search compares with addresses."""
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


def _inside(text: str, network: Network) -> bool:
    try:
        return ipaddress.ip_address(text) in network
    except ValueError:
        return text == str(network)


def _by_text(series: pl.Series, op: str, value: str) -> pl.Series:
    return _ORDERED[op](values.text(series).str.to_lowercase(), pl.Series([value]).str.to_lowercase()[0])
