"""`ai_note=quality`: rows scored on a field that broke, and none of an honest chunk."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from models.errors import DataError
from models.features.spec import FeatureSpec, Field
from models.plan import FitPlan
from models.quality.normal import BLOCK_ROWS, new_columns
from models.scoring import Model
from models.simulator import simulate
from models.training import Fit, fit
from tests.models.test_fit_and_score import load

COUNT = 300
ROW = pl.int_range(pl.len())


@cache
def company() -> tuple[Fit, pl.DataFrame]:
    sim = simulate(seed=5, users=60)
    return fit(sim.before().cast(pl.String), FitPlan("m", recipe="authentication")), sim.after().cast(pl.String)


def model() -> Model:
    return load(company()[0])


def chunk(count: int = COUNT) -> pl.DataFrame:
    return company()[1][2000 : 2000 + count]


def noted(events: pl.DataFrame, found: Model | None = None) -> list[bool]:
    notes = (found or model()).score(events, explain="none").table["ai_note"]
    return ["quality" in note.split(",") for note in notes.to_list()]


BROKEN = [
    ("empty", pl.lit("").alias("app"), 1.0),
    ("nearly empty", pl.when(ROW % 25 == 0).then("app").otherwise(pl.lit("")).alias("app"), 0.96),
    ("no numbers", pl.format("{} B", "bytes_1h").alias("bytes_1h"), 1.0),
    ("a thousand times as large", (pl.col("bytes_1h").cast(pl.Float64) * 1000).cast(pl.String), 1.0),
    ("a thousandth", (pl.col("bytes_1h").cast(pl.Float64) / 1024).cast(pl.String), 1.0),
    ("renamed", pl.col("dest").str.to_uppercase(), 1.0),
]


@pytest.mark.parametrize(("what", "spoil", "share"), BROKEN, ids=[case[0] for case in BROKEN])
def test_rows_scored_on_a_broken_field_say_so(what: str, spoil: pl.Expr, share: float) -> None:
    assert not any(noted(chunk()))
    assert np.mean(noted(chunk().with_columns(spoil))) == pytest.approx(share)


def test_only_the_rows_concerned_are_noted() -> None:
    spoilt = chunk().with_columns(pl.when(ROW % 25 == 0).then("app").otherwise(pl.lit("")).alias("app"))
    assert noted(spoilt) == (spoilt["app"] == "").to_list()
    late = chunk().with_columns(pl.when(ROW % 4 > 0).then(pl.lit("")).otherwise("app").alias("app"))
    assert not any(noted(late)), "a quarter is left: less than usual, but not gone"


def test_a_short_chunk_is_not_judged() -> None:
    empty = pl.lit("").alias("app")
    assert all(noted(chunk(BLOCK_ROWS).with_columns(empty)))
    assert not any(noted(chunk(BLOCK_ROWS - 1).with_columns(empty)))


def test_the_note_changes_nothing_else() -> None:
    spoilt = chunk().with_columns(pl.col("dest").str.to_uppercase())
    blind = replace(model(), trained=replace(model().trained, normal=None))
    seeing, unseeing = (one.score(spoilt).table for one in (model(), blind))
    assert seeing.drop("ai_note").equals(unseeing.drop("ai_note"))
    assert seeing["ai_note"].str.strip_suffix(",quality").equals(unseeing["ai_note"])


@pytest.mark.parametrize("size", [200, 450, 2000])
def test_honest_chunks_are_not_noted(size: int) -> None:
    events = company()[1]
    starts = range(0, events.height - size + 1, size)
    assert len(starts) > 3 and not any(any(noted(events[start : start + size])) for start in starts)


def test_a_field_called_like_a_column_of_another_is_not_taken_for_it() -> None:
    spec = FeatureSpec((Field("app.new", "category"), Field("app", "category"), Field("dest", "category")))
    names = [(column.field, column.name) for column in spec.columns()]
    assert new_columns(spec) == {name: names.index((name, f"{name}.new")) for name in ("app.new", "app", "dest")}
    turned = replace(spec, fields=spec.fields[1::-1])
    assert new_columns(turned) == {"app": 1, "app.new": 3}


def test_a_history_too_short_to_tell_judges_nothing() -> None:
    short = load(fit(chunk(1500), FitPlan("m", recipe="authentication")))
    assert short.trained.normal is not None and not short.trained.normal.fields
    assert not any(noted(chunk().with_columns(pl.lit("").alias("app")), short))


def changed(**facts: object) -> Fit:
    found = company()[0]
    told = json.loads(found.bundle["model.json"])
    told["normal"]["bytes_1h"] |= facts
    return replace(found, bundle={**found.bundle, "model.json": json.dumps(told).encode()})


def test_a_bundle_without_it_still_scores_and_judges_nothing() -> None:
    found = company()[0]
    told = json.loads(found.bundle["model.json"])
    del told["normal"]
    old = load(replace(found, bundle={**found.bundle, "model.json": json.dumps(told).encode()}))
    assert not any(noted(chunk().with_columns(pl.lit("").alias("app")), old))


@pytest.mark.parametrize(
    "facts",
    [
        {"filled": 2.0}, {"filled": None}, {"filled": "1"}, {"known": -1}, {"low": 5, "high": 4}, {"low": None},
        {"high": float("nan")}, {"low": -1e300},
    ],
)  # fmt: skip
def test_what_no_fit_could_have_found_is_refused(facts: dict[str, object]) -> None:
    load(changed())
    with pytest.raises(DataError, match="fit the model again"):
        load(changed(**facts))


def test_what_was_usual_in_a_field_that_is_not_read_is_refused() -> None:
    told = json.loads(company()[0].bundle["model.json"])
    told["normal"]["unread"] = told["normal"]["bytes_1h"]
    files = {**company()[0].bundle, "model.json": json.dumps(told).encode()}
    with pytest.raises(DataError, match="fit the model again"):
        load(replace(company()[0], bundle=files))


@pytest.mark.parametrize("normal", [[], 7, "x", {"stranger": {"filled": 1.0}}, {"app": []}])
def test_strange_kinds_are_refused(normal: object) -> None:
    found = company()[0]
    told = json.loads(found.bundle["model.json"]) | {"normal": normal}
    with pytest.raises(DataError, match="fit the model again"):
        load(replace(found, bundle={**found.bundle, "model.json": json.dumps(told).encode()}))
