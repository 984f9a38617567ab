"""`learn`: days without refitting, and an entity taken out again as if it had never been there."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from models.features.ageing import fold
from models.features.baseline import Generation
from models.features.partition import Partition
from models.learning import Days
from models.registry import Version
from models.scoring import Model
from sidecar.app import open_house
from sidecar.errors import CallerError
from sidecar.house import House
from sidecar.options import read_options
from sidecar.settings import Settings
from sidecar.tasks import models, score
from sidecar.tasks.fit import FitOptions
from sidecar.tasks.fit import run as fit
from sidecar.tasks.learn import LearnOptions, run
from tests.models.tables import DAY_S, START_S, sign_ins

WITHHELD = ("entity", "strange", "alarmed", "values", "undated", "future")
FIRST_DAY, LEARNED_DAYS = 6, 3
SPECS = {
    "one entity": {"entity": ("user",), "fields": ("dest", "app", "bytes")},
    "three entities": {"entity": ("user", "dest", "app"), "fields": ("dest", "app", "bytes")},
    "peers that are named": {"entity": ("user",), "fields": ("dest", "bytes"), "peers": ("user:app",)},
    "peers that are learned": {"entity": ("user",), "fields": ("dest", "app", "bytes"), "peers": ("user",)},
    "no entity of its own": {"entity": ("app",), "fields": ("user", "dest", "bytes")},
}


def later(seed: int = 5, days: int = LEARNED_DAYS) -> pl.DataFrame:
    """The days after those of the fit; some rows are strange."""
    table = sign_ins(days=days, seed=seed).with_columns(
        (pl.col("_time").cast(pl.Float64) + FIRST_DAY * DAY_S).cast(pl.String)
    )
    odd = pl.int_range(pl.len()) % 23 == 0
    return table.with_columns(pl.when(odd).then(pl.lit("never-seen")).otherwise("dest").alias("dest"))


def day_of(table: pl.DataFrame, number: int) -> pl.DataFrame:
    start = START_S + (FIRST_DAY + number) * DAY_S
    return table.filter(pl.col("_time").cast(pl.Float64).is_between(start, start + DAY_S, closed="left"))


def house_with(home: Path, spec: dict[str, Any]) -> House:
    """A home of its own with the model `m`; the same fit gives the same bundle in each."""
    house = open_house(Settings(home=home), by="ann", local=True)
    fit(sign_ins(), FitOptions(model="m", **spec), house)
    return house


def learn(house: House, tables: Sequence[pl.DataFrame], **options: Any) -> None:
    for table in tables:
        run(table, LearnOptions(model="m", **options), house)


def forget(house: House, **options: Any) -> pl.DataFrame:
    return run(pl.DataFrame(), LearnOptions(model="m", action="forget", **options), house).table


def files_of(house: House) -> dict[str, bytes]:
    """Every file of the current generation, and of each learned day, with the manifests."""
    version = house.shelf.line("m").versions[bundle_of(house)]
    found: dict[str, bytes] = {}
    for place, name in [("generation", version.generation), *((d, s.version) for d, s in version.days.items())]:
        manifest = bytes(house.blobs.read(name))
        found[place] = manifest
        for file, digest in json.loads(manifest)["files"].items():
            found[f"{place}/{file}"] = bytes(house.blobs.read(digest))
    return found


def before_keeping(house: House, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Do something once, just before the next verb keeps what it has made."""
    naming = house.blobs.naming

    def late() -> AbstractContextManager[object]:
        monkeypatch.setattr(house.blobs, "naming", naming)
        act()
        return naming()

    monkeypatch.setattr(house.blobs, "naming", late)


def bundle_of(house: House) -> str:
    champion = house.shelf.line("m").champion
    assert champion
    return champion.bundle


def scored(house: House) -> pl.DataFrame:
    return score.run(later(seed=9), score.ScoreOptions(model="m", explain="all"), house).table


