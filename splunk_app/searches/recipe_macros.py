"""The macros that follow from a recipe's fields: the input chosen, and how a row is kept and read back."""

from __future__ import annotations

from models.features.recipe import Recipe

SEVERAL = ("multivalue",)
"""Kinds whose values a summary event would not give back as they were."""


def recipe_macros(recipe: Recipe) -> dict[str, str]:
    """`aiscore_<recipe>`, and its _pack and _unpack: between them the time is whole, and no field has several values.

    >>> from models.features.recipe import load_recipe
    >>> recipe_macros(load_recipe("alerts"))["aiscore_alerts_unpack"]
    'eval ai_recipe="alerts" | makemv delim="||" signature'
    """
    stem = f"aiscore_{recipe.name}"
    several = [field.name for field in recipe.spec.fields if field.kind in SEVERAL and not field.how]
    joined = "".join(f', {name}=mvjoin({name}, "||")' for name in several)
    split = "".join(f' | makemv delim="||" {name}' for name in several)
    return {
        stem: f"`{stem}_cim`",
        f"{stem}_pack": f'eval ai_recipe="{recipe.name}", ai_time=_time{joined}',
        f"{stem}_unpack": f'eval ai_recipe="{recipe.name}"{split}',
    }
