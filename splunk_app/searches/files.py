"""The conf files that are made from searches.toml."""

from __future__ import annotations

from pathlib import Path

from splunk_app.searches.behaviours import behaviour_macro, entities_macro
from splunk_app.searches.definitions import SOURCE, Definitions, definitions
from splunk_app.searches.stanzas import conf_text

DEFAULT = Path(__file__).parents[1] / "default"
MACROS = SOURCE.with_name("macros.conf")


def files() -> dict[Path, str]:
    """Path -> text."""
    found = definitions()
    return {DEFAULT / "savedsearches.conf": conf_text(found), DEFAULT / "macros.conf": macros_text(found)}


def macros_text(found: Definitions) -> str:
    """The macros written by hand, then those that follow from the behaviours."""
    made = {f"aiscore_{recipe}_behaviour": behaviour_macro(found, recipe) for recipe in found.recipes}
    made["aiscore_entities"] = entities_macro(found)
    stanzas = "".join(f"\n[{name}]\ndefinition = {text}\n" for name, text in made.items())
    return MACROS.read_text(encoding="utf-8") + "\n# Made from the behaviours of searches.toml.\n" + stanzas
