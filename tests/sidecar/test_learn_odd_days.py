"""`learn` on days that are not as they should be: none of them may take away what was learned before."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from models.errors import DataError
from sidecar.errors import CallerError
from sidecar.forgetting import days_between
from sidecar.house import House
from sidecar.options import read_options
from sidecar.tasks.fit import FitOptions
from sidecar.tasks.fit import run as fit
from sidecar.tasks.learn import LearnOptions, run
from tests.models.tables import DAY_S, START_S, sign_ins
from tests.sidecar.test_learn import SPECS, bundle_of, day_of, files_of, forget, house_with, later, learn

ONE = SPECS["one entity"]
NOW_S = START_S + 9 * DAY_S


def at_now(home: Path) -> House:
    """A home whose clock stands at the end of the days that are learned."""
    return replace(house_with(home, ONE), clock=lambda: NOW_S)


def ahead(table: pl.DataFrame, days: int) -> pl.DataFrame:
    """The table's first row, so many days after now."""
    return table.head(1).with_columns(_time=pl.lit(str(NOW_S + days * DAY_S)))


def test_without_events_nothing_is_learned_and_nothing_lost(tmp_path: Path) -> None:
    house = house_with(tmp_path, ONE)
    learn(house, [later()])
    before, entries = files_of(house), len(house.ledger.entries())
    reply = run(later().clear(), LearnOptions(model="m"), house)
    assert (files_of(house), len(house.ledger.entries())) == (before, entries)
    assert reply.told.startswith("no events: nothing was learned")
    told, lesson = reply.table, run(later(), LearnOptions(model="m"), house).table
    assert told.columns == lesson.columns and told["generation"][0] == lesson["generation"][0]
    assert (told["days"][0], told["rows"][0], told["taught"][0]) == ("", 0, 0)
    page = (Path(__file__).parents[2] / "docs" / "learning.md").read_text(encoding="utf-8")
    assert [column for column in told.columns if f"`{column}`" not in page] == []


def test_one_row_of_a_wrong_clock_does_not_make_every_other_day_too_old(tmp_path: Path) -> None:
    house, never = at_now(tmp_path / "house"), at_now(tmp_path / "never")
    reply = run(pl.concat([later(), ahead(later(), 4000)]), LearnOptions(model="m"), house)
    learn(never, [later()])
    assert files_of(house) == files_of(never)
    assert reply.table["withheld_future"][0] == 1 and "2034" not in reply.table["days"][0]
    assert "1 lie more than a day in the future" in reply.told


@pytest.mark.parametrize(("time", "reason"), [("-1e300", "undated"), ("-62135596801", "undated"), ("1e300", "future")])
def test_a_row_of_no_year_does_not_teach(tmp_path: Path, time: str, reason: str) -> None:
    house, never = at_now(tmp_path / "house"), at_now(tmp_path / "never")
    never_was = later().head(1).with_columns(_time=pl.lit(time))
    reply = run(pl.concat([later(), never_was]), LearnOptions(model="m"), house)
    learn(never, [later()])
    assert files_of(house) == files_of(never) and reply.table[f"withheld_{reason}"][0] == 1


def test_a_row_of_tomorrow_is_no_wrong_clock(tmp_path: Path) -> None:
    reply = run(pl.concat([later(), ahead(later(), 1)]), LearnOptions(model="m"), at_now(tmp_path))
    assert reply.table["withheld_future"][0] == 0 and "2023-11-25" in reply.table["days"][0]


@pytest.mark.parametrize("label", [None, "y"])
def test_a_fit_leaves_out_rows_of_a_wrong_clock_too(tmp_path: Path, label: str | None) -> None:
    """It is the fit without them, but for what the card tells."""
    house, never = at_now(tmp_path / "house"), at_now(tmp_path / "never")
    table = sign_ins().with_columns(y=(pl.int_range(pl.len()) % 50 == 0).cast(pl.Int8).cast(pl.String))
    ahead_of_it = [ahead(table, 4000), ahead(table, 2).with_columns(y=pl.lit("1"))]
    spoilt = pl.concat([ahead_of_it[0], table, ahead_of_it[1]])
    options = FitOptions(model="m", label=label, **ONE)  # type: ignore[arg-type]
    reply, honest = fit(spoilt, options, house), fit(table, options, never)
    assert reply.told.startswith("2 rows lie more than a day in the future and were left out") and not honest.told
    assert reply.table.drop("bundle").equals(honest.table.drop("bundle"))
    assert files_of(house) == files_of(never)
    one, other = (bundle_files(each) for each in (house, never))
    assert {name for name in one if one[name] != other[name]} == {"model.json"}
    told, honestly = json.loads(one["model.json"]), json.loads(other["model.json"])
    assert told["card"].pop("rows_in_the_future") == 2 and told == honestly


