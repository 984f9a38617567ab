"""A oneshot search of the REST endpoint search/jobs: the rows of a search as its JSON has them.

Every value is text, several values are a list, a field that a row lacks is left out, and `_time` is written as an
ISO time (Splunk's REST reference, search/jobs with output_mode=json).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl

from tests.splunkd.spl import values

Search = Callable[[str, str, str], pl.DataFrame]
"""Text, earliest, latest."""


def answering(search: Search) -> Callable[[str, dict[str, str]], list[dict[str, Any]]]:
    """What the endpoint runs: the search text over the time range of its form."""
    return lambda text, form: rows(search(text, form.get("earliest_time", "-24h"), form.get("latest_time", "now")))


def rows(table: pl.DataFrame) -> list[dict[str, Any]]:
    """A table as JSON rows."""
    columns = {name: _cells(table[name]) for name in table.columns}
    return [{name: cells[at] for name, cells in columns.items() if cells[at] is not None} for at in range(table.height)]


def _cells(column: pl.Series) -> list[Any]:
    if column.name == "_time" and column.dtype.is_numeric():
        return [None if at is None else _iso(at) for at in column]
    if isinstance(column.dtype, pl.List):
        return [None if cell is None else list(cell) for cell in column]
    return list(values.text(column))


def _iso(epoch_s: float) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds")
