"""What a field's values are as text and as numbers. A column is Float64, String or List(String); null is no value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from tests.splunkd.spl.columns import LISTS, narrow
from tests.splunkd.spl.errors import NotSupported

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_EXACT = 1e15


def text(series: pl.Series) -> pl.Series:
    """The values as text: numbers as Splunk prints them; several values of a row below one another, as in a CSV."""
    if series.dtype == LISTS:
        return series.list.drop_nulls().list.join("\n").set(series.list.drop_nulls().list.len() == 0, None)
    if series.dtype == pl.String:
        return series
    if series.dtype == pl.Null:
        return series.cast(pl.String)
    if series.dtype == pl.Boolean:
        raise NotSupported("a Boolean as a value of a field")
    numbers = series.cast(pl.Float64)
    whole = (numbers == numbers.floor()) & (numbers.abs() < _EXACT)
    whole = whole.fill_null(True)
    if whole.all():
        return numbers.cast(pl.Int64).cast(pl.String)
    printed = by_value(numbers.set(whole, None), lambda value: f"{value:.15g}", pl.String())
    integers = numbers.set(~whole, None).cast(pl.Int64).cast(pl.String)
    return integers.zip_with(whole, printed)


def number(series: pl.Series) -> pl.Series:
    """The values as numbers; what does not look like one is none."""
    if series.dtype == pl.Float64:
        return series
    if series.dtype == LISTS:
        return number(single(series, "a number"))
    if series.dtype == pl.Null:
        return series.cast(pl.Float64)
    if series.dtype == pl.Boolean:
        raise NotSupported("a Boolean as a number")
    if series.dtype != pl.String:
        return series.cast(pl.Float64)
    value = pl.col("v")
    looks = pl.when(value.str.contains(_NUMBER)).then(value)
    return series.alias("v").to_frame().select(looks.cast(pl.Float64, strict=False).alias(series.name)).to_series()


def single(series: pl.Series, purpose: str) -> pl.Series:
    """The column with at most one value a row; several are an error, for nobody has written down what they do."""
    found = narrow(series)
    if found.dtype == LISTS:
        raise NotSupported(f"a field of several values ({series.name or 'computed'}) as {purpose}")
    return found


def lists(series: pl.Series) -> pl.Series:
    """The values as lists; no value is an empty list."""
    if series.dtype == LISTS:
        empty = pl.Series([[]], dtype=LISTS).new_from_index(0, len(series))
        return series.zip_with(series.is_not_null(), empty).list.drop_nulls()
    each = pl.DataFrame({"v": text(series)}).select(pl.concat_list("v").alias(series.name))[series.name]
    return each.list.drop_nulls() if series.null_count() else each


def by_value(series: pl.Series, function: Callable[[Any], Any], kind: pl.DataType) -> pl.Series:
    """A Python function over the distinct values; nulls stay nulls."""
    distinct = series.drop_nulls().unique()
    if 2 * len(distinct) > len(series):
        every = [None if value is None else function(value) for value in series.to_list()]
        return pl.Series(series.name, every, dtype=kind)
    results = pl.Series([function(value) for value in distinct.to_list()], dtype=kind)
    if not len(distinct):
        return pl.Series(series.name, [None] * len(series), dtype=kind)
    known = pl.DataFrame({"k": distinct, "r": results})
    return pl.DataFrame({"k": series}).join(known, on="k", how="left", maintain_order="left")["r"].alias(series.name)