@pytest.mark.parametrize("teach_below", [1.0, 0.3], ids=["all teach", "trimmed"])
@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_what_is_forgotten_was_never_learned(tmp_path: Path, spec: dict[str, Any], teach_below: float) -> None:
    """Bit for bit: learned in another order, a day twice, and then forgotten; or never there."""
    table, who = later(), {"user": "user3", "app": "ssh"}[spec["entity"][0]]
    field = spec["entity"][0]
    days = [day_of(table, number) for number in range(LEARNED_DAYS)]
    once, never = (house_with(tmp_path / name, spec) for name in ("once", "never"))
    learn(once, [days[2], later(seed=6).pipe(day_of, 1), days[0], days[1]], teach_below=teach_below)
    before = files_of(once)
    gone = forget(once, entity=who, earliest="2023-11-21")
    learn(never, [day.filter(pl.col(field) != who) for day in days], teach_below=teach_below)
    assert bundle_of(once) == bundle_of(never)
    assert files_of(once) == files_of(never) != before
    assert scored(once).equals(scored(never))
    assert gone["rows"].sum() > 0 and gone["state"].unique().to_list() == ["gone"]


def test_trimming_is_what_makes_the_difference_above(tmp_path: Path) -> None:
    house = house_with(tmp_path, SPECS["one entity"])
    all_of_it = run(later(), LearnOptions(model="m", teach_below=1.0), house).table.row(0, named=True)
    trimmed = run(later(), LearnOptions(model="m", teach_below=0.3), house).table.row(0, named=True)
    assert all_of_it["taught"] == all_of_it["rows"] > trimmed["taught"] > 0
    assert trimmed["withheld_strange"] == trimmed["rows"] - trimmed["taught"]


def test_the_generation_moves_and_every_score_names_it(tmp_path: Path) -> None:
    house = house_with(tmp_path, SPECS["one entity"])
    bundle, before = bundle_of(house), house.shelf.line("m").champion
    reply = run(later(), LearnOptions(model="m", withhold=("user1", "user2")), house).table.row(0, named=True)
    champion = house.shelf.line("m").champion
    assert champion and before and champion.bundle == bundle and champion.generation != before.generation
    assert champion.reference.version == before.generation
    assert scored(house)["ai_model"].unique().to_list() == [f"m@{bundle[:12]}/{champion.generation[:12]}"]
    assert reply["withheld_entity"] == later().filter(pl.col("user").is_in(["user1", "user2"])).height
    entry = house.ledger.entries()[-1]
    assert (entry.kind, entry.by) == ("learn", "ann")
    told = {name: entry.body[name] for name in ("rows", "taught", "withheld", "bundle", "generation", "base")}
    assert told == {
        "rows": later().height, "taught": reply["taught"], "bundle": bundle, "generation": champion.generation,
        "base": before.generation,
        "withheld": {name: reply[f"withheld_{name}"] for name in WITHHELD},
    }  # fmt: skip
    assert list(entry.body["days"]) == ["2023-11-21", "2023-11-22", "2023-11-23"]


def test_what_may_teach_is_asked_of_the_frozen_reference(tmp_path: Path) -> None:
    """Were it the rolling generation, what was let in yesterday would let more in today."""
    one, other = (house_with(tmp_path / name, SPECS["one entity"]) for name in ("one", "other"))
    strange = later().with_columns(pl.lit("never-seen").alias("dest"))
    days = [day_of(strange, number) for number in range(LEARNED_DAYS)]
    learn(one, [days[0]], teach_below=1.0)
    taught = [
        run(days[1], LearnOptions(model="m", teach_below=0.3), house).table["taught"][0] for house in (one, other)
    ]
    assert taught[0] == taught[1] < days[1].height


def test_a_forget_entry_is_in_the_callers_name_and_does_not_name_the_entity(tmp_path: Path) -> None:
    house = house_with(tmp_path, SPECS["one entity"])
    learn(house, [later()])
    forget(house, entity="user3", earliest="2023-11-22T12:00:00Z", latest="1700697600")
    entry = house.ledger.entries()[-1]
    assert (entry.kind, entry.by) == ("forget", "ann")
    assert (entry.body["first"], entry.body["last"]) == ("2023-11-22", "2023-11-22")
    (change,) = entry.body["versions"].values()
    assert list(change["days"]) == ["2023-11-22"] and change["rows"] > 0 and not change["tainted"]
    assert "user3" not in json.dumps([entry.body, entry.key])


def test_a_dry_run_tells_and_changes_nothing(tmp_path: Path) -> None:
    house = house_with(tmp_path, SPECS["one entity"])
    learn(house, [later()])
    before, files = len(house.ledger.entries()), files_of(house)
    dry = forget(house, entity="user3", dry=True)
    assert (len(house.ledger.entries()), files_of(house)) == (before, files)
    assert dry["state"].unique().to_list() == ["would go"] and dry["tainted"].unique().to_list() == ["true"]
    gone = forget(house, entity="user3")
    assert gone.drop("state").equals(dry.drop("state"))


