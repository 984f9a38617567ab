"""Sequences: many values a row, repeats counted, weighed together against their owner's own habit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.arrays import array_bytes
from models.detectors.surprise import OWN_SHARE
from models.errors import DataError
from models.features.baseline import Generation
from models.features.encode import encode
from models.features.own import Norm, Own, out_of_fold, places
from models.features.partition import learn
from models.features.spec import FeatureSpec, Field, parse_field
from models.features.values import Values, read_values
from models.guard import Guard, teaches
from models.plan import FitPlan
from models.scoring import Model
from models.trained import inputs_of
from models.training import Fit, fit

DAY_S = 86_400
START_S = 1_700_006_400
COMMANDS = Field("commands", "sequence")
MOVES = Field("moves", "sequence", how="steps", of=("commands",))
SPEC = FeatureSpec((COMMANDS, MOVES), ("user",), "_time", "user", context=False)


def session(rng: np.random.Generator, user: int, strange: float = 0.0) -> str:
    """Forty commands of the user's own ten, a share of which are of the whole place's."""
    own, any_ = rng.integers(user * 10, user * 10 + 10, 40), rng.integers(100, 400, 40)
    wanders = 0.3 if user == 0 else 0.02
    return "\n".join(f"c{c}" for c in np.where(rng.random(40) < wanders + strange, any_, own))


def sessions(days: int = 30, users: int = 4, seed: int = 1, strange: float = 0.0) -> pl.DataFrame:
    """A session a user and day. User 0 wanders, the others keep to themselves."""
    rng = np.random.default_rng(seed)
    rows = [(START_S + DAY_S * day, user) for day in range(days) for user in range(users)]
    return pl.DataFrame(
        {
            "_time": [str(time) for time, _ in rows],
            "user": [f"u{user}" for _, user in rows],
            "commands": [session(rng, user, strange) for _, user in rows],
        }
    )


@pytest.fixture(scope="module")
def fitted() -> Fit:
    fields = ("commands:sequence", "moves=steps(commands)")
    return fit(sessions(), FitPlan("s", entities=("user",), fields=fields, scope="user"))


@pytest.fixture(scope="module")
def model(fitted: Fit) -> Model:
    return load(fitted)


def load(fitted: Fit, **changed: bytes) -> Model:
    return Model.load("s", {**fitted.bundle, **changed}, "b" * 12, fitted.generation, "g" * 12)


def taught(values: Values, spec: FeatureSpec = SPEC) -> Generation:
    teaches = np.ones(values.count, np.bool_)
    return Generation.publish(learn(values, spec, teaches).fold(spec), spec)


def test_repeats_are_kept_and_steps_follow_the_order() -> None:
    table = pl.DataFrame({"user": ["a", "a"], "commands": ["ls\ncat\nls\ncat", ""], "__mv_commands": ["", "$x$;$y$"]})
    values = read_values(table, replace(SPEC, time=None, scope=None))
    shown = values.tokens["commands"]
    assert [shown.values.texts[int(at)] for at in shown.values.at] == ["ls", "cat", "x", "y"]
    assert shown.rows.tolist() == [0, 0, 1, 1] and shown.times is not None and shown.times.tolist() == [2, 2, 1, 1]
    moves = values.tokens["moves"]
    assert [moves.values.texts[int(at)] for at in moves.values.at] == ["ls > cat", "cat > ls", "x > y"]
    assert moves.times is not None and moves.times.tolist() == [2, 1, 1]
    second = values.slice(1, 2).tokens["moves"]
    assert second.times is not None and second.times.tolist() == [1] and second.rows.tolist() == [0]


def test_a_sequence_may_be_asked_for_by_name() -> None:
    assert parse_field("moves=steps(commands)").kind == "sequence"
    assert parse_field("commands:sequence").kind == "sequence"


def test_what_a_row_repeats_counts_as_often() -> None:
    table = pl.DataFrame({"user": ["a"], "commands": ["ls\nls\nls\ncat"]})
    partition = learn(read_values(table, replace(SPEC, time=None, scope=None)), SPEC, np.ones(1, np.bool_))
    assert sorted(partition.tables["commands"].counts.tolist()) == [1, 3]


def test_the_columns_by_hand() -> None:
    """User a showed x 30 times and y 10 times, b showed y 10 times and z 10 times; a row of a: x twice, z once."""
    past = {"user": ["a"] * 10 + ["b"] * 10, "commands": ["x\nx\nx\ny"] * 10 + ["y\nz"] * 10}
    spec = FeatureSpec((COMMANDS,), ("user",))
    row = read_values(pl.DataFrame({"user": ["a"], "commands": ["x\nz\nx"]}), spec)
    found = encode(row, spec, taught(read_values(pl.DataFrame(past), spec), spec)).matrix[0]
    x, z = 0.5 / (20 + 0.5 * 4), 10.5 / (20 + 0.5 * 4)
    ratios = {"x": np.log2(x / ((30 + 25 * x) / 65)), "z": np.log2(z / ((0 + 25 * z) / 65))}
    damped = (np.log(3) * ratios["x"] + np.log(2) * ratios["z"]) / (np.log(3) + np.log(2))
    expected = [(2 * ratios["x"] + ratios["z"]) / 3, damped, 1 - np.sqrt(30 * 2 / (40 * 3)), 1 / 3]
    assert found[2:] == pytest.approx(expected, abs=1e-6)
    assert found[1] == 0.0, "z is known to somebody"


def test_out_of_fold_no_row_stands_in_its_own_past() -> None:
    table = sessions(20, users=2).with_columns(
        commands=pl.concat_str("commands", pl.format("\nonce{}", pl.int_range(pl.len())))
    )
    values = read_values(table, SPEC)
    columns = [column.name for column in SPEC.columns()]
    found = out_of_fold(values, SPEC, np.ones(values.count, np.bool_))[:, columns.index("commands@user.new")]
    assert (found[values.entities["user"] == values.entities["user"][1]] >= 1 / 41 - 1e-6).all()


def test_each_owner_has_a_spread_of_its_own() -> None:
    """The same step is stranger for one who keeps still than for one who wanders; who is unknown is held to all."""
    rng = np.random.default_rng(3)
    still, wanders = rng.normal(5, 1, 200), rng.normal(7, 10, 200)
    owners = np.repeat(np.array([4, 9], np.uint64), 200)
    norm = Norm.fit(np.concatenate([still, wanders])[:, None], owners)
    z = norm.z(np.array([[15.0], [15.0], [15.0]], np.float32), np.array([4, 9, 5], np.uint64))[:, 0]
    assert z[0] > 3 * z[1] > 0 and z[1] < z[2] < z[0]


def test_the_floor_holds_a_spread_up() -> None:
    columns = np.concatenate([np.full(50, 1.0), np.random.default_rng(1).normal(0, 1, 50)])[:, None]
    norm = Norm.fit(columns, np.repeat(np.array([4, 9], np.uint64), 50))
    assert norm.spread[0, 0] == pytest.approx(0.2 * columns.std())
    assert norm.roster.tolist() == [4, 9] and Norm.fit(columns[:9], np.full(9, 4, np.uint64)).roster.tolist() == []


def test_a_masquerade_stands_out_where_its_owner_keeps_to_itself(model: Model) -> None:
    usual, other = sessions(20, seed=7), sessions(20, seed=8, strange=0.25)
    found, strange = (model.score(table, explain="none").table["ai_score"].to_numpy() for table in (usual, other))
    quiet = np.arange(len(found)) % 4 != 0
    assert strange[quiet].min() > np.quantile(found, 0.95)
    assert np.median(strange[quiet]) > np.median(strange[~quiet]), "for the one who wanders it is less strange"


def test_without_spreads_of_their_own_the_wanderer_seems_stranger(model: Model) -> None:
    """What the norms are for: with one norm for all, user 0's own days are the strangest."""
    own = model.trained.own
    assert own is not None
    none = {key: Norm(norm.roster[:0], norm.center[-1:], norm.spread[-1:]) for key, norm in own.norms.items()}
    blind = replace(model, trained=replace(model.trained, own=Own(none)))
    wanders = np.arange(80) % 4 == 0

    def lead(one: Model) -> float:
        score = one.score(sessions(20, seed=7), explain="none").table["ai_score"].to_numpy()
        return float(np.median(score[wanders]) - np.median(score[~wanders]))

    assert lead(blind) > lead(model) + 0.05


