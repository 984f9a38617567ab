"""Running a search: parsed, then each command in turn turns a table into another."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module

import polars as pl

from tests.splunkd.spl import tree
from tests.splunkd.spl.commands import format as formatting
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.parse import parse, parse_filter
from tests.splunkd.spl.tree import Filter, Pipeline, Stage
from tests.splunkd.spl.world import RunningSearch

Table = pl.DataFrame
"""Columns Float64, String or List(String); null means that the field is absent in that row."""

Command = Callable[..., Table]

_FIRST_ONLY = (tree.Makeresults, tree.Rest, tree.Savedsearch, tree.Tstats)

SUBSEARCH_MAXOUT = 10_000
"""Rows that a subsearch gives at most: maxout of [subsearch] in limits.conf."""


def run(text: str, search: RunningSearch) -> Table:
    """The result of a whole search."""
    return execute(parse(text, search.world), Table(), search, first=True)


def execute(pipeline: Pipeline, table: Table, search: RunningSearch, first: bool) -> Table:
    """The table after every stage; `first` says that nothing came before, so that the first stage reads."""
    for stage in pipeline.stages:
        table = _step(stage, table, search, first)
        first = False
    return table


def subsearch_filter(pipeline: Pipeline, search: RunningSearch) -> Filter:
    """What a subsearch's result says where a filter is expected."""
    return parse_filter(subsearch_text(pipeline, search))


def subsearch_text(pipeline: Pipeline, search: RunningSearch) -> str:
    """A subsearch's result as text: as return or format wrote it, or format's default."""
    table = execute(pipeline, Table(), search, first=True).head(SUBSEARCH_MAXOUT)
    if not isinstance(pipeline.stages[-1], tree.Return | tree.Format):
        table = formatting.run(tree.Format(), table, search)
    return str(table["search"][0]) if table.height else formatting.NOTHING


def _step(stage: Stage, table: Table, search: RunningSearch, first: bool) -> Table:
    name = type(stage).__name__.lower()
    generates = isinstance(stage, _FIRST_ONLY) or (isinstance(stage, tree.Inputlookup) and not stage.append)
    if generates and not first:
        raise SplError(f"Error in '{name}' command: This command must be the first command of a search.")
    command, wants_first = _command(name)
    try:
        return command(stage, table, search, first) if wants_first else command(stage, table, search)
    except NotSupported as error:
        raise NotSupported(_told(name, error)) from error
    except SplError as error:
        raise SplError(_told(name, error)) from error


def _told(name: str, error: SplError) -> str:
    text = str(error)
    return text if text.startswith("Error in ") else f"Error in '{name}' command: {text}"


@lru_cache
def _command(name: str) -> tuple[Command, bool]:
    """A command's function, and whether it wants to know that it is the first."""
    found = import_module(f"tests.splunkd.spl.commands.{name}").run
    return found, "first" in inspect.signature(found).parameters
