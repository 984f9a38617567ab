"""append: the rows of another search below those there are."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import columns
from tests.splunkd.spl import run as runner
from tests.splunkd.spl.tree import Append
from tests.splunkd.spl.world import RunningSearch

MAXOUT = 50_000
"""docs: Search Reference, append, maxout."""


def run(stage: Append, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """The subsearch runs in the search's own time range."""
    found = runner.execute(stage.pipeline, pl.DataFrame(), search, first=True)
    if found.height > MAXOUT:
        search.messages.append(
            ("WARN", f"[subsearch]: Subsearch produced {found.height} results, truncating to {MAXOUT}.")
        )
    return columns.stack(table, found.head(MAXOUT))