@pytest.mark.parametrize("time", ["_time", None])
def test_contributions_add_up_exactly(time: str | None) -> None:
    """With the context of the moment, which the bits of the sequences feed, and without."""
    fields = ("commands:sequence", "moves=steps(commands)")
    model = load(fit(sessions(12), FitPlan("s", entities=("user",), time=time, fields=fields)))
    trained, values = model.trained, read_values(sessions(5, seed=5, strange=0.1), model.trained.spec)
    inputs = inputs_of(encode(values, trained.spec, model.generation), values, trained.spec, own=trained.own)
    margin, given = trained.margin.score(trained.voices(inputs)), trained.contributions(inputs)
    assert trained.spec.has_context == (time is not None)
    assert np.abs(given.phi.sum(axis=1) + given.base - margin).max() < 1e-6
    assert np.abs(given.phi[:, :2]).max() > 0.1


def test_the_bits_are_of_the_mean_z(model: Model) -> None:
    trained, values = model.trained, read_values(sessions(5, seed=5), model.trained.spec)
    inputs = inputs_of(encode(values, trained.spec, model.generation), values, trained.spec, own=trained.own)
    place = {(field.name, level): place for field, level, place in places(trained.spec)}["commands", "user"]
    z = inputs.matrix[:, place].astype(np.float64).mean(axis=1)
    assert inputs.surprise.terms[:, 0] == pytest.approx(OWN_SHARE * np.log2(1 + 2**z), rel=1e-5)


