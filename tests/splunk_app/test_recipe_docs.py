"""docs/recipes.md says of every recipe what its files say: fields, behaviours, techniques, and on whom risk falls."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models.features.recipe import load_recipe, recipe_names
from splunk_app.searches.definitions import definitions

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
FOUND = definitions()


def section(name: str) -> str:
    """What the document says of a recipe."""
    (found,) = re.findall(rf"^## {name}$(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    return str(found)


def table(text: str, head: str) -> list[list[str]]:
    """The rows of the table whose head begins with this word, without backticks."""
    rows = re.search(rf"^\| {head} \|[^\n]*\n\|[-|]+\|\n((?:\|[^\n]*\n)+)", text, re.MULTILINE)
    assert rows, f"no table {head!r}"
    return [[cell.strip().replace("`", "") for cell in row.strip("|").split("|")] for row in rows[1].splitlines()]


def test_every_recipe_has_its_section_and_no_other() -> None:
    assert sorted(re.findall(r"^## (\w+)$", TEXT, re.MULTILINE)) == recipe_names()


@pytest.mark.parametrize("name", recipe_names())
def test_a_section_names_every_field_behaviour_and_entity(name: str) -> None:
    text = section(name)
    fields = table(text, "field")
    assert [row[0] for row in fields] == [field.name for field in load_recipe(name).spec.fields]
    assert all(row[1] for row in fields)
    wanted = [[one.title, ", ".join(one.fields), ", ".join(one.techniques)] for one in FOUND.of_recipe(name)]
    assert table(text, "behaviour") == wanted
    risk = re.search(r"Risk\s+on\s([^.;]+)[.;]", text)
    assert risk and re.findall(r"`(\w+)`", risk[1]) == [field for field, _ in FOUND.recipes[name].entities]
    assert "It catches" in text and "It misses" in text
