"""From a table to a scored table: what a person gets."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from hashlib import sha256

import numpy as np
import polars as pl
import pytest

from models.bundle import seal, version_of
from models.errors import DataError
from models.event_id import event_ids_of
from models.features.context import WARM_UP_WEIGHT
from models.fields import OUTPUT_FIELDS, output_names
from models.plan import FitPlan
from models.scoring import EXPLAIN_BATCH, FAST_EXPLAIN_BATCH, Model
from models.trained import Engine
from models.training import Fit, fit
from tests.models.tables import DAY_S, START_S, one, sign_ins

PLAN = FitPlan("logon", entities=("user",), fields=("dest", "app", "bytes"))


def attacks(count: int = 40) -> pl.DataFrame:
    """Sign-ins of every user to hosts of others with much data, spread over the days."""
    rows = [
        one(user=f"user{n % 8}", dest=f"secret{n % 3}", bytes=str(10**7 + n), _time=str(START_S + DAY_S + n * 7200))
        for n in range(count)
    ]
    return pl.concat(rows)


def labelled() -> pl.DataFrame:
    usual = sign_ins().with_columns(label=pl.lit("0"))
    return pl.concat([usual, attacks().with_columns(label=pl.lit("1"))])


def load(found: Fit, name: str = "logon") -> Model:
    versions = (version_of(seal("bundle", found.bundle)), version_of(seal("generation", found.generation)))
    return Model.load(name, found.bundle, versions[0], found.generation, versions[1])


@cache
def unsupervised() -> Model:
    return load(fit(sign_ins(), PLAN))


@cache
def supervised() -> Model:
    return load(fit(labelled(), replace(PLAN, label="label")))


def test_the_output_is_the_contract() -> None:
    events = pl.concat([one(), one(dest="secret1")])
    scored = unsupervised().score(events).table
    assert tuple(scored.columns) == OUTPUT_FIELDS and scored.height == 2
    assert unsupervised().score(events, prefix="net_").table.columns == list(output_names("net_"))


def test_the_strange_event_scores_higher_and_the_reason_says_why() -> None:
    scored = unsupervised().score(pl.concat([one(), one(dest="secret1", bytes="90000000")])).table
    usual, strange = scored["ai_score"].to_list()
    assert strange > 0.33 > usual
    assert "dest=secret1 never seen for user1 in 6 days (+" in scored["ai_reasons"][1]
    assert "bytes=90,000,000 never reached for" in scored["ai_reasons"][1]
    assert scored["ai_note"].to_list() == ["unsupervised_only"] * 2


@pytest.mark.parametrize("model", [unsupervised, supervised])
def test_contributions_add_up_to_the_margin(model: object) -> None:
    found: Model = model()  # type: ignore[operator]
    events = pl.concat([one(), one(dest="secret1", bytes="90000000"), one(user="stranger"), one(bytes="")])
    totals = []
    for text in found.score(events).table["ai_contributions"]:
        totals.append(sum(float(pair.rpartition(":")[2]) for pair in text.split("; ")))
    scores = found.score(events).table["ai_score"].to_list()
    base = margin_base(found, events)
    assert np.allclose(np.array(totals) + base, margins(found, events), atol=1e-4)
    assert np.argsort(totals).tolist() == np.argsort(scores).tolist()


def margins(model: Model, events: pl.DataFrame) -> np.ndarray:
    return model.trained.margin.score(model.trained.voices(heard(model, events)))


def margin_base(model: Model, events: pl.DataFrame) -> float:
    return model.trained.contributions(heard(model, events)).base


def heard(model: Model, events: pl.DataFrame, warmup_h: float = 0.0):  # type: ignore[no-untyped-def]
    from models.features.encode import encode
    from models.features.values import read_values
    from models.trained import inputs_of

    values = read_values(events, model.trained.spec)
    encoded = encode(values, model.trained.spec, model.generation)
    return inputs_of(encoded, values, model.trained.spec, warmup_h=warmup_h)


def test_labels_bring_threat_and_take_the_note_away() -> None:
    scored = supervised().score(pl.concat([one(), one(dest="secret1", bytes="10000009")])).table
    assert scored["ai_threat"][1] > 0.5 > scored["ai_threat"][0]
    assert "unsupervised_only" not in scored["ai_note"][0]
    assert unsupervised().score(one()).table["ai_threat"].to_list() == [None]


def test_few_labels_give_no_boost_and_the_card_says_so() -> None:
    table = pl.concat([sign_ins().with_columns(label=pl.lit("0")), attacks(5).with_columns(label=pl.lit("1"))])
    found = fit(table, replace(PLAN, label="label"))
    assert load(found).trained.boost is None
    assert "too few" in found.card["notes"][0]


@pytest.mark.parametrize("broken", ["model.json", "forest.roots.npy", "generation.json"])
def test_files_of_another_format_are_an_error_that_says_what_to_do(broken: str) -> None:
    found = fit(sign_ins(), PLAN)
    bundle = {name: content for name, content in found.bundle.items() if name != broken}
    past = {name: content for name, content in found.generation.items() if name != broken}
    with pytest.raises(DataError, match="cannot be read") as caught:
        Model.load("logon", bundle, "a" * 64, past, "b" * 64)
    assert "fit the model again" in caught.value.mend
    changed = {**found.bundle, "model.json": b'{"spec": 1}'}
    with pytest.raises(DataError, match="cannot be read"):
        Model.load("logon", changed, "a" * 64, found.generation, "b" * 64)


def test_the_same_table_and_seed_give_the_same_bundle() -> None:
    first, again = (fit(sign_ins(), PLAN) for _ in range(2))
    assert first == again
    assert fit(sign_ins(), replace(PLAN, seed=8)).bundle != first.bundle


def test_the_order_of_training_rows_does_not_matter() -> None:
    shuffled = sign_ins().sample(fraction=1.0, shuffle=True, seed=1)
    assert fit(shuffled, PLAN).bundle == fit(sign_ins(), PLAN).bundle


def test_known_attacks_teach_no_baseline() -> None:
    seen = supervised().score(one(dest="secret1")).table["ai_reasons"][0]
    assert "dest=secret1 never seen" in seen


def test_without_labels_the_strangest_rows_teach_nothing() -> None:
    attack = pl.concat([one(dest="secret9", bytes="90000000", _time=str(START_S + 2 * DAY_S))])
    found = fit(pl.concat([sign_ins(), attack]), PLAN)
    assert found.card["rows_left_out_of_baselines"] >= 1
    assert "dest=secret9 never seen" in load(found).score(one(dest="secret9")).table["ai_reasons"][0]


def test_scoring_is_a_pure_function() -> None:
    model, events = unsupervised(), pl.concat([one(), one(dest="secret1")])
    assert model.score(events).table.equals(model.score(events).table)


def test_rows_in_any_order_when_the_table_is_the_whole_search() -> None:
    model = load(fit(sign_ins(), PLAN))
    events = pl.concat([one(_time=str(START_S + 7 * DAY_S + n * 60), dest=f"secret{n}") for n in range(5)])
    backwards = model.score(events[::-1], whole=True).table[::-1]
    assert backwards.equals(model.score(events).table)
    assert "out_of_order" not in backwards["ai_note"][0]


def test_rows_that_run_backwards_score_as_in_order_and_say_so() -> None:
    model = load(fit(sign_ins(), PLAN))
    assert model.trained.spec.has_context
    events = pl.concat([one(_time=str(START_S + 7 * DAY_S + n * 60), dest=f"secret{n}") for n in range(5)])
    ascending, backwards = model.score(events).table, model.score(events[::-1]).table[::-1]
    assert backwards["ai_score"].equals(ascending["ai_score"])
    assert all("out_of_order" in note for note in backwards["ai_note"])


def test_surprise_counts_less_while_a_scope_warms_up_and_contributions_say_so() -> None:
    model, start = unsupervised(), START_S + 7 * DAY_S
    events = pl.concat([one(dest=f"secret{n}", user=f"user{n}", _time=str(start + n * 1800)) for n in range(4)])
    full, warm = heard(model, events).surprise.terms, heard(model, events, warmup_h=1.0).surprise.terms
    assert np.allclose(warm[:2], WARM_UP_WEIGHT * full[:2]) and np.allclose(warm[2:, :-1], full[2:, :-1])
    assert (warm[2:, -1] < full[2:, -1]).all()  # what was around it counted less
    cold, scored = model.score(events), model.score(events, warmup_h=1.0)
    assert (scored.table["ai_score"] < cold.table["ai_score"]).all()
    phi = model.trained.contributions(heard(model, events, warmup_h=1.0))
    margin = model.trained.margin.score(model.trained.voices(heard(model, events, warmup_h=1.0)))
    assert np.allclose(phi.phi.sum(axis=1) + phi.base, margin)
    assert model.score(events, warmup_h=0.0).table.equals(cold.table)


def test_a_model_without_context_warms_up_all_the_same() -> None:
    model = unsupervised()
    alone = replace(model, trained=replace(model.trained, spec=replace(model.trained.spec, context=False)))
    events = pl.concat([one(dest="secret1"), one(dest="secret1", _time=str(START_S + 9 * DAY_S))])
    full, warm = heard(alone, events).surprise.terms, heard(alone, events, warmup_h=24.0).surprise.terms
    assert np.allclose(warm[0], WARM_UP_WEIGHT * full[0]) and np.allclose(warm[1], full[1]) and full[0].sum() > 0


def test_rows_that_nobody_has_judged_are_trimmed_and_those_known_to_be_benign_are_not() -> None:
    odd = one(dest="secret9", bytes="90000000", _time=str(START_S + 2 * DAY_S))
    for label, left_out in (("", 1), ("0", 0)):
        table = pl.concat([sign_ins().with_columns(label=pl.lit("0")), odd.with_columns(label=pl.lit(label))])
        table = pl.concat([table, attacks(1).with_columns(label=pl.lit("1"))])
        assert fit(table, replace(PLAN, label="label")).card["rows_left_out_of_baselines"] == 1 + left_out


def test_the_boost_weighs_less_where_some_rows_have_no_label() -> None:
    table = labelled()
    unknown = table.with_columns(
        label=pl.when(pl.int_range(pl.len()) == pl.len() - 41).then(pl.lit("")).otherwise("label")
    )
    whole, partial = (fit(found, replace(PLAN, label="label")).card["weights"] for found in (table, unknown))
    assert 0 < partial["boost"] < 0.2 * whole["boost"] and partial["surprise"] == whole["surprise"] == 1.0


def test_a_row_without_time_is_not_called_quiet() -> None:
    reasons = unsupervised().score(one(_time="", dest="secret1"), explain="all").table["ai_reasons"][0]
    assert "bits of surprise in" not in reasons and "a quiet moment" not in reasons


def test_half_means_one_in_a_thousand_on_fresh_days_of_the_same_kind() -> None:
    model = load(fit(sign_ins(days=12, users=30, a_day=60), PLAN))
    fresh = model.score(sign_ins(days=24, users=30, a_day=60, seed=9), explain="none", whole=True).table["ai_score"]
    for score, share in ((1 / 3, 1e-2), (0.5, 1e-3)):
        assert share / 2.5 < (fresh >= score).mean() < share * 2.5


def test_another_past_is_another_version_of_the_bundle() -> None:
    """Detectors that see no difference may come from different baselines: the bundle's version tells them apart."""
    table = sign_ins()
    late = table.with_columns(app=pl.when(pl.int_range(pl.len()) == pl.len() - 1).then(pl.lit("new")).otherwise("app"))
    first, second = fit(table, PLAN), fit(late, PLAN)
    assert seal("generation", first.generation) != seal("generation", second.generation)
    assert first.bundle["model.json"] != second.bundle["model.json"]


