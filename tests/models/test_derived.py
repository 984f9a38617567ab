"""Derived fields are read like any other, from sources that the contract names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from models.contract import Contract
from models.errors import DataError
from models.features.recipe import parse_recipe
from models.features.spec import FeatureSpec, Field, parse_field
from models.features.values import read_values
from models.plan import FitPlan, resolve
from models.scoring import Model
from models.training import fit
from sidecar.options import Options, Words, read_options
from tests.models.tables import one, sign_ins
from tests.models.test_fit_and_score import load
from tests.models.test_reasons import assert_same_texts

WAY = Field("way", "category", how="pair", of=("user", "dest"))
SPEED = ("lat", "lon", "_time", "lat0", "lon0", "time0")


def test_a_derived_field_is_read_like_any_other() -> None:
    table = pl.DataFrame({"user": ["a", "b", ""], "dest": ["x", "y", "z"], "way": ["raw", "raw", "raw"]})
    values = read_values(table, FeatureSpec((WAY, Field("dest", "category")), ("user",)))
    assert values.tokens["way"].rows.tolist() == [0, 1]
    assert values.tokens["way"].values.texts.to_list()[:2] == ["a > x", "b > y"], "not the column of that name"
    assert values.tokens["dest"].rows.tolist() == [0, 1, 2]


def test_it_is_missing_where_a_source_is_absent() -> None:
    values = read_values(pl.DataFrame({"user": ["a", "b"]}), FeatureSpec((WAY,)))
    assert len(values.tokens["way"].rows) == 0 and values.count == 2
    speed = Field("speed", "number", how="travel", of=SPEED)
    assert np.isnan(read_values(pl.DataFrame({"lat": ["1"]}), FeatureSpec((speed,))).numbers["speed"]).all()


def test_a_hidden_column_of_its_name_is_not_read() -> None:
    table = pl.DataFrame({"user": ["a"], "dest": ["x"], "__mv_way": ["$p$;$q$"]})
    assert read_values(table, FeatureSpec((WAY,))).tokens["way"].values.texts.to_list() == ["a > x"]


def test_of_several_values_a_pair_takes_the_first() -> None:
    table = pl.DataFrame({"user": ["a"], "dest": [""], "__mv_dest": ["$x$;$y$"]})
    assert read_values(table, FeatureSpec((WAY,))).tokens["way"].values.texts.to_list() == ["a > x"]


def test_speed_of_text_cells_and_iso_times() -> None:
    told = {"lat": "52.5", "lon": "13.4", "_time": "2022-01-24T02:00:00Z", "lat0": "40.7", "lon0": "-74"}
    table = pl.DataFrame({name: [value, value] for name, value in told.items()} | {"time0": ["1642986000", ""]})
    speed = Field("speed", "number", how="travel", of=SPEED)
    found = read_values(table, FeatureSpec((speed,))).numbers["speed"]
    assert found[0] == 6386.0 and np.isnan(found[1])


def test_the_contract_names_the_sources() -> None:
    contract = Contract.of(FeatureSpec((WAY, Field("dest", "category")), ("user",), "_time"), ("user",))
    assert contract.inputs == ("user", "dest")


@pytest.mark.parametrize(
    "change",
    [
        {"how": "magic"},
        {"how": 7},
        {"how": ""},
        {"how": "pair", "kind": "hour"},
        {"of": ["user"]},
        {"of": ["user", ""]},
        {"of": ["user", "user"]},
        {"of": "ab"},
        {"of": [["user"], "dest"]},
        {"unit": 1},
        {"name": "user"},
        {"name": "_time"},
        {"name": "site"},
    ],
)
def test_a_damaged_derived_field_is_refused(change: dict[str, Any]) -> None:
    spec = FeatureSpec((WAY,), ("user",), "_time", "site")
    assert FeatureSpec.from_json(spec.to_json()) == spec
    written = spec.to_json()
    written["fields"] = [{**written["fields"][0], **change}]
    with pytest.raises(DataError):
        FeatureSpec.from_json(written)


def test_a_field_written_before_there_were_derived_ones_is_read() -> None:
    spec = FeatureSpec((Field("dest", "category"),))
    written = spec.to_json()
    written["fields"] = [{name: written["fields"][0][name] for name in ("name", "kind", "words")}]
    assert FeatureSpec.from_json(written) == spec


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("way=pair(user)", "of 2 fields"),
        ("way=magic(user, dest)", "none of"),
        ("way=pair(user, dest):number", "no number"),
        ("way=pair(user, dest):colour", "unknown kind"),
    ],
)
def test_a_mistake_in_fields_is_named(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_field(text)


def test_names_with_signs_are_still_names() -> None:
    assert [parse_field(text).name for text in ("sum(bytes)", "a=b", "f(x)=y")] == ["sum(bytes)", "a=b", "f(x)=y"]


def test_a_comma_in_parentheses_separates_no_fields() -> None:
    class Toy(Options):
        fields: Words

    found = read_options(Toy, [("fields", "dest, way=pair(user, dest):category ,sum(a,b), c")])
    assert found.fields == ("dest", "way=pair(user, dest):category", "sum(a,b)", "c")


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        (FitPlan("m", ("user",), fields=("user=pair(user, dest)",)), "user"),
        (FitPlan("m", ("user",), fields=("_time=pair(user, dest)",)), "_time"),
        (FitPlan("m", ("user",), fields=("way=pair(user, nowhere)",)), "nowhere"),
        (FitPlan("m", ("user",), fields=("way=pair(user, app)",), label="app"), "app"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(plan: FitPlan, field: str) -> None:
    with pytest.raises(DataError) as caught:
        resolve(sign_ins(days=2), plan)
    assert caught.value.field == field


def test_an_id_is_of_sources_only() -> None:
    found = resolve(sign_ins(days=2), FitPlan("m", ("user",), fields=("way=pair(user, dest)",))).spec
    assert found.ids == ("_time", "user", "dest", "_bkt", "_cd")
    text = 'name = "x"\n[[fields]]\nname = "way"\nkind = "category"\nhow = "pair"\nof = ["user", "dest"]'
    assert parse_recipe(text).spec.ids == ("_time", "user", "dest", "_bkt", "_cd")


def paired() -> Model:
    return load(fit(sign_ins(), FitPlan("logon", ("user",), fields=("app", "way=pair(user, dest)"))))


def test_a_fit_reads_as_scoring_does() -> None:
    """A model of the pair scores as one of a column with the same values."""
    table = sign_ins().with_columns(way=pl.concat_str("user", pl.lit(" > "), "dest"))
    plain = load(fit(table, FitPlan("logon", ("user",), fields=("app", "way:category"))))
    new = table.tail(50)
    shown = [model.score(new, explain="all").table for model in (paired(), plain)]
    for column in ("ai_score", "ai_reasons", "ai_contributions", "ai_status", "ai_note"):
        assert shown[0][column].to_list() == shown[1][column].to_list()


def test_a_source_that_is_absent_is_a_missing_field() -> None:
    model, row = paired(), one()
    assert model.score(row).table["ai_status"][0] == "scored"
    lacking = model.score(row.drop("dest")).table
    assert lacking["ai_status"][0] == "partial" and "missing_fields" in lacking["ai_note"][0]
    assert model.score(row.with_columns(way=pl.lit("w"))).table["ai_status"][0] == "scored"


def trips(rows: int, fast: int = 0) -> pl.DataFrame:
    """Sign-ins an hour after the one before, in the same town; the last `fast` of them on another continent."""
    far = [row >= rows - fast for row in range(rows)]
    return pl.DataFrame(
        {
            "_time": [1_700_000_000 + 600 * row for row in range(rows)],
            "user": [f"u{row % 5}" for row in range(rows)],
            "app": ["mail", "wiki", "mail"] * (rows // 3) + ["mail"] * (rows % 3),
            "lat": ["-33.9" if away else "52.5" for away in far],
            "lon": ["151.2" if away else "13.4" for away in far],
            "time0": [1_700_000_000 + 600 * row - 3600 for row in range(rows)],
        }
    ).with_columns(lat0=pl.lit("52.5"), lon0=pl.lit("13.4"))


def test_a_number_is_told_with_its_unit() -> None:
    speed = f"speed=travel({', '.join(SPEED)})"
    model = load(fit(trips(600), FitPlan("trips", ("user",), fields=("app", speed))))
    fields = tuple(replace(f, words="travel speed", unit="km/h") if f.how else f for f in model.trained.spec.fields)
    model = replace(model, trained=replace(model.trained, spec=replace(model.trained.spec, fields=fields)))
    table = trips(40, fast=6)
    assert_same_texts(model, table)
    found = model.score(pl.concat([trips(12), table]), explain="all").table["ai_reasons"]
    assert_same_texts(model, pl.concat([trips(12), table]))
    for form in (
        r"travel speed=16,097 km/h never reached for \w+ in \d days",
        r"travel speed=0 km/h in this combination",
    ):
        assert found.str.contains(form).any(), form


def test_ngrams_are_read_alike_in_fit_and_score() -> None:
    """Whole tables of every kind of derived field, explained as row by row."""
    table = sign_ins().with_columns(line=pl.concat_str("app", pl.lit(" -x C:\\t\\"), "dest", pl.lit(".exe")))
    fields = ("name=letters(dest)", "part=command_tokens(line)", "size=length(line)", "mix=entropy(dest)", "app")
    model = load(fit(table, FitPlan("m", ("user",), fields=fields)))
    assert [c.name for c in model.trained.spec.columns()][:2] == ["name.mean", "name.new"]
    odd = table.tail(60).with_columns(dest=pl.Series(["qzxjkw7-vvq", *table["dest"].tail(59)]))
    assert_same_texts(model, odd)
    assert "name=" in model.score(odd, explain="all").table["ai_reasons"][0]
