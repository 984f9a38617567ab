"""fields: keeps the fields named, or takes them away. Internal fields stay unless they are named."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import names
from tests.splunkd.spl.tree import Fields
from tests.splunkd.spl.world import RunningSearch

_INTERNAL = ("_raw", "_time")


def run(stage: Fields, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """`fields a` keeps _raw and _time too; `*` names no field that begins with an underscore."""
    named = set(names.matching(stage.names, table.columns))
    if stage.remove:
        return table.drop(named)
    return table.drop(name for name in table.columns if name not in named and name not in _INTERNAL)
