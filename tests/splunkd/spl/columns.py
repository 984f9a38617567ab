"""Columns of a table: absent, of one value, or of several values a row; and rows of two tables put together."""

from __future__ import annotations

import polars as pl

LISTS = pl.List(pl.String)


def column(table: pl.DataFrame, name: str) -> pl.Series:
    """The column of this name; one of nulls where there is none. An empty list is no value."""
    if name in table.columns:
        found = table[name]
        if found.dtype == pl.Null:
            return found.cast(pl.String)
        return _without_empty(found) if found.dtype == LISTS else found
    return pl.Series(name, [None] * table.height, dtype=pl.String)


def flat(series: pl.Series) -> pl.DataFrame:
    """`row` and `value`: one line for each value that there is, in the order of the rows."""
    long = pl.DataFrame({"row": pl.int_range(len(series), eager=True), "value": series})
    if series.dtype == LISTS:
        long = long.explode("value")
    return long.drop_nulls("value")


def narrow(series: pl.Series) -> pl.Series:
    """A multivalue column in which no row has several values, as an ordinary one; an empty list is no value."""
    if series.dtype != LISTS:
        return series
    present = _without_empty(series)
    several = (present.list.len() > 1).any()
    return present if several else present.list.first()


def as_text(series: pl.Series) -> pl.Series:
    """The values as text."""
    from tests.splunkd.spl import values  # It builds on this module.

    return values.text(series)


def stack(*tables: pl.DataFrame) -> pl.DataFrame:
    """The rows of one table below those of another; a field that one of them lacks is absent in its rows."""
    kinds: dict[str, pl.DataType] = {}
    for table in tables:
        for name, kind in table.schema.items():
            kinds[name] = _common(kinds.get(name), kind)
    if not kinds:
        return pl.DataFrame()
    return pl.concat([_of_kinds(table, kinds) for table in tables if table.width], how="diagonal")


def _of_kinds(table: pl.DataFrame, kinds: dict[str, pl.DataType]) -> pl.DataFrame:
    """The table with its own columns as these kinds. Most are: a wide table is not made anew for the others."""
    changed = [name for name, kind in table.schema.items() if kind != kinds[name] or kind == LISTS]
    return table.with_columns(as_kind(column(table, name), kinds[name]).alias(name) for name in changed)


def as_kind(series: pl.Series, kind: pl.DataType) -> pl.Series:
    """The column as Float64, String or List(String); nulls stay nulls."""
    if series.dtype == kind or series.null_count() == len(series):
        return series if series.dtype == kind else pl.Series(series.name, [None] * len(series), dtype=kind)
    if kind == LISTS:
        alone = as_text(series)
        return pl.DataFrame({"v": alone}).select(
            pl.when(pl.col("v").is_not_null()).then(pl.concat_list("v")).alias(series.name)
        )[series.name]
    return as_text(series)


def _without_empty(series: pl.Series) -> pl.Series:
    present = pl.col("v").list.drop_nulls()
    return (
        series.alias("v")
        .to_frame()
        .select(pl.when(present.list.len() > 0).then(present).alias(series.name))
        .to_series()
    )


def _common(one: pl.DataType | None, other: pl.DataType) -> pl.DataType:
    known = {kind for kind in (one, other) if kind is not None and kind != pl.Null}
    if len(known) <= 1:
        return known.pop() if known else pl.String()
    return LISTS if LISTS in known else pl.String()
