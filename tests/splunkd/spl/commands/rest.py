"""rest: the entries of an endpoint of splunkd."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl.errors import NotSupported
from tests.splunkd.spl.tree import Rest
from tests.splunkd.spl.world import RunningSearch

IGNORED = {"splunk_server": "local", "count": "0"}
"""There is one server here, and it gives all its entries."""


def run(stage: Rest, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """One row an entry."""
    for name, value in stage.options.items():
        if IGNORED.get(name) != value:
            raise NotSupported(f"rest {name}={value}")
    return search.world.rest(stage.path)
