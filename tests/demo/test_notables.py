"""From events to notables: figures are those of the files, notables are judged by the truth, texts are escaped."""

import json
import re
from pathlib import Path
from typing import Any

import jinja2
import polars as pl
import pytest
from rich.console import Console

from models.errors import DataError
from models.simulator import Story
from sidecar.demo import report
from sidecar.demo.course import course
from sidecar.demo.notables_page import page_of
from sidecar.demo.played import read_played
from sidecar.demo.schedule import FIRST_FIT, Told
from sidecar.demo.screen import funnel_table, notables_table
from sidecar.demo.watch import Watch, watched
from tests.demo.left_behind import HOUR_S, notable, write

MIDNIGHT = 1_772_409_600.0  # Monday, 2 March 2026, 00:00 UTC
DAY_S = 86_400.0
HOSTILE = "<script>alert('x')</script>[bold]"
STORY = Story("stolen_credentials", ("thief",), MIDNIGHT + 9 * HOUR_S, MIDNIGHT + 10 * HOUR_S, 2, "what thief did")


def _events() -> pl.DataFrame:
    """Two days: an event an hour of somebody, and two of the thief, from a source of his own, on the first."""
    rows: list[tuple[float, str, str, str, str]] = [
        (MIDNIGHT + HOUR_S * hour, "bob", "ws-1", "db-1", "") for hour in range(47)
    ]
    rows += [
        (MIDNIGHT + (9 + more) * HOUR_S + 1, "thief", "laptop-9", "db-1", "stolen_credentials") for more in range(2)
    ]
    return pl.DataFrame(rows, schema=["_time", "user", "src", "dest", "story"], orient="row").sort("_time")


def _watch(folder: Path, **left: Any) -> Watch:
    runs = left.pop("runs", [("AIScore - Score authentication", MIDNIGHT + 48 * HOUR_S, "")])
    return watched(read_played(write(folder, runs=runs, **left)), _events(), (STORY,))


