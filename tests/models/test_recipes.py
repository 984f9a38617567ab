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
