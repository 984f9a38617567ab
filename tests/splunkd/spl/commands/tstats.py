"""tstats: stats over the events of a data model, or over the fields that every index keeps."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import columns, filters, spans
from tests.splunkd.spl.commands import stats
from tests.splunkd.spl.errors import NotSupported
from tests.splunkd.spl.tree import And, Compare, FieldRef, Filter, InList, Not, Or, Stats, Tstats
from tests.splunkd.spl.world import RunningSearch

FUNCTIONS = ("count", "dc", "distinct_count", "sum", "avg", "min", "max", "values", "earliest", "latest")
INDEXED = ("index", "source", "sourcetype", "host", "_time", "splunk_server")
"""Without a data model tstats knows only what is written into the index file."""
TIMES = ("earliest", "latest", "_index_earliest", "_index_latest", "nodename")


def run(stage: Tstats, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """Events that lack a BY field are not counted. Every summary is complete here: summariesonly changes nothing."""
    for aggregation in stage.aggregations:
        argument = aggregation.argument
        if aggregation.function not in FUNCTIONS or not (argument is None or isinstance(argument, FieldRef)):
            raise NotSupported(f"tstats {aggregation.name}")
    events = _events(stage, search)
    if stage.where is not None:
        events = events.filter(filters.mask(stage.where, events, search))
    if stage.span is not None and "_time" in events.columns:
        events = events.with_columns(spans.floor(events["_time"], spans.seconds(stage.span)).alias("_time"))
    return stats.run(Stats(stage.aggregations, stage.by), events, search)


def _events(stage: Tstats, search: RunningSearch) -> pl.DataFrame:
    filtered = [comparison.name for comparison in _comparisons(stage.where)]
    if odd := [name for name in filtered if name in TIMES]:
        raise NotSupported(f"{odd[0]} in the where of tstats")
    if stage.data_model is not None:
        return search.world.model_events(stage.data_model, search.earliest_s, search.latest_s)
    used = [*filtered, *stage.by, *(a.argument.name for a in stage.aggregations if isinstance(a.argument, FieldRef))]
    if odd := [name for name in used if name not in INDEXED]:
        raise NotSupported(f"tstats of {odd[0]} without a data model")
    indexes = tuple(index for comparison in _comparisons(stage.where) for index in _indexes(comparison))
    if not indexes:
        raise NotSupported("tstats without an index or a data model")
    events = search.world.events(indexes, search.earliest_s, search.latest_s)
    return pl.DataFrame([columns.column(events, name).alias(name) for name in INDEXED])


def _comparisons(node: Filter | None) -> list[Compare | InList]:
    if isinstance(node, (Compare, InList)):
        return [node]
    if isinstance(node, Not):
        return _comparisons(node.value)
    if isinstance(node, (And, Or)):
        return [found for part in node.parts for found in _comparisons(part)]
    return []


def _indexes(comparison: Compare | InList) -> tuple[str, ...]:
    if comparison.name != "index":
        return ()
    if isinstance(comparison, InList):
        return comparison.values
    return (comparison.value,) if comparison.op == "=" else ()
