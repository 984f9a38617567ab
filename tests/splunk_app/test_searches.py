"""The saved searches are what searches.toml says, and say the same as the recipes."""

import json

import pytest

from models.features.recipe import load_recipe, recipe_names
from splunk_app.searches.definitions import definitions
from splunk_app.searches.files import files
from splunk_app.searches.rules import rules
from splunk_app.searches.stanzas import stanzas
from splunk_app.searches.threshold import threshold_keys
from tests.splunk_app.test_confs import conf

FOUND = definitions()


def test_the_conf_files_are_those_that_the_definitions_make() -> None:
    for path, text in files().items():
        assert path.read_text(encoding="utf-8") == text, "run python -m splunk_app.searches"


def test_the_conf_reads_back_as_it_was_defined() -> None:
    read = conf("savedsearches")
    assert read.sections() == list(stanzas(FOUND))
    for name, keys in stanzas(FOUND).items():
        assert list(read[name]) == list(keys)
        for key, value in keys.items():
            assert read.get(name, key, raw=True).split() == value.split(), (name, key)


def test_there_are_searches_for_every_recipe() -> None:
    assert sorted(FOUND.recipes) == recipe_names()


@pytest.mark.parametrize("name", recipe_names())
def test_behaviours_name_each_field_of_the_recipe_once(name: str) -> None:
    named = [field for behaviour in FOUND.of_recipe(name) for field in behaviour.fields]
    assert sorted(named) == sorted(field.name for field in load_recipe(name).spec.fields)


@pytest.mark.parametrize("name", recipe_names())
def test_the_macros_compute_the_fields_as_the_recipe_says(name: str) -> None:
    rows = conf("macros").get(f"aiscore_{name}_rows", "definition", raw=True)
    for spl in load_recipe(name).spl.values():
        # Alerts come in counted per source already.
        assert {"count": "sum(count) AS count"}.get(spl.removeprefix("stats "), spl.removeprefix("stats ")) in rows
    table = rows.rpartition("| table ")[2].split()
    spec = load_recipe(name).spec
    assert {*spec.inputs(), *spec.ids} - {"_bkt", "_cd"} <= set(table)
    assert {field for field, _ in FOUND.recipes[name].entities} <= set(table)


def test_rules_have_static_scores_and_names_that_enterprise_security_takes() -> None:
    names = [name for name, _ in rules(FOUND)] + [FOUND.threshold.name]
    assert len(set(names)) == len(names) == 3 * len(FOUND.behaviours) + 1
    for name, keys in rules(FOUND):
        assert name.endswith(" - Rule") and len(name) <= 99
        scores = [entry["risk_score"] for entry in json.loads(keys["action.risk.param._risk"]) if "risk_score" in entry]
        assert scores and set(scores) == {next(b.risk for b in FOUND.bands if b.name.title() in name)}
        assert set(json.loads(keys["action.correlationsearch.annotations"])["mitre_attack"]) <= set(FOUND.techniques)
    assert threshold_keys(FOUND)["action.notable"] == "1"


def test_all_are_off_as_they_come() -> None:
    assert {keys["disabled"] for keys in stanzas(FOUND).values()} == {"1"}
