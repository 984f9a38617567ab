"""The files of the app that are made from searches.toml and recipes/."""

from __future__ import annotations

from pathlib import Path

from models.features.recipe import load_recipe
from splunk_app.searches.behaviours import behaviour_macro, entities_macro
from splunk_app.searches.definitions import RECIPES, SOURCE, Definitions, definitions
from splunk_app.searches.raw_macros import raw_macros, written
from splunk_app.searches.recipe_macros import recipe_macros
from splunk_app.searches.setup_table import table_text
from splunk_app.searches.stanzas import conf_text

DEFAULT = Path(__file__).parents[1] / "default"
MACROS = SOURCE.with_name("macros.conf")
SETUP_TABLE = Path(__file__).parents[1] / "bin" / "aiscore_kit" / "recipe_table.py"


def files() -> dict[Path, str]:
    """Path -> text."""
    found = definitions()
    return {
        DEFAULT / "savedsearches.conf": conf_text(found),
        DEFAULT / "macros.conf": macros_text(found),
        SETUP_TABLE: table_text(found),
    }


def macros_text(found: Definitions) -> str:
    """The macros written by hand, then each recipe's, then those that follow from the behaviours."""
    parts = [MACROS.read_text(encoding="utf-8")]
    for name in found.recipes:
        own = (RECIPES / f"{name}.conf").read_text(encoding="utf-8")
        recipe = load_recipe(name)
        parts.append(f"# The recipe {name}.\n\n{own}{_stanzas(recipe_macros(recipe) | raw_macros(recipe))}")
    parts.append(written())
    made = {f"aiscore_{recipe}_behaviour": behaviour_macro(found, recipe) for recipe in found.recipes}
    made["aiscore_entities"] = entities_macro(found)
    parts.append("# Made from the behaviours of recipes/*.toml.\n" + _stanzas(made))
    return "\n".join(parts)


def _stanzas(macros: dict[str, str]) -> str:
    return "".join(f"\n[{name}]\ndefinition = {text}\n" for name, text in macros.items())
