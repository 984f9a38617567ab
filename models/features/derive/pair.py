"""Two fields as one value: which user on which host, which process from which parent."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

MOST_LETTERS = 4096
"""Of each part: what is longer is cut."""


def pair(sources: Sequence[pl.Series]) -> pl.Series:
    """`first > second`; missing where either is.

    >>> pair([pl.Series(["alice", "bob", ""]), pl.Series(["srv1", "", "srv1"])]).to_list()
    ['alice > srv1', '', '']
    """
    first, second = (source.str.slice(0, MOST_LETTERS) for source in sources)
    whole = (source != "" for source in sources)
    joined = pl.DataFrame({"a": first, "b": second}).select(pl.concat_str("a", pl.lit(" > "), "b")).to_series()
    both = next(whole) & next(whole)
    return joined.zip_with(both, pl.Series([""]).new_from_index(0, len(joined)))
