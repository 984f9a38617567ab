"""Peers: a level between everyone and the entity, of groups that the events name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl
import pytest

from models.arrays import array_bytes, read_array
from models.errors import DataError
from models.features.baseline import Generation
from models.features.encode import CATEGORY_CLIP_BITS, encode, examine
from models.features.hashing import MISSING, code_of
from models.features.partition import learn
from models.features.peers import Groups, Membership
from models.features.spec import FeatureSpec, Field, Peers
from models.features.tally import Counts, Tally
from models.features.values import read_values
from models.plan import FitPlan
from models.scoring import Model
from models.training import fit
from tests.models.tables import one, sign_ins
from tests.models.test_fit_and_score import load

TEAM = (Peers("user", "team"),)
SPEC = FeatureSpec((Field("dest", "category"), Field("bytes", "number")), ("user",), peers=TEAM)
SPAN = "8 days"


def team_of(user: str) -> str:
    return "finance" if int(user[4:]) % 2 else "it"


def past(days: int = 8, seed: int = 1) -> pl.DataFrame:
    """Sixteen users, two teams: one row in ten is a sign-in to the team's own server."""
    table = sign_ins(users=16, days=days, seed=seed)
    team = pl.Series("team", [team_of(user) for user in table["user"]])
    shared = pl.Series(np.random.default_rng(seed).random(table.height) < 0.1)
    dest = pl.when(shared).then("srv-" + team).otherwise(pl.col("dest"))
    return table.with_columns(team, dest=dest, site=pl.Series([f"site{int(user[4:]) % 4}" for user in table["user"]]))


@cache
def published(spec: FeatureSpec = SPEC) -> Generation:
    values = read_values(past(), spec)
    return Generation.publish(learn(values, spec, np.ones(values.count, np.bool_)).fold(spec), spec, SPAN)


@cache
def model(*peers: str, entities: tuple[str, ...] = ("user",)) -> Model:
    return load(fit(past(), FitPlan("m", entities=entities, fields=("dest", "app", "bytes"), peers=peers)))


def look(event: pl.DataFrame, spec: FeatureSpec = SPEC) -> tuple[dict[str, float], float]:
    """The columns of one row, and the surprise of its first field."""
    found = encode(read_values(event, spec), spec, published(spec))
    return dict(zip([c.name for c in spec.columns()], found.matrix[0].tolist(), strict=True)), found.surprise[0, 0]


def reasons(event: pl.DataFrame, found: Model) -> str:
    return str(found.score(event, explain="all").table["ai_reasons"][0])


def share_of(group: str, dest: str) -> tuple[float, float]:
    """What a group says of a value, and everyone, counted by hand (models/features/level.py has the formulas)."""
    table = past()
    counts = dict(table["dest"].value_counts().iter_rows())
    own = dict(table.filter(team=group)["dest"].value_counts().iter_rows())
    rare = sum(1 for times in counts.values() if times == 1)
    mass = sum(times for times in counts.values() if times <= counts[dest]) if dest in counts else rare
    above = min(1.0, (mass + 0.5) / (table.height + 1))
    mass = sum(times for times in own.values() if times <= own[dest]) if dest in own else 0
    return (mass + len(own) * above) / (sum(own.values()) + len(own)), above


@pytest.mark.parametrize(("team", "dest"), [("it", "srv-it"), ("finance", "srv-it"), ("it", "nowhere")])
def test_the_peers_share_is_theirs_smoothed_by_everyones_and_smooths_the_entitys(team: str, dest: str) -> None:
    user = "user1" if team == "finance" else "user2"
    columns, _ = look(one(user=user, dest=dest).with_columns(team=pl.lit(team)))
    peers, everyone = share_of(team, dest)
    assert columns["dest"] == pytest.approx(-np.log2(everyone)) and columns["dest@~user"] == pytest.approx(
        -np.log2(peers)
    )
    own = past().filter(user=user)["dest"].value_counts()
    times = dict(own.iter_rows()).get(dest, 0)
    mass = own.filter(pl.col("count") <= times)["count"].sum()
    expected = (mass + own.height * peers) / (own["count"].sum() + own.height)
    assert columns["dest@user"] == pytest.approx(-np.log2(expected))


def test_what_is_strange_for_the_peers_only_surprises() -> None:
    """Everybody knows the server and a stranger has no past: the group alone can tell."""
    stranger = one(user="stranger", dest="srv-it")
    columns, alone = look(stranger.with_columns(team=pl.lit("")))
    assert np.isnan(columns["dest@~user"]) and np.isnan(columns["dest@user"]) and alone == 0
    columns, among = look(stranger.with_columns(team=pl.lit("finance")))
    assert columns["dest@~user.new"] == 1 and among == pytest.approx(columns["dest@~user"] - CATEGORY_CLIP_BITS)


def test_peers_do_not_speak_of_whom_has_a_past() -> None:
    """What somebody does every day is not strange because nobody else of a group does it."""
    columns, among = look(one(user="user1", dest="srv-finance").with_columns(team=pl.lit("it")))
    assert columns["dest@~user"] > columns["dest@user"] + 1 > columns["dest"]
    assert among == pytest.approx(columns["dest@user"] - CATEGORY_CLIP_BITS)


