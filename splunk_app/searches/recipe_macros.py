"""The macros that follow from a recipe's fields: the input chosen, and how a row is kept and read back."""

from __future__ import annotations

from models.features.derive import DERIVATIONS
from models.features.recipe import Recipe
from models.features.spec import FeatureSpec


def several_values(spec: FeatureSpec) -> list[str]:
    """The fields of an event that hold several values: a function that could give one value gives one for each."""
    found = [
        source
        for field in spec.fields
        if field.kind == "multivalue" and (not field.how or "category" in DERIVATIONS[field.how].kinds)
        for source in field.sources
    ]
    return list(dict.fromkeys(found))


def recipe_macros(recipe: Recipe) -> dict[str, str]:
    """`aiscore_<recipe>`, and its _pack and _unpack: between them the time is whole, and no field has several values.

    >>> from models.features.recipe import load_recipe
    >>> recipe_macros(load_recipe("alerts"))["aiscore_alerts_unpack"]
    'eval ai_recipe="alerts" | makemv delim="||" signature'
    """
    stem = f"aiscore_{recipe.name}"
    several = several_values(recipe.spec)
    joined = "".join(f', {name}=mvjoin({name}, "||")' for name in several)
    split = "".join(f' | makemv delim="||" {name}' for name in several)
    return {
        stem: f"`{stem}_cim`",
        f"{stem}_pack": f'eval ai_recipe="{recipe.name}", ai_time=_time{joined}',
        f"{stem}_unpack": f'eval ai_recipe="{recipe.name}"{split}',
    }