def test_a_bundle_fitted_on_forgotten_rows_is_tainted_until_another_is_fitted(tmp_path: Path) -> None:
    house = house_with(tmp_path, SPECS["one entity"])
    learn(house, [later()])
    forget(house, entity="user3", earliest="2023-11-21")
    champion = house.shelf.line("m").champion
    assert champion and not champion.tainted_at
    forget(house, entity="nobody")
    assert house.ledger.entries()[-1].body["first"] == "2023-11-21", "what nobody knows is not forgotten"
    forget(house, entity="user3", latest="2023-11-20")
    champion = house.shelf.line("m").champion
    assert champion and champion.tainted_at == house.ledger.entries()[-1].at
    listed = models.run(pl.DataFrame(), models.ModelsOptions(model="m"), house).table
    assert listed["notes"].to_list() == [f"tainted: rows it was fitted on were forgotten at {champion.tainted_at}"]
    fit(sign_ins().filter(pl.col("user") != "user3"), FitOptions(model="m", **SPECS["one entity"]), house)
    champion = house.shelf.line("m").champion
    assert champion and not champion.tainted_at


def test_who_was_about_to_read_a_generation_that_is_gone_gets_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = house_with(tmp_path, SPECS["one entity"])
    learn(house, [day_of(later(), 0)])
    load = house.shelf.load

    def late(name: str, version: Version) -> Model:
        monkeypatch.setattr(house.shelf, "load", load)
        learn(house, [day_of(later(), 1)])
        return load(name, version)

    monkeypatch.setattr(house.shelf, "load", late)
    champion = house.shelf.champion("m")
    now = house.shelf.line("m").champion
    assert now and champion.id.endswith(now.generation[:12])


def test_an_entity_is_forgotten_in_one_field_or_in_any(tmp_path: Path) -> None:
    house = house_with(tmp_path, {"entity": ("user", "dest"), "fields": ("app", "bytes")})
    both = later().with_columns(
        pl.when(pl.int_range(pl.len()) % 5 == 0).then(pl.lit("user3")).otherwise("dest").alias("dest")
    )
    learn(house, [both], teach_below=1.0)
    as_dest = forget(house, entity="user3", field="dest", earliest="2023-11-21", dry=True)["rows"].sum()
    assert as_dest == (both["dest"] == "user3").sum()
    anywhere = forget(house, entity="user3", earliest="2023-11-21", dry=True)["rows"].sum()
    assert anywhere == ((both["dest"] == "user3") | (both["user"] == "user3")).sum()
    with pytest.raises(CallerError, match="no entity field"):
        forget(house, entity="user3", field="app")
    fit(sign_ins(), FitOptions(model="m", entity=("app",), fields=("bytes",), challenger=True), house)
    assert forget(house, entity="user3", field="dest", dry=True)["version"].n_unique() == 1, "one version has no dest"


def test_days_are_opened_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A million entities' days do not fit in memory together, and whoever is there every day is in each of them."""
    house = house_with(tmp_path, SPECS["one entity"])
    learn(house, [later()])
    held = []
    files = Partition.files

    def counted(day: Partition) -> dict[str, bytes]:
        held.append(in_memory() - others)
        return files(day)

    def folded(days: Days, *args: Any) -> Generation:
        held.append(in_memory() - others)
        return fold(days, *args)

    gc.collect()
    others = in_memory()
    monkeypatch.setattr(Partition, "files", counted)
    monkeypatch.setattr("sidecar.forgetting.fold", folded)
    assert len(forget(house, entity="user3")) == len(held) - 1 == FIRST_DAY + LEARNED_DAYS
    assert held[0] == 0 and max(held) <= 2


def in_memory() -> int:
    """How many days are. By their type: to ask some other object for its class would import what it stands for."""
    return sum(type(one) is Partition for one in gc.get_objects())


def test_every_version_of_the_model_forgets(tmp_path: Path) -> None:
    house = house_with(tmp_path, SPECS["one entity"])
    fit(sign_ins(), FitOptions(model="m", entity=("user",), fields=("dest",), challenger=True), house)
    assert forget(house, entity="user3")["version"].n_unique() == 2
    assert forget(house, entity="user3").is_empty()


