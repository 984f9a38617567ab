"""How long a text is."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def length(sources: Sequence[pl.Series]) -> pl.Series:
    """Characters, float64; missing where there are none.

    >>> length([pl.Series(["dir", "", "zoë"])]).to_list()
    [3.0, nan, 3.0]
    """
    letters = sources[0].str.len_chars().cast(pl.Float64)
    return letters.zip_with(letters > 0, pl.Series([float("nan")]).new_from_index(0, len(letters)))
