"""Results between polars and what splunkd hands to processes: text cells, `__mv_` columns for multivalue fields."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from tests.splunkd import frames
from tests.splunkd.search import Table
from tests.splunkd.spl.columns import LISTS
from tests.splunkd.spl.values import text

MULTIVALUE = "__mv_"


def to_table(rows: pl.DataFrame) -> Table:
    """Rows as splunkd writes them: absent fields empty, a multivalue field joined by line feeds and encoded beside."""
    header: list[str] = []
    columns: list[list[str]] = []
    for name in rows.columns:
        values = rows[name]
        if values.dtype == pl.List:
            header += [name, MULTIVALUE + name]
            columns += [values.list.join("\n").fill_null("").to_list(), _encoded(values).to_list()]
        else:
            header.append(name)
            columns.append(text(values).fill_null("").to_list())
    return Table(header, [list(row) for row in zip(*columns, strict=True)])


def chunks(rows: pl.DataFrame, size: int) -> Iterator[Table]:
    """The rows in chunks of so many; no chunk where there is no row."""
    for start in range(0, rows.height, size):
        yield to_table(rows.slice(start, size))


def from_table(table: Table) -> pl.DataFrame:
    """What came back: empty cells are absent fields, `__mv_` columns are multivalue, _time is a number."""
    columns = dict(zip(table.header, map(list, zip(*table.rows, strict=True)), strict=True)) if table.rows else {}
    found = {}
    for name in table.header:
        if name.startswith(MULTIVALUE):
            continue
        cells = pl.Series(name, columns.get(name, []), dtype=pl.String)
        cells = cells.set(cells == "", None)
        several = columns.get(MULTIVALUE + name, [])
        if any(several):
            found[name] = pl.Series(name, [_several(*pair) for pair in zip(cells, several, strict=True)], strict=False)
        else:
            found[name] = cells.cast(pl.Float64) if name in ("_time", "_indextime") else cells
    return pl.DataFrame(found)


def records(rows: pl.DataFrame) -> list[dict[str, str | list[str]]]:
    """Each row as the fields that it has, as text; a list where there are several values."""
    cells: dict[str, list[str | list[str] | None]] = {}
    for name in rows.columns:
        if rows[name].dtype == pl.List:
            cells[name] = [_one_or_several(value) for value in rows[name].to_list()]
        else:
            cells[name] = text(rows[name]).to_list()
    names = list(cells)
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in zip(*cells.values(), strict=True)
    ]


def from_records(found: Sequence[Mapping[str, str | list[str]]]) -> pl.DataFrame:
    """The table of such rows; a field that one row has several values of is multivalue."""
    names = dict.fromkeys(name for row in found for name in row)
    made = []
    for name in names:
        values = [row.get(name) for row in found]
        if any(isinstance(value, list) for value in values):
            several = [[value] if isinstance(value, str) else value for value in values]
            made.append(pl.Series(name, several, dtype=LISTS))
        else:
            made.append(pl.Series(name, values, dtype=pl.String))
    return pl.DataFrame(made)


def _one_or_several(values: list[str] | None) -> str | list[str] | None:
    if not values:
        return None
    return values if len(values) > 1 else values[0]


def write(rows: pl.DataFrame, path: Path) -> None:
    """A results.csv.gz."""
    table = to_table(rows)
    path.write_bytes(gzip.compress(frames.to_csv(table.header, table.rows)))


def _encoded(values: pl.Series) -> pl.Series:
    """`$a$;$b$` with each `$` doubled; empty where there is one value or none."""
    quoted = values.list.eval(pl.lit("$") + pl.element().str.replace_all("$", "$$", literal=True) + pl.lit("$"))
    joined = quoted.list.join(";")
    return joined.set(values.list.len().fill_null(0) < 2, "").fill_null("")


def _several(cell: str | None, encoded: str) -> list[str] | None:
    if not encoded:
        return None if cell is None else [cell]
    inner = encoded
    found, value, at = [], "", 1
    while at < len(inner):
        if inner[at] != "$":
            value += inner[at]
        elif inner[at + 1 : at + 2] == "$":
            value += "$"
            at += 1
        else:
            found.append(value)
            value = ""
            at += 2  # the semicolon and the next value's first $
        at += 1
    return found
