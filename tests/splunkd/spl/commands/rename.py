"""rename: fields get other names; what a `*` stood for is put where the new name has its `*`."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import names
from tests.splunkd.spl.tree import Rename
from tests.splunkd.spl.world import RunningSearch


def run(stage: Rename, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """The pairs one after the other; a field that already had the new name gives way to the renamed one."""
    for old, new in stage.pairs:
        pattern = names.expression(old)
        renamed = {
            name: _filled(new, found.groups())
            for name in table.columns
            if (found := pattern.fullmatch(name)) and not (name.startswith("_") and old.startswith("*"))
        }
        if not renamed and new in table.columns:
            # Splunk's manual of rename: a field that is not there empties the one that has the new name.
            table = table.with_columns(pl.lit(None, pl.String).alias(new))
        taken = set(renamed.values()) - set(renamed)
        table = table.drop(name for name in table.columns if name in taken and name not in renamed).rename(renamed)
    return table


def _filled(new: str, parts: tuple[str, ...]) -> str:
    first, *rest = new.split("*")
    return first + "".join(part + piece for part, piece in zip(parts, rest, strict=True))