def test_explaining_some_rows_takes_the_strangest_first() -> None:
    events = pl.concat([one(), one(dest="secret1", bytes="90000000"), one()])
    scored = unsupervised().score(events, explain=1).table
    assert [bool(text) for text in scored["ai_contributions"]] == [False, True, False]
    assert ["not_explained" in note for note in scored["ai_note"]] == [True, False, True]
    none = unsupervised().score(events, explain="none").table
    assert none["ai_contributions"].to_list() == [None] * 3
    assert none["ai_score"].equals(scored["ai_score"])


@pytest.mark.parametrize(("engine", "batch"), [("library", EXPLAIN_BATCH), ("auto", FAST_EXPLAIN_BATCH)])
def test_auto_explains_while_time_is_left_and_all_explains_all(engine: Engine, batch: int) -> None:
    events = one()[np.zeros(batch + 3, np.int64)]
    spent = unsupervised().score(events, explain="auto", time_left=lambda: 0.0, engine=engine).table
    assert spent["ai_contributions"].null_count() == 3, "the first batch is explained in any case"
    assert spent["ai_note"].str.contains("not_explained").sum() == 3
    every = unsupervised().score(events, explain="all", time_left=lambda: 0.0, engine=engine).table
    assert every["ai_contributions"].null_count() == 0


