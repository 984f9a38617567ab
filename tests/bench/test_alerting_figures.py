"""The tables of notables in the documents are those of the results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from bench import ait_notables, document, quality, rba
from bench.replay import Replayed
from models.simulator import simulate


def _kept(path: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_the_companies_in_the_document_are_those_of_the_results() -> None:
    kept = _kept(rba.RESULTS)
    outcomes = [rba.Outcome(**one) for one in kept["companies"]]
    assert rba.results_of(outcomes) == kept
    text = rba.DOC.read_text(encoding="utf-8")
    for line in rba.lines_of(outcomes):
        assert line in text
    assert f"{kept['stories_in_time']} of {kept['stories']} attacks" in text


def test_the_networks_in_the_document_are_those_of_the_results() -> None:
    kept = _kept(quality.RESULTS)
    found = [ait_notables.Shown(**one) for one in kept["ait_notables"]]
    assert {key: kept[key] for key in ait_notables.results_of(found)} == ait_notables.results_of(found)
    text = quality.DOC.read_text(encoding="utf-8")
    for line in ait_notables.lines_of(kept):
        assert line in text


def test_a_phase_is_shown_by_rows_of_the_notables_entity_only() -> None:
    hour = 3600.0
    notables = pl.DataFrame({"time_s": [10 * hour], "entity_type": ["system"], "entity": ["web"]})
    rows = pl.DataFrame(
        {
            "_time": [9 * hour, 11 * hour, 12 * hour, 60 * hour],
            "entity": ["web", "web", "db", "web"],
            "attack": [True, False, True, True],
        }
    )
    played = Replayed(notables, rows, 4, 1, {})

    def judged(from_h: float, to_h: float) -> tuple[bool, ...]:
        return tuple(ait_notables._judged(played, rows, from_h * hour, to_h * hour).values())

    assert judged(8.9, 9.1) == (True, True, True)
    assert judged(11.05, 11.06) == (True, False, False)
    assert judged(12, 12.5) == judged(60, 61) == judged(9.5, 10.5) == (False, False, False)


def test_a_notable_is_right_by_the_truth_of_the_day_before_it() -> None:
    company = simulate(users=60)
    (spray,) = [story for story in company.stories if story.name == "password_spray"]
    source = company.after().filter(pl.col("story") == spray.name)["src"][0]
    bystander = company.after().filter(~pl.col("user").is_in(sum((s.users for s in company.stories), ())))["user"][0]

    def told(kind: str, entity: str, at_s: float) -> set[str]:
        return rba._stories(company, {"time_s": at_s, "entity_type": kind, "entity": entity})

    assert told("system", source, spray.ends_s) == {"password_spray"}
    assert "password_spray" in told("user", spray.users[-1], spray.ends_s)
    assert told("system", source, spray.begins_s - 1) == told("user", bystander, spray.ends_s) == set()
    assert rba._after_h(spray, [spray.ends_s + 7200, spray.ends_s + 1800]) == 0.5 and rba._after_h(spray, []) is None


def test_what_stands_between_the_marks_is_written_anew_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "a\n<!-- one -->\nold\n<!-- end of one -->\nb\n<!-- two -->\n<!-- end of two -->\n", encoding="utf-8"
    )
    document.put(page, "one", document.table(["x"], [["1"]]))
    document.put(page, "two", ["new"])
    told = "a\n<!-- one -->\n| x |\n|---|\n| 1 |\n<!-- end of one -->\nb\n<!-- two -->\nnew\n<!-- end of two -->\n"
    assert page.read_text(encoding="utf-8") == told


def test_the_queue_of_a_day_counts_news_once_and_caps_a_behaviour() -> None:
    def row(entity: str, behaviour: str, band: str, same: str, day: int = 0) -> tuple[float, str, str, str, str, str]:
        return (day * rba.DAY_S + 1.0, "user", entity, behaviour, band, same)

    rows = [
        *[row("ann", "place", "low", "RO")] * 9,  # one piece of news: 20
        *[row("bob", "reach", "high", f"host{n}") for n in range(9)],  # capped: 120
        row("cyd", "place", "medium", "FR"), row("cyd", "hour", "low", "-"),  # 60
        row("cyd", "place", "high", "FR", day=1),
    ]  # fmt: skip
    names = ["_time", "entity_type", "entity", "ai_news", "ai_band", "ai_same"]
    queue = rba.risk_by_day(pl.DataFrame(rows, names, orient="row"))
    found = queue.select("day", "entity", "risk", "rank").rows()
    assert found == [(0, "bob", 120, 1), (0, "cyd", 60, 2), (0, "ann", 20, 3), (1, "cyd", 60, 1)]


def test_a_storys_place_is_that_of_its_best_right_entity_on_its_own_days() -> None:
    company = simulate(seed=3, users=60)
    story = next(one for one in company.stories if one.name == "stolen_credentials")
    day, user = story.begins_s // rba.DAY_S, story.users[0]
    queue = pl.DataFrame(
        {
            "day": [day, day, day - 1],
            "entity_type": ["user"] * 3,
            "entity": ["nobody", user, user],
            "rank": [1, 4, 1],
        }
    )
    assert rba._rank(company, story, queue) == 4
    assert rba._rank(company, story, queue.filter(pl.col("entity") == "nobody")) is None
