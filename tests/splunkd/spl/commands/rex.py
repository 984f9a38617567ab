"""rex: fields from the named groups of a regular expression, or a text changed as sed does."""

from __future__ import annotations

import re

import polars as pl

from tests.splunkd.spl import patterns, values
from tests.splunkd.spl.columns import LISTS, column, narrow
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.functions.calls import choose
from tests.splunkd.spl.functions.conditions import present
from tests.splunkd.spl.tree import Rex
from tests.splunkd.spl.world import RunningSearch

_SED = re.compile(r"s(?P<mark>[/|#])(.*?)(?<!\\)(?P=mark)(.*?)(?<!\\)(?P=mark)(g?)", re.DOTALL)


def run(stage: Rex, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """Where the expression is not found, a field that was there keeps its value."""
    if stage.name not in table.columns:
        return table
    source = values.text(values.single(table[stage.name], "what rex reads"))
    if stage.mode == "sed":
        return table.with_columns(_changed(source, stage.pattern).alias(stage.name))
    pattern = patterns.compiled(stage.pattern)
    if not pattern.groupindex:
        raise SplError(
            f"The regex '{stage.pattern}' does not extract anything. It should specify at least one named group."
        )
    for name, new in _found(pattern, source, stage.max_match).items():
        table = table.with_columns(choose(present(new), new, column(table, name)).alias(name))
    return table


def _found(pattern: re.Pattern[str], source: pl.Series, max_match: int) -> dict[str, pl.Series]:
    """What each named group took, for every row."""
    if max_match == 1:
        hits = [None if text is None else pattern.search(text) for text in source.to_list()]
        return {
            name: pl.Series(name, [hit[name] if hit else None for hit in hits], dtype=pl.String)
            for name in pattern.groupindex
        }
    found = values.by_value(source, lambda text: _groups(pattern, text, max_match), pl.List(LISTS))
    return {name: narrow(found.list.get(at, null_on_oob=True)) for at, name in enumerate(pattern.groupindex)}


def _groups(pattern: re.Pattern[str], text: str, max_match: int) -> list[list[str]]:
    """For each named group what it took in each match; `max_match` 0 is all matches."""
    hits = [hit for hit, _ in zip(pattern.finditer(text), range(max_match or len(text) + 1), strict=False)]
    return [[hit[name] for hit in hits if hit[name] is not None] for name in pattern.groupindex]


def _changed(source: pl.Series, script: str) -> pl.Series:
    found = _SED.fullmatch(script)
    if not found:
        raise NotSupported(f"the sed expression {script}")
    pattern, parts = patterns.compiled(found[2]), re.split(r"\\(\d)", found[3])

    def new(hit: re.Match[str]) -> str:
        return "".join((hit[int(part)] or "") if at % 2 else part for at, part in enumerate(parts))

    count = 0 if found[4] else 1
    return values.by_value(source, lambda text: pattern.sub(new, text, count=count), pl.String())
