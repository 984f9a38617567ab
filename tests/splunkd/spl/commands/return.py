"""return: the first rows as the text of a filter, with the fields named."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import values
from tests.splunkd.spl.columns import column
from tests.splunkd.spl.commands.format import NOTHING, quoted
from tests.splunkd.spl.tree import Return
from tests.splunkd.spl.world import RunningSearch


def run(stage: Return, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """`(a="1" b="2") OR (a="3" b="4")`; a `$field` gives its bare value."""
    top = table.head(stage.count)
    columns = [values.text(values.single(column(top, name), "what return gives")) for _, name, _ in stage.items]
    rows = []
    for at in range(top.height):
        said = []
        for (alias, name, bare), found in zip(stage.items, columns, strict=True):
            if found[at] is not None:
                said.append(found[at] if bare else f"{alias or name}={quoted(found[at])}")
        rows += [f"({' '.join(said)})"] if said else []
    return pl.DataFrame({"search": [" OR ".join(rows) if rows else NOTHING]})
