"""tstats: stats over the events of a data model, or over the fields that every index keeps."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from tests.splunkd.spl import filters, spans
from tests.splunkd.spl.commands import stats
from tests.splunkd.spl.errors import NotSupported
from tests.splunkd.spl.tree import And, Compare, FieldRef, Filter, InList, Not, Or, Stats, Term, Tstats
from tests.splunkd.spl.world import RunningSearch

FUNCTIONS = ("count", "dc", "distinct_count", "sum", "avg", "min", "max", "values", "earliest", "latest")
INDEXED = ("index", "source", "sourcetype", "host", "_time", "_indextime", "splunk_server")
"""Without a data model tstats knows only what is written into the index file."""


def run(stage: Tstats, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """Events that lack a BY field are not counted, unless fillnull_value says what it holds.

    Every summary is complete here: summariesonly changes nothing.
    """
    for aggregation in stage.aggregations:
        argument = aggregation.argument
        if aggregation.function not in FUNCTIONS or not (argument is None or isinstance(argument, FieldRef)):
            raise NotSupported(f"tstats {aggregation.name}")
    events = _events(stage, search)
    if stage.span is not None and "_time" in events.columns:
        events = events.with_columns(spans.floor(events["_time"], spans.seconds(stage.span)).alias("_time"))
    if stage.fillnull_value is not None:
        events = _filled(events, stage.by, stage.fillnull_value)
    return stats.run(Stats(stage.aggregations, stage.by), events, search)


def _filled(events: pl.DataFrame, by: tuple[str, ...], value: str) -> pl.DataFrame:
    """Null values of BY fields replaced, of those that no event has too (Search Reference, tstats, fillnull_value)."""
    lacking = [pl.Series(name, [None] * events.height, dtype=pl.String) for name in by if name not in events.columns]
    found = events.with_columns(lacking)
    texts = [name for name in by if found[name].dtype in (pl.String, pl.Null)]
    return found.with_columns(pl.col(name).cast(pl.String).fill_null(value) for name in texts)


def _events(stage: Tstats, search: RunningSearch) -> pl.DataFrame:
    """What `where` lets through."""
    read = filters.reading(stage.where or And(()), search)
    filtered = list(_names(read.filter))
    if stage.data_model is not None:
        if "nodename" in filtered:
            raise NotSupported("nodename in the where of tstats")
        events = search.world.model_events(stage.data_model, read.earliest_s, read.latest_s)
        return events.filter(filters.mask(read.filter, events, search))
    used = [*filtered, *stage.by, *(a.argument.name for a in stage.aggregations if isinstance(a.argument, FieldRef))]
    if odd := [name for name in used if name not in INDEXED]:
        raise NotSupported(f"tstats of {odd[0]} without a data model")
    if "index" not in filtered:
        raise NotSupported("tstats without an index or a data model")
    events = search.world.events(read.indexes, read.earliest_s, read.latest_s)
    return events.filter(filters.mask(read.filter, events, search))


def _names(node: Filter) -> Iterator[str]:
    """The fields that a filter compares."""
    match node:
        case Compare(name) | InList(name):
            yield name
        case Not(value):
            yield from _names(value)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _names(part)
        case Term(text) if text != "*":
            raise NotSupported(f"a word ({text}) in the where of tstats")
