"""What several searches of one moment begin with in common is computed once, as long as no index was written to.

Splunk computes it each time; the rows are the same. Forty risk rules a half hour begin by reading the same two days.
"""

from __future__ import annotations

import polars as pl

from tests.splunkd.app_world import AppWorld
from tests.splunkd.spl import filters, tree
from tests.splunkd.spl import run as language
from tests.splunkd.spl.parse import parse
from tests.splunkd.spl.tree import Pipeline, Stage
from tests.splunkd.spl.world import RunningSearch

_SAME_FOR_ALL = (tree.Dedup, tree.Eval, tree.Eventstats, tree.Fields, tree.Sort, tree.Where)
"""Commands that look at nothing but their rows and the search's time."""


class Beginnings:
    """The beginnings that were computed since the last write, each with the number of events that it read."""

    def __init__(self, world: AppWorld) -> None:
        self._world = world
        self._state: tuple[float, ...] = ()
        self._known: dict[tuple[Stage, ...], tuple[pl.DataFrame, int]] = {}

    def run(self, search: RunningSearch) -> pl.DataFrame:
        """The result of a search."""
        stages = parse(search.text, self._world).stages
        common = _common(stages)
        if not common:
            return language.execute(Pipeline(stages), pl.DataFrame(), search, first=True)
        self._forget_unless((self._world.indexes.writes, search.earliest_s, search.latest_s, search.now_s))
        if common in self._known:
            table, read = self._known[common]
            self._world.rows_read += read
        else:
            before = self._world.rows_read
            table = language.execute(Pipeline(common), pl.DataFrame(), search, first=True)
            self._known[common] = table, self._world.rows_read - before
        return language.execute(Pipeline(stages[len(common) :]), table, search, first=False)

    def _forget_unless(self, state: tuple[float, ...]) -> None:
        if state != self._state:
            self._state, self._known = state, {}


def _common(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """The first stages: a search that reads, and what follows it up to the first command with other surroundings."""
    if not isinstance(stages[0], tree.Search):
        return ()
    for at, stage in enumerate(stages):
        plain = isinstance(stage, tree.Search) and not filters.has_subsearch(stage.filter)
        if not plain and not isinstance(stage, _SAME_FOR_ALL):
            return stages[:at]
    return stages
