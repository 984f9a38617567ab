"""Numbers in bands, and points: rows of nothing but numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.detectors.forest import TREES
from models.errors import DataError
from models.features.encode import encode
from models.features.spec import FeatureSpec, Field
from models.features.values import read_values
from models.plan import FitPlan, resolve
from models.scoring import Model
from models.trained import inputs_of
from models.training import fit
from models.written import HUGE
from tests.models.test_fit_and_score import load

SIZE = Field("bytes", "band", edges=(10.0, 20.0))


def records(rows: int = 400, seed: int = 1) -> pl.DataFrame:
    """Connections of two services, whose sizes lie in two ranges with a gap between them; one in twenty is empty."""
    rng = np.random.default_rng(seed)
    big = rng.random(rows) < 0.5
    size = np.where(big, rng.integers(800, 1200, rows), rng.integers(20, 60, rows))
    return pl.DataFrame(
        {
            "bytes": np.where(rng.random(rows) < 0.05, 0, size).astype(str),
            "service": np.where(big, "ftp", "dns"),
            "label": np.zeros(rows, np.int64),
        }
    )


def points(rows: int = 2000, seed: int = 1) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame({name: rng.normal(size=rows) for name in "xyz"})


def test_each_number_lies_in_one_band() -> None:
    values = read_values(pl.DataFrame({"bytes": ["0", "10", "11", "99", "-3", "", "?"]}), FeatureSpec((SIZE,)))
    shown = values.tokens["bytes"]
    assert [shown.values.texts[int(at)] for at in shown.values.at] == [
        "0",
        "up to 10",
        "10 to 20",
        "above 20",
        "up to 10",
    ]
    assert shown.rows.tolist() == [0, 1, 2, 3, 4] and "bytes" not in values.numbers
    assert len(set(shown.values.distinct.tolist())) == 4


def test_a_field_of_zeros_has_two_bands() -> None:
    table = pl.DataFrame({"bytes": ["0"] * 30, "service": ["a", "b"] * 15})
    spec = resolve(table, FitPlan("n", time=None, fields=("bytes:band", "service"))).spec
    assert spec.fields[0].edges == ()
    shown = read_values(pl.DataFrame({"bytes": ["0", "7"]}), spec).tokens["bytes"]
    assert shown.values.texts.to_list() == ["0", "not 0"] and shown.values.at.tolist() == [0, 1]


def test_attacks_do_not_shift_the_bands() -> None:
    benign = records()
    attacks = pl.DataFrame({"bytes": ["1000000"] * 300, "service": ["ftp"] * 300, "label": [1] * 300})
    plan = FitPlan("n", time=None, entities=("service",), fields=("bytes:band",), label="label")
    edges = [resolve(table, plan).spec.fields[0].edges for table in (benign, pl.concat([benign, attacks]))]
    assert edges[0] == edges[1] and 4 < len(edges[0]) <= 8 and edges[0][-1] < 1200


def test_numbers_that_are_no_sizes_give_bands_that_can_be_read_back() -> None:
    """Such as a time in milliseconds, or a counter that ran over."""
    huge = records().with_columns(
        bytes=pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("1e300")).otherwise("bytes")
    )
    found = fit(huge, FitPlan("n", time=None, entities=("service",), fields=("bytes:band", "service")))
    assert load(found).trained.spec.fields[0].edges[-1] == HUGE


def test_a_point_too_large_for_the_matrix_is_as_large_as_it_holds() -> None:
    spec = FeatureSpec(tuple(Field(name, "number") for name in "xyz"))
    huge = pl.concat([points(), pl.DataFrame({"x": [1e300], "y": [-1e300], "z": [0.0]})])
    model = load(fit(huge, FitPlan("p", time=None)))
    matrix = encode(read_values(huge.tail(1), spec), spec, model.generation).matrix
    assert matrix[0].tolist() == [np.finfo(np.float32).max, np.finfo(np.float32).min, 0.0]


def test_a_size_too_small_for_its_service_is_strange() -> None:
    """As a number it is not: it is among the smaller ones."""
    odd = pl.DataFrame({"bytes": ["40", "1000"], "service": ["ftp", "ftp"]})
    scores = {}
    for kind in ("band", "number"):
        found = fit(records(), FitPlan("n", time=None, entities=("service",), fields=(f"bytes:{kind}", "service")))
        model = load(found)
        values = read_values(odd, model.trained.spec)
        scores[kind] = encode(values, model.trained.spec, model.generation).surprise.sum(axis=1)
    assert scores["band"][0] > 2 and scores["band"][1] == 0
    assert scores["number"][0] == 0


def test_the_reason_names_the_band() -> None:
    model = load(fit(records(), FitPlan("n", time=None, entities=("service",), fields=("bytes:band", "service"))))
    reasons = model.score(pl.DataFrame({"bytes": ["40"], "service": ["ftp"]})).table["ai_reasons"][0]
    assert "bytes=" in reasons and " to " in reasons and "never seen for ftp" in reasons


@pytest.mark.parametrize("edges", [(2.0, 1.0), (1.0, 1.0), (float("inf"),), ("a",)])
def test_edges_that_do_not_rise_are_refused(edges: tuple[float, ...]) -> None:
    told = FeatureSpec((SIZE,)).to_json()
    assert FeatureSpec.from_json(told) == FeatureSpec((SIZE,))
    told["fields"] = [told["fields"][0] | {"edges": edges}]
    with pytest.raises(DataError):
        FeatureSpec.from_json(told)


def test_points_are_seen_as_they_are() -> None:
    """Each number is a column, unscaled: what lies in an empty middle is as strange as what lies outside."""
    spec = FeatureSpec(tuple(Field(name, "number") for name in "xyz"))
    assert spec.plain and [column.name for column in spec.columns()] == ["x", "y", "z"]
    model = load(fit(points(), FitPlan("p", time=None)))
    values = read_values(points(5, seed=2), model.trained.spec)
    matrix = encode(values, model.trained.spec, model.generation).matrix
    assert matrix == pytest.approx(points(5, seed=2).to_numpy().astype(np.float32))


@pytest.mark.parametrize("other", [{"time": "_time"}, {"entities": ("user",)}])
def test_events_are_no_points(other: dict[str, object]) -> None:
    spec = FeatureSpec((Field("x", "number"),))
    assert spec.plain and not replace(spec, **other).plain  # type: ignore[arg-type]
    assert not FeatureSpec((Field("x", "number"), Field("app", "category"))).plain


def test_a_point_that_is_small_in_everything_is_found() -> None:
    """A surprise of sizes finds large numbers only; the forest leads here, and sees both ends."""
    model = load(fit(points(), FitPlan("p", time=None)))
    usual = model.score(points(500, seed=3), explain="none").table["ai_score"].to_numpy()
    low = model.score(pl.DataFrame({name: [-6.0] for name in "xyz"})).table["ai_score"][0]
    assert low > np.quantile(usual, 0.999)
    assert model.trained.margin.weights[0] == 0.0 and len(model.trained.forest.roots) > TREES


def contributions_of(model: Model, table: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    trained, values = model.trained, read_values(table, model.trained.spec)
    inputs = inputs_of(encode(values, trained.spec, model.generation), values, trained.spec)
    given = trained.contributions(inputs)
    return given.phi.sum(axis=1) + given.base, trained.margin.score(trained.voices(inputs))


def test_contributions_of_points_and_bands_add_up() -> None:
    banded = load(fit(records(), FitPlan("n", time=None, entities=("service",), fields=("bytes:band", "service"))))
    for model, table in ((banded, records(50, 2)), (load(fit(points(), FitPlan("p", time=None))), points(50, 2))):
        total, margin = contributions_of(model, table)
        assert np.abs(total - margin).max() < 1e-6