def test_a_row_belongs_to_the_group_it_names_else_to_the_one_its_entity_is_known_for() -> None:
    event = one(user="user1", dest="srv-it")
    named = {team: look(event.with_columns(team=pl.lit(team)))[0] for team in ("finance", "it", "", "a new team")}
    assert named["finance"] != named["it"]
    assert named[""] == look(event)[0] == named["finance"]
    assert np.isnan(named["a new team"]["dest@~user"])


def test_a_group_of_two_is_none() -> None:
    small = past().with_columns(team=pl.when(pl.col("user").is_in(["user1", "user2"])).then(pl.lit("pair")))
    values = read_values(small, SPEC)
    generation = Generation.publish(learn(values, SPEC, np.ones(values.count, np.bool_)).fold(SPEC), SPEC)
    assert generation.groups["user"].members.tolist() == [2] and not generation.warm["~user"].any()


def test_nobody_is_no_member_and_no_group() -> None:
    owners = np.array([MISSING, 1, 2], np.uint64)
    found = Membership.shown(Counts(owners, np.array([5, MISSING, 5], np.uint64), np.ones(3, np.int64)))
    assert (found.owners.tolist(), found.groups.tolist()) == ([2], [5])


def test_a_moved_entity_belongs_where_it_was_seen_most() -> None:
    table = past().with_columns(
        team=pl.when((pl.col("user") == "user1") & (pl.int_range(pl.len()) > 1200))
        .then(pl.lit("it"))
        .otherwise(pl.col("team"))
    )
    values = read_values(table, SPEC)
    parts = [
        learn(values.slice(start, start + 300), SPEC, np.ones(min(300, values.count - start), np.bool_)).fold(SPEC)
        for start in range(0, values.count, 300)
    ]
    groups = [
        Generation.publish(Tally.merge(order), SPEC).groups["user"].membership(roster)
        for order in (parts, parts[::-1])
        for roster in [published().rosters["user"]]
    ]
    assert np.array_equal(groups[0].groups, groups[1].groups)
    at = int(np.flatnonzero(groups[0].owners == code_of("user1"))[0])
    assert int(groups[0].groups[at]) == code_of("finance")


def test_reasons_say_whose_peers_and_how_many_of_them_share_it() -> None:
    found = model("user:team")
    it, finance = (one(user="user2", dest="srv-finance").with_columns(team=pl.lit(team)) for team in ("it", "finance"))
    assert "dest=srv-finance never seen for user2 in 8 days, none of 7 peers (it) (+" in reasons(it, found)
    assert "dest=srv-finance never seen for user2 in 8 days, 100% of 8 peers (finance) (+" in reasons(finance, found)
    without = reasons(it.drop("team"), found)
    assert "dest=srv-finance never seen for user2 in 8 days, none of 7 peers (+" in without
    new = one(user="mallory", dest="srv-it").with_columns(team=pl.lit("finance"))
    assert "dest=srv-it never seen for mallory's peers (finance) in 8 days (+" in reasons(new, found)
    nobody = one(user="", dest="srv-it").with_columns(team=pl.lit("finance"))
    assert "dest=srv-it never seen for peers (finance) in 8 days (+" in reasons(nobody, found)


def test_an_entity_is_none_of_its_own_peers() -> None:
    """What a member alone has shown is shown by none of the others, by all of those of another group's view."""
    table = read_values(past(), SPEC)
    _, facts = examine(table, SPEC, published())
    owners, codes = table.entities["user"], table.tokens["dest"].codes
    found, teams = facts[0], table.entities["~user"]
    assert found.peers is not None and found.holders is not None
    spoken = np.flatnonzero(found.peers > 0)
    assert len(spoken) > 20
    for row in spoken:
        others = (teams == teams[row]) & (owners != owners[row])
        assert found.peers[row] == len(np.unique(owners[others])) == 7
        assert found.holders[row] == len(np.unique(owners[others & (codes == codes[row])]))


def test_each_of_several_entities_has_its_own_peers() -> None:
    table = past().with_columns(zone=pl.Series([f"zone{ord(dest[-1]) % 3}" for dest in past()["dest"]]))
    plan = FitPlan("m", entities=("user", "dest", "site"), fields=("app", "bytes"), peers=("user:team", "dest:zone"))
    found = load(fit(table, plan))
    levels = ("", "~user", "user", "~dest", "dest", "site")
    assert found.trained.spec.all_levels() == found.trained.spec.levels(Field("app", "category")) == levels
    usual = {"team": pl.lit("finance"), "zone": pl.lit("zone1"), "site": pl.lit("site1")}
    quiet = table.filter(pl.col("dest").str.starts_with("srv")).group_by("dest").len().sort("len")["dest"][0]
    huge = one(user="mallory", dest=quiet, bytes="1e8").with_columns(**usual)
    said = reasons(huge, found)
    assert f"never reached for {quiet} in 8 days" in said and "peers (zone1)" in said and "mallory" not in said
    said = reasons(one(user="user1", dest="elsewhere", bytes="1e8").with_columns(**usual), found)
    assert (
        "bytes=100,000,000 never reached for user1 in 8 days, none of 7 peers (finance)" in said and "zone" not in said
    )


