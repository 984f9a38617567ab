"""Made-up attacks that a new generation must still catch."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.canaries import SILENT, TOLERATED, Heard, drawn_from, listen
from models.features.ageing import Ageing, fold
from models.features.hashing import code_of
from models.guard import Guard
from models.learning import learn_days
from models.plan import FitPlan
from models.scoring import Model
from models.training import fit
from sidecar.app import open_house
from sidecar.errors import CallerError
from sidecar.settings import Settings
from sidecar.tasks import fit as fitting
from sidecar.tasks.learn import LearnOptions, run
from tests.models.tables import DAY_S, sign_ins

FIELDS = ("dest", "app", "bytes", "_time:hour")


@cache
def reference(*fields: str, entity: str = "user") -> Model:
    entities = (entity,) if entity else ()
    made = fit(sign_ins(days=12), FitPlan("m", entities=entities, fields=fields or FIELDS))
    model = Model.load("m", made.bundle, "b" * 64, made.generation, "a" * 64)
    return replace(model, trained=replace(model.trained, thresholds=(0.1, 0.15, 0.67, 0.83)))


def later() -> pl.DataFrame:
    """The twelve days after those of the fit."""
    table = sign_ins(days=12, seed=4)
    return table.with_columns((pl.col("_time").cast(pl.Float64) + 12 * DAY_S).cast(pl.String))


def test_honest_days_leave_the_canaries_singing() -> None:
    model = reference()
    days = learn_days(later(), model, Guard()).days
    found = listen(model, fold(days, model.trained.spec, Ageing(), {}))
    assert found.safe and found.before > 0.2 * found.drawn and found.entities >= 2


def test_they_go_quiet_where_nothing_is_known_of_anybody_any_more() -> None:
    found = listen(reference(), fold({}, reference().trained.spec, Ageing(), {}))
    assert not found.safe and found.after < found.before and found.fields


def test_a_fall_of_the_share_or_silent_entities_are_refused() -> None:
    assert Heard(1000, 500, 480, 20, 100, 2, ()).safe
    assert not Heard(1000, 500, 479, 21, 100, 2, ()).safe
    assert Heard(1000, 500, 479, 80, 100, 2, ()).safe, "21 of 139 changes may be chance"
    assert not Heard(1000, 500, 500, 0, 100, 3, ()).safe
    assert Heard(1000, 500, 500, 0, 10, 1, ()).safe and SILENT == 0.5 and TOLERATED == 0.02


def test_an_entity_is_silent_that_loses_half_of_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 7 caught nothing is told, whatever is lost; of 8, 4 lost are half, and 3 are not."""
    model, drawn = reference(), drawn_from(reference())
    assert drawn
    caught = np.zeros((2, 8, len(drawn.changes)))
    for entity, (before, after) in enumerate([(7, 0), (8, 4), (8, 5), (8, 0)]):
        caught[0, entity, :before] = caught[1, entity, :after] = 1.0
    scores = iter(caught.reshape(2, -1))
    monkeypatch.setattr("models.canaries.scores_alone", lambda *_: next(scores))
    heard = listen(model, model.generation)
    assert (heard.before, heard.after, heard.quiet) == (31, 9, 22) and (heard.entities, heard.silent) == (3, 2)


def test_who_has_hardly_a_past_has_no_canaries() -> None:
    guest = sign_ins().head(3).with_columns(user=pl.lit("guest"))
    made = fit(pl.concat([sign_ins(), guest]).sort("_time"), FitPlan("m", entities=("user",), fields=FIELDS))
    drawn = drawn_from(Model.load("m", made.bundle, "b" * 64, made.generation, "a" * 64))
    assert drawn and set(drawn.values.owners["user"].codes.tolist()) == {code_of(f"user{n}") for n in range(8)}


def test_they_follow_from_the_reference_alone() -> None:
    one, other = drawn_from(reference()), drawn_from(replace(reference(), id="another"))
    assert one and other and one.values.count == other.values.count
    for field in ("dest", "app"):
        assert np.array_equal(one.values.tokens[field].codes, other.values.tokens[field].codes)


def test_the_usual_row_is_the_entitys_own_and_the_foreign_value_is_not() -> None:
    model, drawn = reference(), drawn_from(reference())
    assert drawn
    history = sign_ins(days=12)
    dest = dict(zip(drawn.values.tokens["dest"].rows.tolist(), drawn.values.tokens["dest"].codes.tolist(), strict=True))
    for row in range(drawn.values.count):
        user = next(f"user{n}" for n in range(8) if code_of(f"user{n}") == int(drawn.values.owners["user"].codes[row]))
        own = {code_of(host) for host in history.filter(pl.col("user") == user)["dest"]}
        how = drawn.changes[drawn.changed[row]].get("dest", "")
        everybody = {code_of(host) for host in history["dest"]}
        assert (dest[row] in own) == (how == "") and (dest[row] in everybody) == (how != "unknown")
    assert model.trained.spec.entities == ("user",)


def test_a_number_far_beyond_all_is_a_number_still() -> None:
    wild = pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("1e300")).otherwise(pl.lit("1"))
    made = fit(sign_ins().with_columns(bytes=wild), FitPlan("m", entities=("user",), fields=("dest", "bytes:number")))
    drawn = drawn_from(Model.load("m", made.bundle, "b" * 64, made.generation, "a" * 64))
    assert drawn and np.isfinite(drawn.values.numbers["bytes"]).all()


def test_a_model_without_entities_has_none() -> None:
    assert drawn_from(reference(entity="")) is None
    assert listen(reference(entity=""), reference(entity="").generation).safe


def test_a_refused_generation_is_not_published_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = open_house(Settings(home=tmp_path), by="ann", local=True)
    fitting.run(sign_ins(), fitting.FitOptions(model="m", entity=("user",), fields=FIELDS), house)
    run(sign_ins(days=1, seed=5), LearnOptions(model="m"), house)
    before = house.shelf.line("m").champion
    table = later().head(400)
    with monkeypatch.context() as deaf:
        deaf.setattr("sidecar.tasks.learn.listen", lambda *_: Heard(100, 50, 40, 10, 8, 3, ("dest",)))
        with pytest.raises(
            CallerError, match="not published: of 100 made-up attacks .* catches 50, with these days 40"
        ):
            run(table, LearnOptions(model="m"), house)
    assert house.shelf.line("m").champion == before
    entry = house.ledger.entries()[-1]
    assert (entry.kind, entry.by, entry.body["canaries"]["silent"]) == ("learn_refused", "ann", 3)
    run(table, LearnOptions(model="m"), house)
    after = house.shelf.line("m").champion
    assert before and after and after.generation != before.generation and before.days.keys() < after.days.keys()
