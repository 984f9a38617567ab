"""A stable id for an event: of the event alone, never of the model that scored it."""

from __future__ import annotations

from hashlib import sha256

import polars as pl

from models.features.values import texts

SCHEMA = "1"
LETTERS = 32


def event_ids_of(table: pl.DataFrame, ids: tuple[str, ...]) -> list[str]:
    """One id a row: the first 32 hex letters of SHA-256 over the schema number and each id field's name and text.

    >>> event_ids_of(pl.DataFrame({"user": ["alice"]}), ("user",)) == [sha256(b"1\\x1fuser=alice").hexdigest()[:32]]
    True
    """
    parts = [part for name in ids for part in (pl.lit(f"\x1f{name}="), texts(table, name))]
    joined = table.select(pl.concat_str(pl.repeat(SCHEMA, table.height), *parts)).to_series()
    return [sha256(text.encode("utf-8", "replace")).hexdigest()[:LETTERS] for text in joined]
