"""format: the rows as the text of a filter."""

from __future__ import annotations

from typing import Any

import polars as pl

from tests.splunkd.spl import values
from tests.splunkd.spl.tree import Format
from tests.splunkd.spl.world import RunningSearch

NOTHING = "NOT ( )"
_RENDERED = ("search", "query")


def run(stage: Format, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """One row with the field search; internal fields say nothing, no rows say what nothing matches."""
    names = sorted(name for name in table.columns if not name.startswith("_"))
    lists = [values.lists(table[name]).to_list() for name in names]
    rows = [_row(dict(zip(names, row, strict=True))) for row in zip(*lists, strict=True)]
    said = [row for row in rows if row]
    return pl.DataFrame({"search": [f"( {' OR '.join(said)} )" if said else NOTHING]})


def quoted(text: str) -> str:
    """A text in quotes, so that it is read back as it is."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _row(row: dict[str, Any]) -> str:
    fields = [_field(name, found) for name, found in row.items() if found]
    return f"( {' AND '.join(fields)} )" if fields else ""


def _field(name: str, found: list[str]) -> str:
    if name in _RENDERED:
        return " ".join(found)
    each = [f"{name}={quoted(value)}" for value in found]
    return each[0] if len(each) == 1 else f"( {' OR '.join(each)} )"