def test_the_library_gives_the_same_explanations() -> None:
    events = pl.concat([one(), one(dest="secret1", bytes="90000000"), one(user="stranger"), one(bytes="")])
    for model in (unsupervised(), supervised()):
        own, library = (amounts(model.score(events, engine=engine).table) for engine in ("auto", "library"))
        assert own.keys() == library.keys() and all(abs(own[key] - library[key]) < 1e-4 for key in own)


def amounts(scored: pl.DataFrame) -> dict[tuple[int, str], float]:
    """Contributions by row and field."""
    found = {}
    for row, text in enumerate(scored["ai_contributions"]):
        for pair in text.split("; "):
            name, _, amount = pair.rpartition(":")
            found[row, name] = float(amount)
    return found


@pytest.mark.parametrize("explain", ["all", "none", "auto", 700])
def test_threads_change_nothing_in_the_answer(explain: str | int) -> None:
    events = sign_ins(days=14, a_day=30, seed=4).with_columns(bytes=pl.lit("9e6"))
    for model in (unsupervised(), supervised()):
        alone = model.score(events, explain=explain)
        for nthread in (2, 3, 7):
            shared = model.score(events, explain=explain, nthread=nthread)
            assert shared.table.equals(alone.table) and shared.carry == alone.carry


@pytest.mark.parametrize("explain", ["some", -1])
def test_an_unknown_choice_of_explanations_is_refused(explain: str | int) -> None:
    with pytest.raises(DataError, match="explain"):
        unsupervised().score(one(), explain=explain)