def _html(watch: Watch) -> str:
    folder = jinja2.FileSystemLoader(Path(report.__file__).parent)
    pages = jinja2.Environment(loader=folder, autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    text = '{% import "notables.html" as n %}{{ n.steps(w) }}{{ n.days(w) }}'
    return pages.from_string(text).render(w=page_of(watch, (STORY,)))


def _words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    at = MIDNIGHT + 9 * HOUR_S + 1
    return _watch(
        tmp_path,
        runs=[("A", MIDNIGHT + HOUR_S, ""), ("B", MIDNIGHT + HOUR_S, ""), ("A", MIDNIGHT + 48 * HOUR_S, "")],
        records=[
            (MIDNIGHT, "run", 77, 0),  # Of the half hour before midnight.
            (MIDNIGHT + HOUR_S, "run", 1_000, 0),
            (MIDNIGHT + HOUR_S, "late", 500, 0),
            (MIDNIGHT + DAY_S, "run", 200, 3),  # Of the last half hour of the first day.
            (MIDNIGHT + DAY_S + HOUR_S, "run", 30, 0),
        ],
        kept=[(at, "thief", "laptop-9", "db-1"), (at - 60, "bob", "ws-1", "db-1"), (MIDNIGHT - 60, "a", "b", "c")],
        risk=[(at, "thief", "user"), (at, "laptop-9", "system"), (at, "thief", "user"), (MIDNIGHT - 60, "a", "user")],
        notables=[notable(at + 900, "thief"), notable(at + 1800, "bob"), notable(MIDNIGHT + 2 * DAY_S + 900, "bob")],
    )  # fmt: skip


def test_an_attack_is_caught_by_a_notable_of_its_own(watch: Watch, tmp_path: Path) -> None:
    nobody = _watch(tmp_path, notables=[notable(MIDNIGHT + HOUR_S, "bob")])
    assert page_of(watch, (STORY,))["caught"] == 1 and page_of(nobody, (STORY,))["caught"] == 0


def test_counts_are_those_of_the_files(watch: Watch) -> None:
    total = watch.counts
    assert (total.scored, total.unscored, total.unusual, total.risk_events, total.entities) == (1_227, 3, 2, 3, 2)
    assert (watch.before.scored, watch.before.unusual, watch.before.risk_events) == (77, 1, 1)
    assert [day.counts.scored for day in watch.days] == [1_197, 30]
    assert (watch.runs, watch.searches, watch.failed) == (3, 2, 0)


def test_a_notable_after_the_last_midnight_belongs_to_the_last_day(watch: Watch) -> None:
    assert [len(day.notables) for day in watch.days] == [2, 1]
    assert watch.busiest is watch.days[0]


def test_the_page_shows_them(watch: Watch) -> None:
    html = _html(watch)
    words = _words(html)
    assert "1,227 events scored" in words and "3 left unscored" in words
    assert "2 unusual events 1 in 610" in words and "3 risk events on 2 users and systems" in words
    assert "3 notables 1 of an attack, 2 of none; 1.5 a day" in words
    assert "1 unusual event and 1 risk event of the day before" in words
    assert "stolen credentials 1 notable, the first 15 minutes after its first event" in words
    assert "Monday, 2 March 2 notables stolen credentials" in words and "Tuesday, 3 March 1 notable no attack" in words
    assert "No attack went on. The analyst was asked to look once: that is what a day without one costs." in words
    first, second = re.findall(r"<details[^>]*>", html)
    assert "open" in first and "open" not in second
    assert "dest=db-1 never seen (+2.5)" in words and "place, reach" in words


def test_the_terminal_shows_them(watch: Watch) -> None:
    console = Console(record=True, width=140)
    console.print(funnel_table(watch), notables_table(watch))
    said = " ".join(console.export_text().split())
    assert "1,227 events scored" in said and "3 notables" in said
    assert "Mon 2 Mar 09:15 thief 120 place, reach stolen credentials" in said
    assert said.count("ordinary") == 2


@pytest.mark.parametrize(
    ("entity", "kind", "raised_s", "story"),
    [
        ("thief", "user", MIDNIGHT + 11 * HOUR_S, "stolen_credentials"),
        ("laptop-9", "system", MIDNIGHT + 11 * HOUR_S, "stolen_credentials"),
        ("bob", "user", MIDNIGHT + 11 * HOUR_S, ""),
        ("ws-1", "system", MIDNIGHT + 11 * HOUR_S, ""),
        ("thief", "user", MIDNIGHT + 9 * HOUR_S, ""),  # Before its first event.
        ("thief", "user", MIDNIGHT + 10 * HOUR_S + 1 + DAY_S, "stolen_credentials"),  # The last one, a day before.
        ("thief", "user", MIDNIGHT + 10 * HOUR_S + 2 + DAY_S, ""),  # Longer ago than a day.
        ("laptop-9", "user", MIDNIGHT + 11 * HOUR_S, ""),  # No user has this name.
        ("thief", "system", MIDNIGHT + 11 * HOUR_S, ""),
        ("thief", "", MIDNIGHT + 11 * HOUR_S, ""),
        ("", "user", MIDNIGHT + 11 * HOUR_S, ""),
    ],
)
def test_a_notable_is_right_when_its_entity_took_part_in_the_day_before(
    tmp_path: Path, entity: str, kind: str, raised_s: float, story: str
) -> None:
    (found,) = _watch(tmp_path, notables=[notable(raised_s, entity, kind)]).notables
    assert (found.story, found.right) == (story, bool(story))
    assert not story or found.after_s == raised_s - STORY.begins_s


def test_nothing_at_all(tmp_path: Path) -> None:
    watch = _watch(tmp_path)
    words = _words(_html(watch))
    assert "0 notables 0 of an attack, 0 of none; 0.0 a day" in words
    assert "0 unusual events none" in words
    assert "Nothing was put before the analyst, although an attack went on." in words
    assert "stolen credentials went on this day without a notable of this day." in words
    assert "stolen credentials no notable" in words
    console = Console(record=True, width=140)
    console.print(notables_table(watch))
    assert "none was raised" in console.export_text()


def test_events_without_notables(tmp_path: Path) -> None:
    watch = _watch(tmp_path, kept=[(MIDNIGHT + 60, "bob", "ws-1", "db-1")], records=[(MIDNIGHT + HOUR_S, "run", 10, 0)])
    assert (watch.counts.unusual, watch.counts.risk_events, watch.notables) == (1, 0, [])
    assert "1 in 10" in _words(_html(watch))


@pytest.mark.parametrize("field", ["entity", "entity_type", "ai_behaviours", "ai_reasons", "severity"])
def test_hostile_values_are_text(tmp_path: Path, field: str) -> None:
    one = notable(MIDNIGHT + HOUR_S, "bob", **{field: HOSTILE}) if field not in ("entity", "entity_type") else (
        notable(MIDNIGHT + HOUR_S, HOSTILE) if field == "entity" else notable(MIDNIGHT + HOUR_S, "bob", HOSTILE)
    )  # fmt: skip
    watch = _watch(tmp_path, notables=[one])
    html = _html(watch)
    assert "<script" not in html and "&lt;script&gt;" in html
    console = Console(record=True, width=200)
    console.print(notables_table(watch))
    assert "<script>" in console.export_text()


def test_a_reason_of_two_behaviours_is_told_once(tmp_path: Path) -> None:
    one = notable(MIDNIGHT + HOUR_S, "bob", ai_reasons="a (+2); b (+1); a (+2)")
    assert _watch(tmp_path, notables=[one]).notables[0].reasons == ("a (+2)", "b (+1)")


def test_odd_numbers_are_none(tmp_path: Path) -> None:
    (found,) = _watch(tmp_path, notables=[notable(MIDNIGHT + HOUR_S, "bob", ai_risk_sum="many", ai_events="")]).notables
    assert (found.risk, found.events) == (0.0, 0)


def test_the_picture_of_a_day_adds_up(watch: Watch) -> None:
    day = watch.days[0]
    picture = course(day, 1_060)
    bars = [bar for bar in picture.bars if not bar.story]
    assert sum(int(bar.text.split()[1]) for bar in bars) == len(day.unusual) == 2
    assert [bar.story for bar in picture.bars].count("any") == 1
    assert [point.story for point in picture.points] == ["stolen_credentials", ""]
    late = course(watch.days[1], 1_060).points[0]
    assert late.x == picture.right


def test_what_is_missing_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not there"):
        read_played(tmp_path)
    write(tmp_path, runs=[("A", MIDNIGHT, "")])
    pl.DataFrame({"_time": [1.0]}).write_csv(tmp_path / "risk.csv")
    with pytest.raises(DataError, match="risk_object"):
        read_played(tmp_path)


def test_runs_are_counted_as_they_are_told() -> None:
    told = Told()
    same = {"scheduled_s": 60, "rows_in": 9, "risk_events": 2, "notables": 1, "seconds": 1}
    for name, error in ((FIRST_FIT, ""), ("B", "gone wrong"), ("C", "worse")):
        told.add(json.dumps(same | {"name": name, "error": error}))
    assert (told.runs, told.failed, told.risk_events, told.notables, told.fit["rows"]) == (3, 2, 6, 3, 9)
    assert told.error == "B: gone wrong"
    assert told.words() == "3 runs, 2 failed, 6 risk events, 3 notables"
