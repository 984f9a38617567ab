"""Groups that are learned: who does alike is found, and keeps its name from one fit to the next."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from models.features import clusters as clusters_module
from models.features.baseline import Generation
from models.features.clusters import Clusters, cluster
from models.features.encode import encode
from models.features.group_names import learn_groups, same_codes
from models.features.hashing import MISSING, code_of
from models.features.partition import learn
from models.features.peers import Membership
from models.features.spec import FeatureSpec, Field, Peers
from models.features.tally import Tally
from models.features.values import Values, read_values
from models.plan import FitPlan
from models.scoring import Model
from models.training import fit
from tests.models.tables import one, sign_ins
from tests.models.test_fit_and_score import load

LEARNED = (Peers("user"),)
SPEC = FeatureSpec(
    (Field("dest", "category"), Field("app", "category"), Field("bytes", "number")), ("user",), peers=LEARNED
)
PLAN = FitPlan("m", entities=("user",), fields=("dest", "app", "bytes"), peers=("user",))
KINDS = ("git", "sap", "crm")


def past(seed: int = 1, users: int = 24) -> pl.DataFrame:
    """Every second sign-in is to a server that only users of the same kind sign in to; user n is of kind n % 3."""
    table = sign_ins(users=users, days=8, seed=seed)
    rng = np.random.default_rng(seed)
    shared = [
        f"{KINDS[int(user[4:]) % 3]}{server}"
        for user, server in zip(table["user"], rng.integers(0, 4, table.height), strict=True)
    ]
    use = pl.Series(rng.random(table.height) < 0.5)
    return table.with_columns(dest=pl.when(use).then(pl.Series(shared)).otherwise(pl.col("dest")))


def counted(table: pl.DataFrame, spec: FeatureSpec = SPEC) -> tuple[Values, Tally]:
    values = read_values(table, spec)
    return values, learn(values, spec, np.ones(values.count, np.bool_)).fold(spec)


@cache
def fitted(seed: int = 1) -> Model:
    return load(fit(past(seed), PLAN))


def kinds_of(membership: Membership) -> list[set[int]]:
    """The kinds of users in each group."""
    user = {code_of(f"user{n}"): n for n in range(60)}
    return [
        {user[int(owner)] % 3 for owner in membership.owners[membership.groups == group]}
        for group in np.unique(membership.groups)
    ]


def test_those_who_do_alike_are_found() -> None:
    values, tally = counted(past())
    found = learn_groups(tally, SPEC, 7, values)["user"]
    assert len(found.owners) == 24 and sorted(kinds_of(found), key=min) == [{0}, {1}, {2}]
    for code, name in found.names.items():
        ((kind,),) = kinds_of(Membership(*_of(found, code), {}))
        assert name.startswith("like user") and f", dest={KINDS[kind]}" in name


def _of(found: Membership, code: int) -> tuple[np.ndarray, np.ndarray]:
    return found.owners[found.groups == code], found.groups[found.groups == code]


def test_the_same_counts_and_seed_give_the_same_groups() -> None:
    values, tally = counted(past())
    first, again = (learn_groups(tally, SPEC, 7, values)["user"] for _ in range(2))
    assert np.array_equal(first.groups, again.groups) and first.names == again.names


def test_in_blocks_and_from_a_sample_the_groups_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    _, tally = counted(past(users=45))
    whole = learn_groups(tally, SPEC, 7)["user"]
    monkeypatch.setattr(clusters_module, "BLOCK", 7)
    assert np.array_equal(learn_groups(tally, SPEC, 7)["user"].groups, whole.groups)
    monkeypatch.setattr(clusters_module, "SAMPLE", 30)
    sampled = learn_groups(tally, SPEC, 7)["user"]
    assert len(sampled.owners) == 45 and all(len(kinds) == 1 for kinds in kinds_of(sampled))


def test_who_has_shown_little_and_nobody_belong_nowhere() -> None:
    rows = past()
    few = rows.filter(pl.col("user") == "user0").head(9).with_columns(user=pl.lit("user50"))
    nobody = rows.filter(pl.col("user") == "user1").with_columns(user=pl.lit(""))
    found = learn_groups(counted(pl.concat([rows, few, nobody]))[1], SPEC, 7)["user"]
    assert len(found.owners) == 24 and not np.isin([code_of("user50"), int(MISSING)], found.owners).any()


@pytest.mark.parametrize("users", [1, 5])
def test_too_few_entities_have_no_groups(users: int) -> None:
    assert learn_groups(counted(past(users=users))[1], SPEC, 7) == {}


def test_nothing_to_tell_entities_apart_by_gives_no_groups() -> None:
    spec = FeatureSpec((Field("app", "category"),), ("user",), peers=LEARNED)
    assert learn_groups(counted(past().with_columns(app=pl.lit("ssh")), spec)[1], spec, 7) == {}


def clusters_of(*members: tuple[int, ...]) -> Clusters:
    owners = np.array(sorted(one for group in members for one in group), np.uint64)
    label = np.array([next(at for at, group in enumerate(members) if owner in group) for owner in owners.tolist()])
    return Clusters(owners, label, np.zeros(len(owners)), (None,) * len(members))


def membership(**groups: tuple[int, ...]) -> Membership:
    """Groups by name g7=(members)."""
    pairs = sorted((owner, int(name[1:])) for name, members in groups.items() for owner in members)
    owners, codes = np.array(pairs, np.uint64).T
    return Membership(owners, codes, {})


@pytest.mark.parametrize(
    ("clusters", "before", "codes"),
    [
        (clusters_of((1, 2, 3), (4, 5, 6)), membership(g7=(4, 5, 6), g9=(1, 2, 3)), [9, 7]),
        (clusters_of((1, 2, 3, 4), (5, 6)), membership(g7=(5, 6, 4), g9=(1, 2, 3)), [9, 7]),
        (clusters_of((1, 2), (3, 4), (5, 6)), membership(g7=(1, 2, 3, 4, 5, 6)), [7, 8, 9]),
        (clusters_of((1, 2, 3), (4, 5, 6)), membership(g7=(1, 4, 7, 8, 9), g9=(10, 11)), [7, 10]),
        (clusters_of((1, 2), (3, 4)), membership(g3=(11, 12)), [4, 5]),
        (clusters_of((1, 20, 21, 22), (3, 4)), membership(g3=(1, 31, 32)), [3, 4]),
        (clusters_of((1, 2), (3, 4)), Membership.none(), [1, 2]),
        (clusters_of((1, 2, 3), (4, 5, 6)), membership(g2=(1, 2, 4), g3=(3, 5, 6)), [2, 3]),
    ],
)
def test_a_group_is_the_one_before_with_most_members_in_common(
    clusters: Clusters, before: Membership, codes: list[int]
) -> None:
    assert same_codes(clusters, before).tolist() == codes


def test_groups_that_share_too_few_are_new_ones() -> None:
    """A third of the members of each is in each."""
    members = [tuple(range(at, 9, 3)) for at in range(3)]
    thirds = membership(g1=(0, 1, 2), g2=(3, 4, 5), g3=(6, 7, 8))
    assert same_codes(clusters_of(*members), thirds).tolist() == [4, 5, 6]


def test_names_stay_from_one_fit_to_the_next() -> None:
    """With other events, another seed, and one user fewer and one more."""
    first = fitted().generation.memberships(fitted().trained.spec)
    later = past(2).filter(pl.col("user") != "user3")
    more = past(2).filter(pl.col("user") == "user6").with_columns(user=pl.lit("user30"))
    second = load(fit(pl.concat([later, more]).sort("_time"), replace(PLAN, seed=99), before=first))
    groups = second.generation.groups["user"]
    assert set(groups.names) == set(first["user"].names.values()) and len(groups.names) == 3
    then = dict(zip(first["user"].owners.tolist(), first["user"].groups.tolist(), strict=True))
    now = second.generation.memberships(second.trained.spec)["user"]
    assert all(
        group == then[owner]
        for owner, group in zip(now.owners.tolist(), now.groups.tolist(), strict=True)
        if owner in then
    )
    assert int(now.groups[now.owners == code_of("user30")][0]) == then[code_of("user0")]


def test_a_name_is_short_and_nothing_but_letters() -> None:
    odd = past().with_columns(pl.col("user") + ";\n\x00" + "é" * 40, dest="; " + pl.col("dest"))
    values, tally = counted(odd)
    generation = Generation.publish(tally, SPEC, "8 days", learn_groups(tally, SPEC, 7, values))
    names = generation.groups["user"].names
    assert len(names) == 3 and all(name.isprintable() and ";" not in name and len(name) <= 60 for name in names)
    assert Generation.from_files(generation.files(SPEC), SPEC).groups["user"].names == names


def test_reasons_name_the_group_that_was_learned() -> None:
    strange = one(user="user2", dest="sap0")
    said = str(fitted().score(strange, explain="all").table["ai_reasons"][0])
    at = fitted().generation.groups["user"].at[np.searchsorted(fitted().generation.rosters["user"], code_of("user2"))]
    name = fitted().generation.groups["user"].names[at]
    assert f"dest=sap0 never seen for user2 in 8 days, none of 7 peers ({name}) (+" in said and ", dest=crm" in name


def test_an_entity_without_a_group_has_no_peers() -> None:
    found = encode(read_values(one(user="stranger"), fitted().trained.spec), fitted().trained.spec, fitted().generation)
    columns = [at for at, column in enumerate(fitted().trained.spec.columns()) if "@~user" in column.name]
    assert columns and np.isnan(found.matrix[0, columns]).all()


def test_what_is_learned_of_groups_is_of_the_past_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The groups of a day are those of the days before: learned whenever the past has doubled."""
    from models.features import prequential  # noqa: PLC0415

    asked: list[int] = []
    original = prequential.learn_groups

    def learn_and_note(tally: Tally, *rest: object) -> dict[str, Membership]:
        asked.append(int(tally.tables["user", ""].counts.sum()))
        return original(tally, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(prequential, "learn_groups", learn_and_note)
    values = read_values(past(), FeatureSpec(SPEC.fields, ("user",), "_time", peers=LEARNED))
    spec = FeatureSpec(SPEC.fields, ("user",), "_time", peers=LEARNED)
    prequential.encode_past(values, spec, np.ones(values.count, np.bool_))
    days = np.unique(values.time // 86_400, return_counts=True)[1].cumsum()  # type: ignore[operator]
    assert asked == [0, days[0], days[1], days[3], days[7]]


def test_without_a_clock_the_groups_of_a_fold_are_those_of_the_others() -> None:
    plan = FitPlan("m", entities=("user",), fields=("dest", "app"), peers=("user",), time=None)
    assert len(load(fit(past(), plan)).generation.groups["user"].names) == 3


def test_a_fit_with_learned_groups_is_the_same_twice() -> None:
    first, again = (fit(past(3), PLAN) for _ in range(2))
    assert first.generation == again.generation and first.bundle == again.bundle


def test_a_million_values_are_cut_to_the_most_common(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters_module, "MOST_VALUES", 8)
    found = cluster(counted(past())[1], SPEC, LEARNED[0], 7)
    assert found is not None and len(found.owners) == 24