def test_a_row_with_too_little_in_it_is_not_scored() -> None:
    scored = unsupervised().score(pl.concat([one(), one(dest="", app="", bytes="")])).table.row(1, named=True)
    assert scored["ai_status"] == "unscored" and scored["ai_note"] == "bad_features"
    assert scored["ai_event_id"] and all(scored[name] is None for name in OUTPUT_FIELDS[:8])


@pytest.mark.parametrize("field", ["bytes", "user"])
def test_a_missing_field_is_told(field: str) -> None:
    scored = unsupervised().score(one().drop(field)).table.row(0, named=True)
    assert scored["ai_status"] == "partial" and "missing_fields" in scored["ai_note"]


def test_a_stranger_is_cold() -> None:
    assert "cold_entity" in unsupervised().score(one(user="stranger")).table["ai_note"][0]


@pytest.mark.parametrize("explain", ["auto", "all", "none", 5])
@pytest.mark.parametrize(
    "plan",
    [
        PLAN,
        replace(PLAN, time=None),
        replace(PLAN, entities=(), time=None),
        replace(PLAN, fields=("_time:hour", "app")),
    ],
)
def test_no_rows_give_no_rows(plan: FitPlan, explain: str | int) -> None:
    model = load(fit(sign_ins(), plan))
    scored = model.score(one()[:0], explain=explain, nthread=2).table
    assert scored.height == 0 and tuple(scored.columns) == OUTPUT_FIELDS
    assert [str(dtype) for dtype in scored.dtypes] == [str(dtype) for dtype in model.score(one()).table.dtypes]


def test_rows_that_cannot_be_scored_are_not_explained() -> None:
    scored = unsupervised().score(pl.concat([one(dest="", app="", bytes="")] * 3), explain="all", nthread=2).table
    assert scored["ai_status"].to_list() == ["unscored"] * 3 and scored["ai_reasons"].null_count() == 3


def test_hostile_values_cannot_break_the_text() -> None:
    events = one(dest='x; y\n+9 (ai_score=1) "\\:', user="u;\r\nv")
    scored = unsupervised().score(events).table
    reasons = scored["ai_reasons"][0]
    assert "\n" not in reasons and "\r" not in reasons and "dest=x, y never seen" in reasons


def test_ids_are_of_the_event_alone() -> None:
    events = one(ai_score="0.5", other="x", id="y")
    ids = ("_time", "user", "_bkt")
    assert event_ids_of(events, ids).to_list() == event_ids_of(one(), ids).to_list()
    assert event_ids_of(one(user="user2"), ids)[0] != event_ids_of(one(), ids)[0]
    assert len(event_ids_of(one(), ids)[0]) == 32


