"""A command of the app's own, run by the world; a subsearch among its arguments runs first, and is its text there."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from tests.splunkd.spl import run as language
from tests.splunkd.spl import scan
from tests.splunkd.spl.tree import CustomCommand
from tests.splunkd.spl.world import RunningSearch


def run(stage: CustomCommand, table: pl.DataFrame, search: RunningSearch, first: bool) -> pl.DataFrame:
    """`first` says that it stands at the beginning of the search."""
    return search.world.command(_resolved(stage, search), table, search, first)


def _resolved(stage: CustomCommand, search: RunningSearch) -> CustomCommand:
    inside = dict(stage.subsearches)
    args = []
    for arg in stage.raw_args:
        found = inside.get(arg)
        text = arg if found is None else arg.partition("[")[0] + language.subsearch_text(found, search)
        args += [arg] if found is None else scan.arguments(text)
    return replace(stage, raw_args=tuple(args), subsearches=())
