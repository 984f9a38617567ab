"""eval: fields computed from others, from left to right."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.expressions import evaluate
from tests.splunkd.spl.tree import Eval
from tests.splunkd.spl.world import RunningSearch


def run(stage: Eval, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """The table with the fields set."""
    for name, expression in stage.assignments:
        found = evaluate(expression, table, search)
        if found.dtype == pl.Boolean:
            raise SplError("Fields cannot be assigned a boolean result. Instead, try if([bool expr], [expr], [expr]).")
        table = table.with_columns(found.alias(name))
    return table
