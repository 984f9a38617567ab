"""What several searches of one moment begin with in common is computed once, as long as no index was written to.

Splunk computes it each time; the rows are the same. Forty risk rules a half hour begin by reading the same two days.
"""

from __future__ import annotations

from collections.abc import Hashable

import polars as pl

from tests.splunkd.app_world import AppWorld
from tests.splunkd.spl import filters, tree
from tests.splunkd.spl import run as language
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.parse import parse
from tests.splunkd.spl.tree import Pipeline, Stage
from tests.splunkd.spl.world import RunningSearch

_SAME_FOR_ALL = (tree.Dedup, tree.Eval, tree.Eventstats, tree.Fields, tree.Makemv, tree.Sort, tree.Where)
"""Commands that look at nothing but their rows and the search's time."""

Mark = tuple[Stage, Hashable]
"""A stage, and what else its result depends on: the rows of a lookup."""


class Beginnings:
    """The beginnings that were computed since the last write, each with the number of events that it read."""

    def __init__(self, world: AppWorld) -> None:
        self._world = world
        self._state: tuple[float, ...] = ()
        self._numbers: dict[Mark, int] = {}
        self._known: dict[tuple[int, ...], tuple[pl.DataFrame, int]] = {}

    def run(self, search: RunningSearch) -> pl.DataFrame:
        """The result of a search."""
        stages = parse(search.text, self._world).stages
        marks = self._marks(stages[: _shared(stages)])
        shared = len(marks)
        if not shared:
            return language.execute(Pipeline(stages), pl.DataFrame(), search, first=True)
        self._forget_unless((self._world.indexes.writes, search.earliest_s, search.latest_s, search.now_s))
        done = next((at for at in range(shared, 0, -1) if marks[:at] in self._known), 0)
        table, read = self._known[marks[:done]] if done else (pl.DataFrame(), 0)
        before = self._world.rows_read
        self._world.rows_read += read
        for at in range(done, shared):
            table = language.execute(Pipeline(stages[at : at + 1]), table, search, first=at == 0)
            self._known[marks[: at + 1]] = table, self._world.rows_read - before
        return language.execute(Pipeline(stages[shared:]), table, search, first=False)

    def _marks(self, stages: tuple[Stage, ...]) -> tuple[int, ...]:
        """A number for each different stage, as far as lookups can be read; one that cannot is told at its turn."""
        found: list[Mark] = []
        for stage in stages:
            if not isinstance(stage, tree.Lookup):
                found.append((stage, None))
                continue
            try:
                known = self._world.lookup(stage.lookup)
            except SplError:
                break
            rows = tuple(known.table.columns), tuple(map(str, known.table.rows()))
            found.append((stage, (rows, known.case_sensitive, known.max_matches)))
        return tuple(self._numbers.setdefault(mark, len(self._numbers)) for mark in found)

    def _forget_unless(self, state: tuple[float, ...]) -> None:
        if state != self._state:
            self._state, self._known = state, {}


def _shared(stages: tuple[Stage, ...]) -> int:
    """How many stages others may share: a search that reads, and what follows it up to a command of another kind."""
    if not isinstance(stages[0], tree.Search):
        return 0
    for at, stage in enumerate(stages):
        plain = isinstance(stage, tree.Search) and not filters.has_subsearch(stage.filter)
        if not plain and not isinstance(stage, (*_SAME_FOR_ALL, tree.Lookup)):
            return at
    return len(stages)