def test_a_fit_says_what_is_wrong_with_the_events(tmp_path: Path) -> None:
    """Whoever fits must not have to look for it in the card."""
    nth = pl.int_range(pl.len())
    table = sign_ins().with_columns(
        _time=pl.when(nth % 50 == 1).then(pl.lit("")).otherwise("_time"),
        user=pl.when(nth % 20 == 0).then(pl.col("user").str.to_uppercase()).otherwise("user"),
        none=pl.lit(""),
    )
    untimed = table.filter(pl.col("_time") == "").height
    options = FitOptions(model="m", **ONE | {"fields": (*ONE["fields"], "none")})  # type: ignore[arg-type]
    told = fit(table, options, at_now(tmp_path)).told
    assert told.startswith(f"{untimed} rows have no time and were left out; ") and "spell their user" in told
    assert told.endswith("doubtful fields: none: empty")


def bundle_files(house: House) -> dict[str, bytes]:
    manifest = json.loads(bytes(house.blobs.read(bundle_of(house))))
    return {name: bytes(house.blobs.read(digest)) for name, digest in manifest["files"].items()}


def test_what_a_fit_may_learn_from_is_not_made_of_the_future(tmp_path: Path) -> None:
    """Half of the rows are left, and too few; or most are ahead, and whoever forces the fit means them."""
    house = at_now(tmp_path)
    with pytest.raises(DataError, match="15 rows are too few .* 15 lie more than a day in the future"):
        fit(pl.concat([sign_ins().head(15), *[ahead(sign_ins(), 5)] * 15]), FitOptions(model="m", **ONE), house)  # type: ignore[arg-type]
    far = sign_ins().with_columns((pl.col("_time").cast(pl.Float64) + 4000 * DAY_S).cast(pl.String))
    reply = fit(far, FitOptions(model="m", force=True, **ONE), house)  # type: ignore[arg-type]
    assert reply.table["rows"][0] == far.height and "left out" not in reply.told


def test_a_day_ahead_that_a_fit_met_goes_with_the_next_lesson(tmp_path: Path) -> None:
    """It was fitted by a sidecar whose own clock was wrong."""
    house = at_now(tmp_path)
    astray = replace(house, clock=lambda: NOW_S + 5000 * DAY_S)
    fit(pl.concat([sign_ins(), ahead(sign_ins(), 4000)]), FitOptions(model="m", **ONE), astray)  # type: ignore[arg-type]
    champion = house.shelf.line("m").champion
    assert champion and max(champion.days) == "2034-11-06"
    learn(house, [later()])
    champion = house.shelf.line("m").champion
    assert champion and len(champion.days) == 9 and max(champion.days) == "2023-11-23"