def test_three_entities_with_peers_each_are_told_apart() -> None:
    """A huge transfer is said of the entity that it is strangest for, with that entity's peers and no others."""
    table = past().with_columns(
        zone=pl.Series([f"zone{ord(dest[-1]) % 3}" for dest in past()["dest"]]),
        region=pl.when(pl.col("site") == "site0").then(pl.lit("north")).otherwise(pl.lit("south")),
    )
    peers = ("user:team", "dest:zone", "site:region")
    found = load(fit(table, FitPlan("m", entities=("user", "dest", "site"), fields=("app", "bytes"), peers=peers)))
    spec = found.trained.spec
    assert spec.all_levels() == ("", "~user", "user", "~dest", "dest", "~site", "site")
    assert [level for level in spec.levels(Field("dest", "category")) if "dest" in level] == []
    assert found.generation.warm["~site"].tolist().count(True) == 1  # the north is one site only
    event = one(user="stranger", dest="unheard of", bytes="1e8").with_columns(
        team=pl.lit("it"), zone=pl.lit("zone1"), site=pl.lit("site1"), region=pl.lit("south")
    )
    said = reasons(event, found)
    assert "bytes=100,000,000 never reached for site1 in 8 days, none of 2 peers (south)" in said
    assert "zone" not in said and "(it)" not in said
    groups = {"site": pl.lit("site0"), "region": pl.lit("north"), "team": pl.lit(""), "zone": pl.lit("")}
    lonely = reasons(event.with_columns(**groups), found)
    assert "bytes=100,000,000 never reached for site0 in 8 days (+" in lonely


def test_a_field_that_names_the_group_is_not_compared_with_it() -> None:
    spec = FeatureSpec((Field("team", "category"), Field("user", "category")), ("user",), peers=TEAM)
    assert spec.levels(spec.fields[0]) == ("", "user") and spec.levels(spec.fields[1]) == ("",)
    look(one().with_columns(team=pl.lit("it")), spec)


@pytest.mark.parametrize("peers", [("dest:team",), ("user:team", "user"), ("user:user",), ("user:nowhere",)], ids=str)
def test_peers_that_make_no_sense_are_refused(peers: tuple[str, ...]) -> None:
    with pytest.raises(DataError) as caught:
        fit(past(), FitPlan("m", entities=("user",), fields=("dest",), peers=peers))
    assert caught.value.mend


def test_the_label_is_no_group() -> None:
    with pytest.raises(DataError, match="label"):
        fit(past(), FitPlan("m", entities=("user",), fields=("dest",), label="team", peers=("user:team",)))


def test_the_contract_asks_for_the_group_and_does_without() -> None:
    found = model("user:team")
    assert ("team", "peers") in found.contract.rows()
    assert found.score(one()).table["ai_status"].to_list() == ["scored"]


def test_a_generation_with_peers_comes_back_from_its_files() -> None:
    again = Generation.from_files(published().files(SPEC), SPEC)
    assert np.array_equal(again.groups["user"].at, published().groups["user"].at)
    assert again.warm["~user"].tolist() == [True, True]
    for key, level in published().levels.items():
        for name, array in vars(level).items():
            assert np.array_equal(getattr(again.levels[key], name), array), (key, name)


@pytest.mark.parametrize(
    ("name", "break_it"),
    [
        ("groups.0.npy", lambda array: array[1:]),
        ("groups.0.npy", lambda array: array + 2),
        ("groups.0.npy", lambda array: array - 2),
        ("groups.0.npy", lambda array: array.astype(np.int64)),
        ("roster.1.npy", lambda array: array[::-1].copy()),
        ("warm.1.npy", lambda array: array[1:]),
    ],
)
def test_groups_that_do_not_agree_are_refused(name: str, break_it: Callable[[np.ndarray], np.ndarray]) -> None:
    files = published().files(SPEC)
    Generation.from_files(files, SPEC)
    files[name] = array_bytes(break_it(read_array(files[name])))
    with pytest.raises(DataError):
        Generation.from_files(files, SPEC)


@pytest.mark.parametrize("names", [("like a\nb", "b"), ("x;y", "b"), ("long" * 20, "b"), ("only one",), ("a", "a")])
def test_names_of_groups_that_are_no_words_are_refused(names: tuple[str, ...]) -> None:
    """They stand in every reason, and each reason is a line."""
    sound = published()
    groups = {"user": Groups(sound.groups["user"].codes, sound.groups["user"].at, names)}
    told = Generation(sound.levels, sound.rosters, sound.warm, sound.span, sound.rows, groups)
    with pytest.raises(DataError):
        Generation.from_files(told.files(SPEC), SPEC)


def test_a_model_without_peers_is_as_it_was() -> None:
    plain = model()
    assert not any("~" in column.name for column in plain.trained.spec.columns())
    assert not any("group" in name for name in plain.generation.files(plain.trained.spec))
    _, facts = examine(read_values(one(), plain.trained.spec), plain.trained.spec, plain.generation)
    assert all(found.peers is None for found in facts)