@pytest.mark.parametrize("ids", [("_time", "user", "_bkt", "n"), ("absent",), ()])
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_an_id_is_the_digest_of_names_and_cells(ids: tuple[str, ...], rows: int) -> None:
    table = pl.concat([one(user=user) for user in ("ü{}", "", "a\x1fb")]).with_columns(n=pl.lit(None))[:rows]
    expected = []
    for row in table.iter_rows(named=True):
        text = "1" + "".join(f"\x1f{name}={row.get(name) or ''}" for name in ids)
        expected.append(sha256(text.encode()).hexdigest()[:32])
    assert event_ids_of(table, ids).to_list() == expected


@pytest.mark.parametrize(
    ("table", "plan", "field", "words"),
    [
        (sign_ins()[:0], PLAN, "events", "too few"),
        (one(), PLAN, "events", "too few"),
        (sign_ins().with_columns(_time=pl.lit("soon")), PLAN, "_time", "neither epoch"),
        (sign_ins().drop("_time"), PLAN, "_time", "not in the data"),
        (sign_ins().with_columns(_time=pl.lit("")), PLAN, "_time", "no row has a time"),
        (sign_ins(), replace(PLAN, fields=("absent",)), "absent", "not in the data"),
        (sign_ins(), replace(PLAN, entities=("who",)), "who", "entity field is not"),
        (sign_ins(), replace(PLAN, scope="site"), "site", "scope field is not"),
        (sign_ins(), replace(PLAN, label="verdict"), "verdict", "label field is not"),
        (sign_ins(), replace(PLAN, fields=("dest",), label="app"), "app", "no label"),
        (sign_ins(), replace(PLAN, label="app"), "app", "cannot be an input"),
        (sign_ins(), replace(PLAN, label="user"), "user", "cannot be an input"),
        (sign_ins(), replace(PLAN, fields=("app", "app:category")), "app", "named twice"),
        (sign_ins(), replace(PLAN, entities=("user", "user")), "user", "named twice"),
        (sign_ins().with_columns(pl.col("_time").cast(pl.Float64) * 1000), PLAN, "_time", "beyond the year 2100"),
        (sign_ins().with_columns(y=pl.lit("1")), replace(PLAN, label="y"), "y", "no benign rows"),
        (sign_ins().with_columns(y=pl.lit("")), replace(PLAN, label="y"), "y", "no row is labelled"),
        (sign_ins(), replace(PLAN, fields=(), recipe="nothing"), "recipe", "no recipe"),
        (sign_ins(), replace(PLAN, recipe="alerts"), "fields", "brings its own"),
        (sign_ins(), replace(PLAN, fields=(), recipe="alerts"), "recipe", "none of the recipe's fields"),
        (sign_ins().with_columns(dest=pl.lit("x")), replace(PLAN, fields=("dest",)), "fields", "constant"),
    ],
)
def test_a_fit_that_cannot_be_names_the_field_and_the_mend(
    table: pl.DataFrame, plan: FitPlan, field: str, words: str
) -> None:
    with pytest.raises(DataError, match=words) as caught:
        fit(table, plan)
    assert caught.value.field == field and caught.value.mend


@pytest.mark.parametrize(
    "plan",
    [
        replace(PLAN, time=None),
        replace(PLAN, entities=()),
        replace(PLAN, entities=("user", "dest"), fields=("app", "dest", "bytes")),
        replace(PLAN, fields=("_time:hour", "dest")),
        replace(PLAN, fields=(), recipe="authentication"),
        replace(PLAN, scope="app", fields=("dest",)),
        replace(PLAN, max_rows=100),
    ],
)
def test_every_kind_of_plan_fits_and_scores(plan: FitPlan) -> None:
    model = load(fit(sign_ins(), plan))
    scored = model.score(pl.concat([one(), one(dest="secret1")])).table
    assert scored["ai_status"].is_in(["scored", "partial"]).all()
    assert scored["ai_score"][1] >= scored["ai_score"][0]


def test_a_model_without_labels_tells_the_risk_on_its_card() -> None:
    assert "mostly attack" in fit(sign_ins(), PLAN).card["notes"][0]
