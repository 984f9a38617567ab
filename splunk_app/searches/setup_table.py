"""The table of recipes that the setup page reads, as a Python file of the app."""

from __future__ import annotations

from models.features.recipe import Recipe, load_recipe
from splunk_app.searches.definitions import RECIPES, Definitions
from splunk_app.searches.raw_macros import raw_macros

HEAD = '''\
"""The recipes and their fields. Written by `python -m splunk_app.searches`."""

from collections import namedtuple

# fields: what a row has before it is scored; filled_up: those in which "unknown" counts as empty;
# raw: whether it reads events without fields; watched: the field of the mailboxes that are watched, where a macro
# aiscore_<recipe>_own names them.
Recipe = namedtuple("Recipe", "title data_model fields filled_up raw watched")

RECIPES = {
'''


def table_text(found: Definitions) -> str:
    """The file."""
    return HEAD + "".join(_entry(load_recipe(name)) for name in found.recipes) + "}\n"


def _entry(recipe: Recipe) -> str:
    spec = recipe.spec
    ids = (name for name in spec.ids if name not in ("_bkt", "_cd"))
    fields = [name for name in dict.fromkeys((*spec.entities, *spec.inputs(), *ids)) if name != spec.time]
    plain = {field.name: field.kind for field in spec.fields if not field.how}
    filled_up = [name for name in fields if plain.get(name, "category") == "category"]
    lines = [
        f'    "{recipe.name}": Recipe(',
        f'        "{recipe.title}",',
        f'        "{recipe.data_model}",',
        *_listed(fields),
        *_listed(filled_up),
        f"        {bool(raw_macros(recipe))},",
        f'        "{_watched(recipe)}",',
        "    ),",
    ]
    return "".join(f"{line}\n" for line in lines)


def _watched(recipe: Recipe) -> str:
    by_hand = (RECIPES / f"{recipe.name}.conf").read_text(encoding="utf-8")
    return recipe.spec.entities[0] if f"[aiscore_{recipe.name}_own]" in by_hand else ""


def _listed(names: list[str]) -> list[str]:
    return ["        [", *(f'            "{name}",' for name in names), "        ],"] if names else ["        [],"]
