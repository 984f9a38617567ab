"""A stable id for an event: of the event alone, never of the model that scored it."""

from __future__ import annotations

from hashlib import sha256

import polars as pl

from models.features.values import texts

SCHEMA = "1"
BYTES = 16
ROW_BLOCK = 1 << 14
"""Rows whose texts are Python objects at once."""


def event_ids_of(table: pl.DataFrame, ids: tuple[str, ...]) -> pl.Series:
    """One id a row: the first 32 hex letters of SHA-256 over the schema number and each id field's name and text.

    >>> event_ids_of(pl.DataFrame({"user": ["alice"]}), ("user",))[0] == sha256(b"1\\x1fuser=alice").hexdigest()[:32]
    True
    """
    starts = range(0, max(table.height, 1), ROW_BLOCK)
    return pl.concat([_ids(table.slice(start, ROW_BLOCK), ids) for start in starts])


def _ids(table: pl.DataFrame, ids: tuple[str, ...]) -> pl.Series:
    cells = {name: texts(table, name) if name in table.columns else pl.lit("") for name in ids}
    parts = [part for name, cell in cells.items() for part in (pl.lit(f"\x1f{name}="), cell)]
    joined = table.with_columns(pl.concat_str(pl.lit(SCHEMA), *parts).cast(pl.Binary).alias("id"))["id"]
    digests = pl.DataFrame({"id": [sha256(text).digest() for text in joined.to_list()]}, {"id": pl.Binary})
    return digests.select(pl.col("id").bin.slice(0, BYTES).bin.encode("hex")).to_series()
