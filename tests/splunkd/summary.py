"""Events that Splunk writes itself, into summary, risk and notable indexes: written as stash, read as stash."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import polars as pl

from tests.splunkd import stash
from tests.splunkd.indexes import Indexes
from tests.splunkd.spl import columns
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.values import number
from tests.splunkd.spl.world import RunningSearch

_OPTIONS = {"index", "source", "sourcetype", "host", "marker", "testmode", "addinfo", "addtime", "output_format"}


def info(search: RunningSearch) -> dict[str, str]:
    """info_* of a search, as summary events and alert actions carry it."""
    bounds = {"info_min_time": search.earliest_s, "info_max_time": search.latest_s}
    shown = {name: "+Infinity" if math.isinf(bound) else f"{bound:.3f}" for name, bound in bounds.items()}
    return shown | {"info_search_time": f"{search.now_s:.3f}"}


def keep(
    indexes: Indexes,
    index: str,
    rows: pl.DataFrame,
    times: pl.Series,
    constants: Mapping[str, str],
    now_s: float,
    *,
    source: str,
    host: str = "splunk",
    internal: bool = False,
    several: stash.Several = "repeated",
    raws: pl.Series | None = None,
    beside: Sequence[pl.Series] = (),
) -> int:
    """Write rows as stash events; `raws` where their text is given, `beside` fields that are not in the text."""
    if rows.is_empty():
        return 0
    texts = stash.written(rows, times, constants, internal=internal, several=several) if raws is None else raws
    found = stash.read(texts)
    kept = [found[name] for name in found.columns if name not in ("_time", "index", "host", "source", "sourcetype")]
    always = [times.cast(pl.Float64).alias("_time"), texts.alias("_raw")]
    fixed = {"source": source, "host": host, "sourcetype": stash.SOURCETYPE}
    events = pl.DataFrame([*always, *kept, *beside]).with_columns(
        pl.lit(value).alias(name) for name, value in fixed.items()
    )
    indexes.add(index, events, now_s)
    return events.height


def collect(
    indexes: Indexes, rows: pl.DataFrame, options: Mapping[str, str], search: RunningSearch, now_s: float,
    several: stash.Several = "repeated",
) -> int:  # fmt: skip
    """The command `collect`; returns how many events it wrote.

    The time of an event has whole seconds: the text begins with a date, as the examples of the manual show.
    """
    unknown = set(options) - _OPTIONS
    if unknown:
        raise NotSupported(f"collect with {', '.join(sorted(unknown))}")
    for name, expected in (("sourcetype", "stash"), ("output_format", "raw"), ("addtime", "true")):
        if options.get(name, expected).lower() not in (expected, "t" if expected == "true" else expected, "1"):
            raise NotSupported(f"collect with {name}={options[name]}")
    if options.get("testmode", "false").lower() in ("true", "t", "1"):
        return 0
    index = options.get("index", "summary")
    if index not in indexes.names():
        raise SplError(f"Error in 'collect' command: The index '{index}' does not exist.")
    constants = {"search_name": search.name, "search_now": f"{search.now_s:.3f}"} if search.name else {}
    if options.get("addinfo", "true").lower() in ("true", "t", "1"):
        constants |= info(search)
    constants |= _marker(options.get("marker", ""))
    given = _given_text(rows)
    times = _times(rows, search.now_s)
    source = options.get("source", search.name or f"/opt/splunk/var/spool/splunk/{search.sid}_events.stash_new")
    return keep(
        indexes, index, rows, times, constants, now_s, source=source, host=options.get("host", "splunk"),
        several=several, raws=given,
    )  # fmt: skip


def _times(rows: pl.DataFrame, now_s: float) -> pl.Series:
    """The first of info_min_time, _time and now that a row has."""
    found = number(columns.column(rows, "info_min_time"))
    later = number(columns.column(rows, "_time"))
    return found.zip_with(found.is_not_null(), later).fill_null(now_s).floor().alias("_time")


def _given_text(rows: pl.DataFrame) -> pl.Series | None:
    """_raw, where the rows have one; a table in which only some do is not foreseen."""
    if "_raw" not in rows.columns or rows["_raw"].null_count() == rows.height:
        return None
    if rows["_raw"].null_count():
        raise NotSupported("collect of rows of which only some have a _raw")
    return rows["_raw"]


def _marker(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    return {name.strip(): value.strip().strip('"') for name, _, value in pairs}
