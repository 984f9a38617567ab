"""Recipes load, say what they mean, and a typing error in one is refused."""

from __future__ import annotations

import pytest

from models.errors import DataError
from models.features.recipe import load_recipe, parse_recipe, recipe_names
from models.features.values import read_values
from tests.models.tables import sign_ins


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_can_be_read_and_encoded(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name and recipe.spec.entities and recipe.title
    assert read_values(sign_ins(), recipe.spec).count > 0
    assert set(recipe.spl) <= {field.name for field in recipe.spec.fields}


def test_ids_never_name_a_model() -> None:
    assert load_recipe("authentication").spec.ids[:2] == ("_time", "user")


@pytest.mark.parametrize(
    "text",
    [
        "not toml",
        'name = "x"',
        'name = "x"\ncolour = 1\n[[fields]]\nname = "a"\nkind = "category"',
        'name = "x"\n[[fields]]\nname = "a"\nkind = "text"',
        'name = "x"\n[[fields]]\nname = "a"\nkind = "category"\nword = "b"',
        'name = "x"\n[[fields]]\nname = "a"\nkind = "category"\nhow = "magic"\nof = ["b", "c"]',
        'name = "x"\n[[fields]]\nname = "a"\nkind = "category"\nhow = "pair"\nof = ["b"]',
        'name = "x"\n[[fields]]\nname = "a"\nkind = "category"\nhow = "pair"\nof = "bc"',
        'name = "x"\n[[fields]]\nname = "a"\nkind = "category"\nhow = "pair"\nof = ["b", 1]',
        'name = "x"\n[[fields]]\nname = "a"\nkind = "number"\nhow = "pair"\nof = ["b", "c"]',
        'name = "x"\n[[fields]]\nname = "a"\nkind = "category"\nof = ["b", "c"]',
        'name = "x"\n[[fields]]\nname = "a"\nkind = "category"\nunit = "km/h"',
        'name = "x"\nentities = ["a"]\n[[fields]]\nname = "a"\nkind = "category"\nhow = "pair"\nof = ["b", "c"]',
        'name = "x"\nkey = ["a"]\n[[fields]]\nname = "a"\nkind = "category"\nhow = "pair"\nof = ["b", "c"]',
    ],
)
def test_a_recipe_with_a_mistake_is_refused(text: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_recipe(text)
    assert caught.value.mend


DEST = '[[fields]]\nname = "dest"\nkind = "category"\n'
WAY = '[[fields]]\nname = "{}"\nkind = "category"\nhow = "pair"\nof = ["user", "dest"]\n'


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        (DEST, "recipe", "needs a name"),
        (f'name = "r"\nentities = ["user"]\npeers = ["dest"]\n{DEST}', "peers", "peers of no entity"),
        (f'name = "r"\nentities = ["user"]\npeers = ["user:user"]\n{DEST}', "peers", "its own group"),
        (f'name = "r"\nentities = ["way"]\n{WAY.format("way")}', "way", "an entity, scope or time cannot be derived"),
        (f'name = "r"\nscope = "way"\n{WAY.format("way")}', "way", "an entity, scope or time cannot be derived"),
        (f'name = "r"\nkey = ["way"]\n{WAY.format("way")}', "way", "an id cannot be derived"),
    ],
)
def test_a_recipe_that_cannot_be_meant_is_refused(text: str, field: str, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        parse_recipe(text)
    assert caught.value.field == field


@pytest.mark.parametrize("name", ["", "nothing", "../recipes/alerts", "alerts.toml", "Alerts"])
def test_only_recipes_of_the_product_are_read(name: str) -> None:
    with pytest.raises(DataError, match="no recipe") as caught:
        load_recipe(name)
    assert caught.value.field == "recipe" and "alerts" in caught.value.mend
