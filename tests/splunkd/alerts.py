"""When a run is an alert: counttype, relation and quantity, or a search of its own over the results."""

from __future__ import annotations

import operator
from dataclasses import dataclass

import polars as pl

from tests.splunkd.savedsearches import Condition
from tests.splunkd.spl import columns, run
from tests.splunkd.spl.parse import parse
from tests.splunkd.spl.world import RunningSearch

_COMPARE = {
    "greater than": operator.gt,
    "less than": operator.lt,
    "equal to": operator.eq,
    "not equal to": operator.ne,
}


@dataclass(frozen=True)
class TriggeredAlert:
    """An entry of Splunk's page of triggered alerts."""

    name: str
    time_s: float
    severity: int
    results: pl.DataFrame


def triggered(condition: Condition, rows: pl.DataFrame, search: RunningSearch) -> bool:
    """Whether these results meet the condition."""
    if condition.counttype == "always":
        return True
    if condition.counttype == "custom":
        found = run.execute(parse(condition.search, search.world), rows, search, False)
        return not found.is_empty()
    counted = {"number of hosts": "host", "number of sources": "source"}.get(condition.counttype)
    count = columns.column(rows, counted).drop_nulls().n_unique() if counted else rows.height
    return bool(_COMPARE[condition.relation](count, condition.quantity))