def test_what_scores_high_does_not_teach(model: Model) -> None:
    """The guard of learning hears sequences as scoring does."""
    table = sessions(20, seed=8, strange=0.25)
    score = model.score(table, explain="none").table["ai_score"].to_numpy()
    verdict = teaches(read_values(table, model.trained.spec), model, Guard(0.3))
    assert np.array_equal(verdict.teaches, score < 0.3) and 0 < verdict.teaches.sum() < 20


def test_an_unknown_user_is_held_to_everyone(model: Model) -> None:
    stranger = sessions(1).with_columns(user=pl.lit("nobody"))
    found = model.score(stranger).table
    assert found["ai_score"].is_finite().all() and found["ai_note"].str.contains("cold_entity").all()


def test_a_row_scores_alone_as_in_a_table(model: Model) -> None:
    table = sessions(3, seed=9)
    whole = model.score(table, explain="none").table["ai_score"].to_list()
    assert [model.score(table[at : at + 1], explain="none").table["ai_score"][0] for at in range(12)] == whole


def test_reasons_name_each_value_once(model: Model) -> None:
    row = sessions(1).with_columns(commands=pl.lit("\n".join(["evil"] * 30)))[1:2]
    reasons = model.score(row, explain="all").table["ai_reasons"][0]
    assert reasons.count("commands=evil never seen for u1") == 1 and "moves=evil > evil never seen" in reasons


def test_a_spec_without_sequences_keeps_nothing_of_it(fitted: Fit) -> None:
    table = sessions(12).with_columns(app=pl.col("commands").str.slice(0, 3))
    plain = fit(table, FitPlan("p", entities=("user",), fields=("app:category",)))
    assert not [name for name in plain.bundle if name.startswith("own.")] and load(plain).trained.own is None
    assert [name for name in fitted.bundle if name.startswith("own.")]


@pytest.mark.parametrize(
    ("name", "damaged"),
    [
        ("own.0.roster.npy", array_bytes(np.array([3, 3], np.uint64))),
        ("own.1.center.npy", array_bytes(np.zeros((2, 4)))),
        ("own.1.center.npy", array_bytes(np.zeros(20))),
        ("own.1.center.npy", array_bytes(np.full((5, 4), np.nan))),
        ("own.1.spread.npy", array_bytes(np.zeros((5, 4)))),
        ("own.1.spread.npy", array_bytes(np.full((5, 4), np.inf))),
        ("own.3.spread.npy", b""),
    ],
)
def test_damaged_norms_are_refused(fitted: Fit, name: str, damaged: bytes) -> None:
    assert name in fitted.bundle
    load(fitted)
    with pytest.raises(DataError):
        load(fitted, **{name: damaged})


def test_a_missing_norm_is_refused(fitted: Fit) -> None:
    bundle = {name: content for name, content in fitted.bundle.items() if name != "own.0.center.npy"}
    with pytest.raises(DataError):
        load(replace(fitted, bundle=bundle))


def test_a_field_that_is_never_filled_does_not_keep_the_others_from_speaking() -> None:
    table = sessions(12).with_columns(done=pl.lit(""))
    plan = FitPlan("s", entities=("user",), fields=("commands:sequence", "done:sequence"), force=True)
    scored = load(fit(table, plan)).score(table.tail(4)).table
    assert scored["ai_score"].is_finite().all() and scored["ai_contributions"].str.contains("commands:").all()