def test_a_day_that_is_nobodys_any_more_is_gone(tmp_path: Path) -> None:
    once, never = (house_with(tmp_path / name, SPECS["one entity"]) for name in ("once", "never"))
    learn(never, [day_of(later(), 0)])
    learn(once, [day_of(later(), 0), day_of(later(), 2).filter(pl.col("user") == "user3")])
    forget(once, entity="user3", earliest="2023-11-23")
    assert files_of(once) == files_of(never)


def test_forgetting_lets_days_age_as_they_did(tmp_path: Path) -> None:
    once, never = (house_with(tmp_path / name, SPECS["one entity"]) for name in ("once", "never"))
    ageing = {"window_days": 3, "half_life_days": 1, "cap_share": 0.3}
    learn(once, [later()], **ageing)
    learn(never, [later().filter(pl.col("user") != "user3")], **ageing)
    forget(once, entity="user3", earliest="2023-11-21")
    assert files_of(once) == files_of(never)


def test_a_range_of_days_cannot_be_forgotten_where_days_are_not_known(tmp_path: Path) -> None:
    house = house_with(tmp_path, {**SPECS["one entity"], "time": "none"})
    with pytest.raises(CallerError, match="no clock") as caught:
        forget(house, entity="user3", earliest="2023-11-21")
    assert caught.value.field == "earliest" and forget(house, entity="user3")["rows"].sum() > 0


def test_days_leave_the_window_and_come_back(tmp_path: Path) -> None:
    """Whatever the order: the window counts from the newest learned day."""
    houses = [house_with(tmp_path / name, SPECS["one entity"]) for name in ("forward", "back")]
    days = [day_of(later(), number) for number in range(LEARNED_DAYS)]
    learn(houses[0], days, window_days=2)
    learn(houses[1], days[::-1], window_days=2)
    assert files_of(houses[0]) == files_of(houses[1])
    champion = houses[0].shelf.line("m").champion
    assert champion and sorted(champion.days) == ["2023-11-20", "2023-11-21", "2023-11-22", "2023-11-23"]
    assert json.loads(files_of(houses[0])["generation/generation.json"])["span"] == "2 days"


def test_what_was_learned_meanwhile_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = house_with(tmp_path, SPECS["one entity"])
    other = open_house(Settings(home=tmp_path), by="eve", local=True)
    before_keeping(house, monkeypatch, lambda: learn(other, [day_of(later(), 1)]))
    with pytest.raises(CallerError, match="meanwhile"):
        learn(house, [day_of(later(), 0)])
    champion = house.shelf.line("m").champion
    assert champion and "2023-11-22" in champion.days and "2023-11-21" not in champion.days


def test_a_taint_is_not_lost_to_what_is_learned_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The days that are left do not know the entity, so that only the mark is to be made."""
    house = house_with(tmp_path, SPECS["one entity"])
    learn(house, [day_of(later(), 2)], window_days=1)
    learn(house, [day_of(later(), 2).filter(pl.col("user") != "user3")], window_days=1)
    others = day_of(later(), 1).filter(pl.col("user") != "user3")
    before_keeping(house, monkeypatch, lambda: learn(house, [others]))
    with pytest.raises(CallerError, match="meanwhile"):
        forget(house, entity="user3")
    assert forget(house, entity="user3")["tainted"].to_list() == ["true"]
    champion = house.shelf.line("m").champion
    assert champion and champion.tainted_at


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"entity": "a"}, "entity"),
        ({"action": "forget"}, "entity"),
        ({"action": "forget", "entity": "a", "earliest": "soon"}, "earliest"),
        ({"action": "forget", "entity": "a", "earliest": "2026-02-01", "latest": "2026-01-01"}, "latest"),
        ({"action": "forget", "entity": "a", "earliest": "0001-01-01T00:00:00+05:00"}, "earliest"),
        ({"action": "forget", "entity": "a", "latest": "0001-01-01T00:00:00"}, "latest"),
    ],
)
def test_options_that_do_not_fit_together_are_refused_before_any_work(options: dict[str, str], field: str) -> None:
    with pytest.raises(CallerError) as caught:
        read_options(LearnOptions, [("model", "m"), *options.items()])
    assert caught.value.field == field
