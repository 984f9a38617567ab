"""Recipes: which fields of a data model to read, who owns a baseline, and how an analyst calls them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

from models.errors import DataError
from models.features.derive import fault_of
from models.features.spec import KINDS, FeatureSpec, Field, parse_peers

FOLDER = resources.files("models.features") / "recipes"
TOP_KEYS = {"name", "title", "data_model", "time", "scope", "entities", "peers", "key", "risk", "fields"}
FIELD_KEYS = {"name", "kind", "words", "spl", "how", "of", "unit"}


@dataclass(frozen=True)
class Recipe:
    """A named feature spec. risk: the fields whose values earn risk; spl: how each computed field, or what it is
    derived from, is made in Splunk; data_model: that of Splunk's Common Information Model the events belong to.
    """

    name: str
    title: str
    data_model: str
    spec: FeatureSpec
    risk: tuple[str, ...]
    spl: dict[str, str]


def recipe_names() -> list[str]:
    """The recipes that come with the product.

    >>> "authentication" in recipe_names()
    True
    """
    return sorted(entry.name.removesuffix(".toml") for entry in FOLDER.iterdir() if entry.name.endswith(".toml"))


def load_recipe(name: str) -> Recipe:
    """A recipe by name. Raises DataError for a name that is not there."""
    if name not in recipe_names():
        raise DataError(f"no recipe {name!r}", field="recipe", mend=f"use one of {', '.join(recipe_names())}")
    return parse_recipe((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def parse_recipe(text: str) -> Recipe:
    """A recipe from TOML; unknown keys and kinds are refused, so that a typing error cannot pass for a choice."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"not TOML: {error}", field="recipe", mend="mend the file at the place named") from None
    _only(found, TOP_KEYS, "recipe")
    fields = tuple(_field(entry) for entry in found.get("fields", []))
    if not fields or "name" not in found:
        raise DataError("a recipe needs a name and at least one [[fields]]", field="recipe", mend="add them")
    entities = tuple(found.get("entities", ()))
    time = found.get("time", "_time")
    key = tuple(found.get("key", (source for field in fields for source in field.sources)))
    peers = tuple(parse_peers(text) for text in found.get("peers", ()))
    spec = FeatureSpec(fields, entities, time, found.get("scope"), ids=event_ids(time, entities, key), peers=peers)
    if spec.fault():
        raise DataError(f"a recipe with {spec.fault()}", field="peers", mend="give peers of its entities")
    _refuse_derived(spec)
    spl = {entry["name"]: entry["spl"] for entry in found["fields"] if "spl" in entry}
    title, risk = found.get("title", found["name"]), tuple(found.get("risk", entities))
    return Recipe(found["name"], title, found.get("data_model", ""), spec, risk, spl)


def event_ids(time: str | None, entities: tuple[str, ...], key: tuple[str, ...]) -> tuple[str, ...]:
    """The fields that make an event's id: time, entities, key fields, and Splunk's own address of the event.

    >>> event_ids("_time", ("user",), ("user", "dest"))
    ('_time', 'user', 'dest', '_bkt', '_cd')
    """
    return tuple(dict.fromkeys([*([time] if time else []), *entities, *key, "_bkt", "_cd"]))


def _refuse_derived(spec: FeatureSpec) -> None:
    """What names an event or its owner is read as it comes: it stays the same when a function changes."""
    if (shadowed := spec.shadowed()) is not None:
        raise DataError(
            "an entity, scope or time cannot be derived", field=shadowed, mend="give the field another name"
        )
    derived = {field.name for field in spec.fields if field.how}.difference(spec.inputs())
    for name in derived.intersection(spec.ids):
        raise DataError("an id cannot be derived", field=name, mend="name what it is derived from in key")


def _field(entry: dict[str, Any]) -> Field:
    _only(entry, FIELD_KEYS, "fields")
    if entry.get("kind") not in KINDS:
        raise DataError(f"unknown kind {entry.get('kind')!r}", field="fields", mend=f"use one of {', '.join(KINDS)}")
    how, of, unit = entry.get("how", ""), entry.get("of", []), entry.get("unit", "")
    fault = "of is no list of fields" if not isinstance(of, list) or {*map(type, of)} - {str} else ""
    fault = fault or (fault_of(how, of, entry["kind"]) if how or of else "")
    fault = fault or ("unit is for numbers" if unit and entry["kind"] != "number" else "")
    if fault:
        raise DataError(fault, field=entry["name"], mend="mend how, of or unit")
    return Field(entry["name"], entry["kind"], entry.get("words", ""), how, tuple(of), unit)


def _only(found: dict[str, Any], allowed: set[str], where: str) -> None:
    unknown = sorted(set(found) - allowed)
    if unknown:
        raise DataError(f"unknown key {unknown[0]!r}", field=where, mend=f"use {', '.join(sorted(allowed))}")
