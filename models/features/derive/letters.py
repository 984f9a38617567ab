"""Groups of three letters, of which the names that people give are made and random ones are not."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

MOST_LETTERS = 256
"""Only the first of a longer text are looked at; a host name has no more (RFC 1035)."""


def letters(sources: Sequence[pl.Series]) -> pl.Series:
    """Every three letters in a row, the edges marked by `^` and `$`: lists of strings.

    >>> letters([pl.Series(["mail", ""])]).to_list()
    [['^ma', 'mai', 'ail', 'il$'], []]
    """
    text = sources[0].str.slice(0, MOST_LETTERS).str.to_lowercase().str.replace_all(r"\s", " ")
    edged = pl.DataFrame({"text": text}).select(
        pl.when(pl.col("text") != "").then("^" + pl.col("text") + "$").otherwise(pl.lit(""))
    )
    long = edged.to_series().alias("text").to_frame().with_row_index("row")
    long = long.with_columns(at=pl.int_ranges(0, (pl.col("text").str.len_chars().cast(pl.Int64) - 2).clip(0)))
    cut = long.explode("at", empty_as_null=True).select("row", value=pl.col("text").str.slice(pl.col("at"), 3))
    return cut.group_by("row", maintain_order=True).agg(pl.col("value").drop_nulls())["value"]
