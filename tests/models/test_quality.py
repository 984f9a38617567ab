"""The data quality gate: every kind of fault is found where it is planted, and nothing is found in clean events."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl
import pytest

from models.features.spec import FeatureSpec, Field
from models.plan import FitPlan
from models.quality.asked import spec_of
from models.quality.audit import Grade, examine
from models.quality.days import MOST_DAYS, Days
from models.quality.finding import EVENTS, GRADES, Finding, clipped
from models.simulator import simulate
from tests.models.tables import DAY_S, START_S

DAYS, USERS, A_DAY = 21, 20, 60
NOW_S = START_S + (DAYS + 30) * DAY_S
SPEC = FeatureSpec(
    (
        Field("dest", "category"),
        Field("app", "category"),
        Field("groups", "multivalue"),
        Field("bytes", "number"),
        Field("_time", "hour"),
    ),
    ("user",),
    "_time",
    ids=("_time", "user", "dest", "_bkt", "_cd"),
)


@cache
def clean() -> pl.DataFrame:
    """Three weeks of sign-ins, day and night, all cells text; indexed within seconds."""
    rng = np.random.default_rng(3)
    rows = DAYS * USERS * A_DAY
    time = START_S + np.sort(rng.random(rows)) * DAYS * DAY_S
    user = rng.integers(USERS, size=rows)
    return pl.DataFrame(
        {
            "_time": [f"{t:.3f}" for t in time],
            "_indextime": [f"{t:.0f}" for t in time + rng.uniform(1, 20, rows)],
            "host": [f"dc{n}" for n in rng.integers(8, size=rows)],
            "user": [f"user{u}" for u in user],
            "dest": [f"host{h}" for h in user * 3 + rng.integers(3, size=rows)],
            "app": rng.choice(["ssh", "rdp", "web"], rows, p=[0.2, 0.3, 0.5]).tolist(),
            "groups": ["staff" if n else "staff\nadmins" for n in rng.integers(4, size=rows)],
            "bytes": [f"{b:.0f}" for b in rng.lognormal(8, 1, rows)],
        }
    )


def day() -> pl.Expr:
    return ((pl.col("_time").cast(pl.Float64) - START_S) / DAY_S).floor()


def where(condition: pl.Expr, column: str, then: pl.Expr | str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    value = pl.lit(then) if isinstance(then, str) else then
    return lambda table: table.with_columns(pl.when(condition).then(value).otherwise(pl.col(column)).alias(column))


def moved(column: str, seconds: float) -> pl.Expr:
    return (pl.col(column).cast(pl.Float64) + seconds).round(3).cast(pl.String)


def times(factor: float) -> pl.Expr:
    return (pl.col("bytes").cast(pl.Float64) * factor).cast(pl.String)


ROW = pl.int_range(pl.len())
HOUR = (pl.col("_time").cast(pl.Float64) / 3600).floor() % 24

PLANTED: list[tuple[str, str, str, Callable[[pl.DataFrame], pl.DataFrame]]] = [
    ("absent", "app", "F", lambda table: table.drop("app")),
    ("empty", "app", "F", where(pl.lit(True), "app", "")),
    ("sparse", "app", "B", where(ROW % 50 > 0, "app", "")),
    ("constant", "app", "D", where(pl.lit(True), "app", "ssh")),
    ("exploding", "dest", "D", where(pl.lit(True), "dest", pl.format("h{}", ROW))),
    ("exploding", "dest", "D", where(pl.lit(True), "dest", pl.format("h{}", ROW // 3))),
    ("unread", "bytes", "D", where(ROW % 5 == 0, "bytes", pl.format("{} KB", "bytes"))),
    ("unread", "bytes", "B", where(ROW % 200 == 0, "bytes", "n/a")),
    ("lost", "app", "F", where(day() >= 15, "app", "")),
    ("lost", "app", "F", where(day() >= 3, "app", "")),
    ("lost", "groups", "C", where(day().is_between(9, 10), "groups", "")),
    ("lost", "bytes", "F", where(day() >= 12, "bytes", "")),
    ("unit", "bytes", "D", where(day() >= 14, "bytes", times(1000))),
    ("unit", "bytes", "D", where(day() >= 7, "bytes", times(1 / 1024))),
    ("unit", "bytes", "D", where(day() >= 20, "bytes", times(1 / 60))),
    ("vocabulary", "dest", "D", where(day() >= 16, "dest", pl.col("dest").str.to_uppercase())),
    ("no_entity", EVENTS, "C", where(ROW % 20 == 0, "user", "")),
    ("nobody", EVENTS, "C", where(ROW % 20 == 0, "user", "Unknown")),
    ("nobody", EVENTS, "D", where(ROW % 4 == 0, "user", "-")),
    ("spelling", EVENTS, "C", where(ROW % 20 == 0, "user", pl.col("user").str.to_uppercase())),
    ("spelling", EVENTS, "B", where(ROW % 300 == 0, "user", pl.format(" {}", "user"))),
    ("thin_history", EVENTS, "D", where(ROW % 4 == 0, "user", pl.format("guest{}", ROW // 24))),
    ("no_time", EVENTS, "C", where(ROW % 50 == 0, "_time", pl.format("yesterday {}", ROW))),
    ("unordered", EVENTS, "B", lambda table: table.sample(fraction=1.0, shuffle=True, seed=1)),
    ("duplicates", EVENTS, "C", lambda table: pl.concat([table, table[:1200]]).sort("_time", maintain_order=True)),
    ("gap", EVENTS, "B", lambda table: table.filter(~((day() == 9) & HOUR.is_between(10, 13)))),
    ("late", EVENTS, "D", where(ROW % 8 == 0, "_indextime", moved("_indextime", 9000))),
    ("future", EVENTS, "B", where(ROW % 300 == 0, "_indextime", moved("_indextime", -4000))),
    ("skew", EVENTS, "D", where(pl.col("host") == "dc3", "_indextime", moved("_indextime", 2700))),
    ("skew", EVENTS, "D", where(pl.col("host") == "dc3", "_indextime", moved("_indextime", -3 * 3600))),
]


def found(grades: list[Grade]) -> dict[tuple[str, str], Finding]:
    return {(finding.field, finding.check): finding for grade in grades for finding in grade.findings}


def test_an_example_is_a_line_of_letters() -> None:
    assert clipped("a\x1b[2J\r\n\tb\u202ec" + "\x00" * 100_000) == "a [2J b c"
    assert clipped("x" * 65) == "x" * 61 + "..."
    assert not clipped(" " * 1024 + "x"), "no more is looked at"


def test_nothing_is_found_in_clean_events() -> None:
    grades = examine(clean(), SPEC, NOW_S)
    assert found(grades) == {} and {grade.grade for grade in grades} == {"A"}
    assert [grade.field for grade in grades] == [EVENTS, "dest", "app", "groups", "bytes"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_found_in_a_simulated_company(seed: int) -> None:
    sim = simulate(seed=seed, users=100)
    names = ("src", "src_country", "dest", "app", "action", "signature_id")
    numbers = ("bytes_out", "bytes_1h", "dests_1h")
    fields = (*(Field(name, "category") for name in names), *(Field(name, "number") for name in numbers))
    spec = FeatureSpec(fields, ("user", "src"), "_time", ids=("_time", "user", "src", "dest"))
    assert found(examine(sim.events.cast(pl.String), spec, NOW_S + 1e9)) == {}


@pytest.mark.parametrize(("check", "field", "grade", "plant"), PLANTED)
def test_a_planted_fault_is_found_and_it_alone(
    check: str, field: str, grade: str, plant: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    grades = examine(plant(clean()), SPEC, NOW_S)
    faults = found(grades)
    beside = {"skew": {"late", "future"}}.get(check, set())  # what else a wrong clock looks like
    assert (field, check) in faults and {name for _, name in faults} <= {check, *beside}
    finding = faults[field, check]
    assert finding.grade == grade and grade in GRADES[1:]
    assert next(one.grade for one in grades if one.field == field) >= grade
    assert (
        finding.words and finding.mend and finding.count > 0 and 0 < finding.share <= 1 and len(finding.example) <= 64
    )


def finding_of(check: str, field: str, plant: Callable[[pl.DataFrame], pl.DataFrame]) -> Finding:
    return found(examine(plant(clean()), SPEC, NOW_S))[field, check]


def test_a_finding_says_since_when_and_how_many() -> None:
    plant = where(day() >= 15, "app", "")
    late = clean().filter(day() >= 15).height
    lost = finding_of("lost", "app", plant)
    assert lost.since == str(np.datetime64(START_S + 15 * DAY_S, "s").astype("datetime64[D]")) and lost.count == late
    unit = finding_of("unit", "bytes", where(day() >= 14, "bytes", times(1000)))
    assert unit.since == str(np.datetime64(START_S + 14 * DAY_S, "s"))[:10]
    assert "times as large" in unit.words
    gap = finding_of("gap", EVENTS, lambda table: table.filter(~((day() == 9) & HOUR.is_between(10, 13))))
    assert gap.count == 4 and gap.since == str(np.datetime64(START_S + 9 * DAY_S + 10 * 3600, "s"))[:16]
    skew = finding_of("skew", EVENTS, where(pl.col("host") == "dc3", "_indextime", moved("_indextime", -3 * 3600)))
    assert skew.example == "dc3" and "+3.0 hours" in skew.words


def test_a_name_that_is_spelled_in_two_ways_is_told_with_the_rarer_one() -> None:
    finding = finding_of("spelling", EVENTS, where((ROW % 9 == 0) & (pl.col("user") == "user3"), "user", "User3"))
    rows = clean().filter((ROW % 9 == 0) & (pl.col("user") == "user3")).height
    assert (
        finding.example == "User3"
        and finding.count == rows
        and finding.words.endswith(": 1 name has several baselines")
    )
    assert "lower(trim(user))" in finding.mend


def test_several_sources_that_are_not_there_are_told_in_good_english() -> None:
    spec = FeatureSpec((Field("way", "category", how="pair", of=("a", "b")),), ("user",), "_time")
    told = [finding.words for grade in examine(clean(), spec, NOW_S) for finding in grade.findings]
    assert told == ["a, b are not in the data"]


def test_events_are_late_only_against_their_indexing_and_future_against_now_without_it() -> None:
    plain = clean().drop("_indextime")
    assert found(examine(plain, SPEC, NOW_S)) == {} == found(examine(plain, SPEC, None))
    early = found(examine(plain, SPEC, START_S + 20 * DAY_S))
    assert list(early) == [(EVENTS, "future")] and early[EVENTS, "future"].grade == "C"
    renamed = clean().with_columns(indextime=moved("_indextime", 9000)).drop("_indextime")
    assert (EVENTS, "late") in found(examine(renamed, SPEC, NOW_S))


def test_what_a_search_gives_newest_first_is_not_called_unordered() -> None:
    assert found(examine(clean().reverse(), SPEC, NOW_S)) == {}


@pytest.mark.parametrize("table", [clean()[:0], clean()[:1], clean()[:7], clean().with_columns(_time=pl.lit(""))])
def test_odd_tables_are_examined_too(table: pl.DataFrame) -> None:
    assert [grade.field for grade in examine(table, SPEC, NOW_S)] == [EVENTS, "dest", "app", "groups", "bytes"]
    examine(table, FeatureSpec((Field("bytes", "number"),)), None)


@pytest.mark.parametrize(("time", "told"), [("1e300", {(EVENTS, "future")}), ("-1e300", set())])
def test_times_that_no_clock_shows_are_examined_too(time: str, told: set[tuple[str, str]]) -> None:
    odd = pl.when(ROW.max() == ROW).then(pl.lit(time))
    assert told <= {*found(examine(clean().with_columns(_time=odd.otherwise("_time")), SPEC, NOW_S))}
    examine(clean().with_columns(_indextime=odd.otherwise("_indextime")), SPEC, NOW_S)


def test_a_number_in_bands_is_no_constant_and_its_texts_are_unread() -> None:
    plan = FitPlan("", entities=("user",), fields=("bytes:band",))
    assert found(examine(clean(), spec_of(clean(), plan), NOW_S)) == {}
    unread = clean().with_columns(bytes=pl.when(ROW % 5 == 0).then(pl.format("{} KB", "bytes")).otherwise("bytes"))
    assert {*found(examine(unread, spec_of(unread, plan), NOW_S))} == {("bytes", "unread")}


def test_very_long_spans_are_cut_into_stretches() -> None:
    days = Days.read(np.array([0.0, 5_000.0 * DAY_S, np.nan]), 3)
    assert days.count <= MOST_DAYS and days.of.tolist() == [0, days.count - 1, -1] and days.name(0) == "1970-01-01"
    table = clean().with_columns(_time=pl.when(ROW == 0).then(pl.lit("4e9")).otherwise(pl.col("_time")))
    assert found(examine(table, SPEC, NOW_S))[EVENTS, "future"].count == 1


def test_few_events_of_an_entity_are_no_fault_where_a_model_knows_its_past() -> None:
    table, spec = clean().head(40), SPEC
    checks = [{f.check for f in examine(table, spec, has_past=known)[0].findings} for known in (False, True)]
    assert checks[0] - checks[1] == {"thin_history"}
