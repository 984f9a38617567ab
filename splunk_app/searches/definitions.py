"""searches.toml and recipes/*.toml as objects."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_name("searches.toml")
RECIPES = Path(__file__).with_name("recipes")


@dataclass(frozen=True)
class Recipe:
    """What a recipe's rules share; entities: (field, user|system) that earn risk, threats: (field, type) beside."""

    name: str
    title: str
    security_domain: str
    data_source: str
    entities: tuple[tuple[str, str], ...]
    threats: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Behaviour:
    """What was strange in an event: the fields whose contribution says so, and the ATT&CK techniques it may be.

    same: entity field -> the field that tells two such events of the entity apart; without it they are the same news.
    news: the behaviour whose news this is, too: what both say of one thing adds risk once. Its own where empty.
    """

    recipe: str
    name: str
    title: str
    fields: tuple[str, ...]
    same: dict[str, str]
    techniques: tuple[str, ...]
    told: str
    news: str = ""


@dataclass(frozen=True)
class Band:
    """A band of scores and the risk, 1 to 100, that each event in it earns."""

    name: str
    risk: int
    words: str


@dataclass(frozen=True)
class Technique:
    """A technique of MITRE ATT&CK."""

    id: str
    name: str
    tactics: tuple[str, ...]
    kill_chain_phases: tuple[str, ...]


@dataclass(frozen=True)
class SearchDefinition:
    """A saved search that is no risk rule. Without a cron_schedule it is run by hand."""

    name: str
    description: str
    search: str
    earliest: str
    latest: str
    cron_schedule: str = ""
    alert: bool = False
    severity: int = 4
    suppress_fields: str = ""
    suppress_period: str = ""
    summary_index: str = ""


@dataclass(frozen=True)
class Definitions:
    """All that is defined; recipes by name, in order. `threshold` is the stacking rule."""

    recipes: dict[str, Recipe]
    behaviours: tuple[Behaviour, ...]
    bands: tuple[Band, ...]
    techniques: dict[str, Technique]
    searches: tuple[SearchDefinition, ...]
    threshold: SearchDefinition
    publish_time: int

    def of_recipe(self, recipe: str) -> tuple[Behaviour, ...]:
        """The behaviours of a recipe; its first takes what no other names."""
        return tuple(behaviour for behaviour in self.behaviours if behaviour.recipe == recipe)


@cache
def definitions() -> Definitions:
    """What searches.toml and recipes/*.toml say."""
    found = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    names = sorted((path.stem for path in RECIPES.glob("*.toml")), key=lambda one: (one != found["first_recipe"], one))
    written = {name: tomllib.loads((RECIPES / f"{name}.toml").read_text(encoding="utf-8")) for name in names}
    behaviours = [Behaviour(name, **_tuples(one)) for name, entry in written.items() for one in entry.pop("behaviours")]
    searches = [_search(entry, recipe) for recipe in written for entry in found["recipe_searches"]]
    return Definitions(
        {name: _recipe(name, entry) for name, entry in written.items()},
        tuple(behaviours),
        tuple(Band(**entry) for entry in found["bands"]),
        {name: Technique(name, **_tuples(entry)) for name, entry in found["techniques"].items()},
        (*searches, *(_search(entry) for entry in found["searches"])),
        _search(found["threshold"]),
        found["publish_time"],
    )


def _recipe(name: str, entry: dict[str, Any]) -> Recipe:
    pairs = {key: tuple((one["field"], one["type"]) for one in entry.pop(key, ())) for key in ("entities", "threats")}
    return Recipe(name, entities=pairs["entities"], threats=pairs["threats"], **entry)


def _search(entry: dict[str, Any], recipe: str = "") -> SearchDefinition:
    named = {key: _named(value, recipe) for key, value in entry.items()}
    return SearchDefinition(**named)


def _named(value: Any, recipe: str) -> Any:
    return value.replace("@recipe@", recipe).strip() if isinstance(value, str) else value


def _tuples(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
