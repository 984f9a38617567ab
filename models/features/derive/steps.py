"""What follows what: the steps from one value of an ordered list to the next."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def steps(sources: Sequence[pl.Series]) -> pl.Series:
    """`first > next` for each two values that stand side by side in a row, repeats kept; empty values are not there.

    >>> steps([pl.Series([["ls", "cat", "ls", "cat"], ["ls"], [""]])]).to_list()
    [['ls > cat', 'cat > ls', 'ls > cat'], [], []]
    """
    here = pl.element().filter(pl.element() != "")
    return sources[0].list.eval(here).list.eval((pl.element().shift(1) + " > " + pl.element()).drop_nulls())
