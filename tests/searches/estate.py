"""A small estate to run the searches over: what each recipe invents of it, beside one another.

Ten ordinary days and one more, on which each recipe has a story. Everything is invented, and the same seed gives the
same events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

import polars as pl

from models.features.recipe import recipe_names
from models.simulator.clock import DEFAULT_START
from tests.searches.part import Days, Part

DAYS = 11


@dataclass(frozen=True)
class Estate:
    """Recipe -> its events, and the days they fill."""

    parts: dict[str, Part]
    days: Days

    @property
    def last_day_s(self) -> float:
        """When the day of the stories begins (epoch seconds)."""
        return self.days.last_day_s

    def events(self, recipe: str) -> pl.DataFrame:
        """The plain events of a recipe, with their tags."""
        return self.parts[recipe].events.with_columns(tag=pl.lit(list(made(recipe).TAGS)))


def estate(users: int = 120, seed: int = 7, days: int = DAYS, recipes: Sequence[str] = ()) -> Estate:
    """The estate of a seed: of these recipes, or of all."""
    when = Days(DEFAULT_START.timestamp(), days, users, seed)
    return Estate({name: made(name).part(when) for name in recipes or recipe_names()}, when)


def made(recipe: str):  # type: ignore[no-untyped-def]
    """The module that invents the events of a recipe."""
    return import_module(f"tests.searches.estates.{recipe}")