@pytest.mark.parametrize(
    ("field", "words", "spoil"),
    [
        ("user", "have no user", lambda table: table.drop("user")),
        ("user", "have no user", lambda table: table.with_columns(user=pl.lit(""))),
        ("_time", "no row has a time", lambda table: table.drop("_time")),
        ("_time", "have no time", lambda t: pl.concat([t, *[t.with_columns(_time=pl.lit(""))] * 2])),
        ("_time", "in the future", lambda t: pl.concat([t.head(9), *[ahead(t, 5)] * 99])),
        ("dest", "no event has dest, app, bytes", lambda table: table.drop("dest", "app", "bytes")),
        (
            "dest",
            "no row says anything",
            lambda t: t.with_columns(dest=pl.lit(""), app=pl.lit(""), bytes=pl.lit("abc")),
        ),
    ],
)
def test_a_day_that_lacks_what_makes_it_one_does_not_replace_what_was_learned(
    tmp_path: Path, field: str, words: str, spoil: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    house = at_now(tmp_path)
    learn(house, [later()])
    before = files_of(house)
    with pytest.raises(DataError, match=words) as caught:
        learn(house, [spoil(later())])
    assert caught.value.field == field and caught.value.mend and "force=" not in caught.value.mend
    assert files_of(house) == before


def test_a_day_of_which_nothing_may_teach_any_more_is_gone(tmp_path: Path) -> None:
    """Learned again without anybody, it is as if it had never been learned."""
    once, never = house_with(tmp_path / "once", ONE), house_with(tmp_path / "never", ONE)
    day, everybody = day_of(later(), 0), tuple(later()["user"].unique())
    learn(once, [day])
    learn(once, [day], withhold=everybody)
    for house in (once, never):
        learn(house, [day_of(later(), 1)])
    assert files_of(once) == files_of(never)


def test_a_field_that_no_event_has_is_told(tmp_path: Path) -> None:
    reply = run(later().drop("dest", "app"), LearnOptions(model="m"), house_with(tmp_path, ONE))
    assert reply.told.endswith("taught 3 days; no event had dest, app")


def test_a_day_older_than_the_window_is_told(tmp_path: Path) -> None:
    house = house_with(tmp_path, ONE)
    learn(house, [day_of(later(), 2)])
    reply = run(day_of(later(), 0), LearnOptions(model="m", window_days=2), house)
    assert reply.told.endswith("taught 1 day; 1 of them older than the window, which count for nothing")


def test_a_part_of_a_day_that_replaces_the_whole_is_told(tmp_path: Path) -> None:
    house, whole = house_with(tmp_path, ONE), day_of(later(), 1)
    learn(house, [whole])
    most = run(whole.head(whole.height * 3 // 4), LearnOptions(model="m"), house)
    assert "before" not in most.told
    part = run(whole.head(9), LearnOptions(model="m"), house)
    assert part.told.endswith("2023-11-22 had taught more than twice as much before: give whole days")


def test_a_stored_day_that_is_damaged_is_replaced_by_learning_it_again(tmp_path: Path) -> None:
    house = house_with(tmp_path, ONE)
    learn(house, [day_of(later(), 1)])
    champion = house.shelf.line("m").champion
    assert champion
    name = champion.days["2023-11-22"].version
    (tmp_path / "blobs" / name[:2] / name).write_bytes(b"damaged")
    assert run(day_of(later(), 1), LearnOptions(model="m"), house).table["taught"][0] > 0
    champion = house.shelf.line("m").champion
    assert champion and house.shelf.partition(champion.days["2023-11-22"]).rows > 0


@pytest.mark.parametrize("option", ["teach_below=0.4", "withhold=ann", "window_days=30"])
def test_what_belongs_to_learning_does_not_go_with_forgetting(option: str) -> None:
    given = [("model", "m"), ("action", "forget"), ("entity", "ann")]
    name, _, value = option.partition("=")
    with pytest.raises(CallerError, match="this is for action=learn") as caught:
        read_options(LearnOptions, [*given, (name, value)])
    assert caught.value.field == name


def test_who_is_unknown_is_told_as_such(tmp_path: Path) -> None:
    house = house_with(tmp_path, ONE)
    assert forget(house, entity="nobody").is_empty()
    reply = run(pl.DataFrame(), LearnOptions(model="m", action="forget", entity="nobody"), house)
    assert reply.told == "nobody of this name, letter by letter, is in these learned days: nothing was forgotten"


def test_forgetting_shows_how_far_it_is_and_names_the_mend_of_a_range(tmp_path: Path) -> None:
    seen: list[tuple[float, str]] = []
    house = replace(house_with(tmp_path, ONE), progress=lambda share, told: seen.append((share, told)))
    fit(sign_ins(), FitOptions(model="m", entity=("user",), fields=("dest",)), house)
    seen.clear()
    forget(house, entity="user3", dry=True)
    assert seen == [(0.0, "version 1 of 2"), (0.45, "version 2 of 2")]
    with pytest.raises(CallerError) as caught:
        days_between("2026-02-01", "2026-01-01")
    assert caught.value.mend == "give a latest= that is not before 2026-02-01"
