"""Stable 64-bit codes for values, the same on every machine and in every version."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import polars as pl

Codes = npt.NDArray[np.uint64]

MISSING = np.uint64(0)
"""The code of an absent value; no text has it but by a chance of 2**-64."""


def code_of(text: str) -> int:
    """The code of one value.

    >>> code_of("alice") == code_of("alice") != code_of("Alice")
    True
    """
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def codes_of(values: pl.Series) -> Codes:
    """Codes of a column of strings, shape (n,); null and empty become `MISSING`. Each distinct value is hashed once."""
    unique = values.unique().drop_nulls()
    table = pl.DataFrame(
        {"value": unique, "code": pl.Series([code_of(v) if v else 0 for v in unique], dtype=pl.UInt64)},
        schema_overrides={"value": pl.String},
    )
    joined = values.alias("value").to_frame().join(table, on="value", how="left", maintain_order="left")
    return joined["code"].fill_null(0).to_numpy().astype(np.uint64, copy=False)


def pair(owner: Codes, value: Codes) -> Codes:
    """One code for (owner, value): the finaliser of splitmix64 over both (Steele, Lea and Flood, 2014)."""
    mixed = (owner * np.uint64(0x9E3779B97F4A7C15)) ^ value
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
