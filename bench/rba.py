"""Notables on simulated companies: five of 1,000 people, through the shipped searches on their schedule.

A story is told in time if a notable stands on the right entity within an hour of its last event: on one of its
accounts, or on a source from which its events came. A notable is false if its entity has no event of a story in the 24
hours before, or is not right so. A story's rank is the place of its best right entity among all entities of a day, by
the risk that the stacking search would add up for them that day, on the best of the story's days.

python -m bench.rba                     # five companies: a table, bench/results/rba.json, docs/rba.md (half an hour)
python -m bench.rba --seeds 7 --no-doc
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

from bench import document
from bench.replay import replayed
from models.simulator import Simulation, Story, simulate
from tests.splunkd.play import Play

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results" / "rba.json"
DOC = ROOT / "docs" / "rba.md"
SEEDS = (81, 82, 83, 84, 85)
DAY_S, HOUR_S = 86_400, 3_600
POINTS = {"low": 20, "medium": 40, "high": 60}
DAY_CAP = 120
"""As the macro aiscore_stack counts."""
TOP = 10
EVENT_FIELDS = ("_time", "user", "src", "src_country", "src_lat", "src_lon", "dest", "app", "action", "bytes_out")
"""With places, as `iplocation` would add them."""


@dataclass(frozen=True)
class Outcome:
    """What came of one company. after_h: story -> hours from its last event to its first right notable, or None.

    rank: story -> its place in the queue of its day, from 1, or None.
    """

    seed: int
    days: int
    events: int
    unusual_rows: int
    notables: int
    false_notables: int
    false_entities: list[str]
    after_h: dict[str, float | None]
    rank: dict[str, int | None]
    runs: int
    seconds: float

    @property
    def in_time(self) -> int:
        """The stories told within an hour of their end."""
        return sum(hours is not None and hours <= 1 for hours in self.after_h.values())

    @property
    def false_a_day(self) -> float:
        """False notables a day."""
        return self.false_notables / self.days


def outcome(seed: int, users: int = 1_000) -> Outcome:
    """Simulate, play, judge."""
    company = simulate(seed=seed, users=users)
    what = Play(company.before().select(EVENT_FIELDS), company.after().select(EVENT_FIELDS), rules=False)
    played = replayed(what)
    judged = [(row, _stories(company, row)) for row in played.notables.iter_rows(named=True)]
    false = [f"{row['entity_type']} {row['entity']}" for row, told in judged if not told]
    raised = [(story, [row["time_s"] for row, told in judged if story.name in told]) for story in company.stories]
    after = {story.name: _after_h(story, at_s) for story, at_s in raised}
    rank = {story.name: _rank(company, story, risk_by_day(played.rows)) for story in company.stories}
    days = round((what.ends_s - what.begins_s) // DAY_S) or 1
    unusual = played.rows.select("_time").n_unique()
    seconds = round(sum(played.seconds.values()), 1)
    return Outcome(
        seed, days, played.events, unusual, len(judged), len(false), false, after, rank, played.runs, seconds
    )


def _stories(company: Simulation, notable: dict[str, object]) -> set[str]:
    """The stories that a notable is right about."""
    at_s, kind, entity = float(str(notable["time_s"])), notable["entity_type"], notable["entity"]
    field = "user" if kind == "user" else "src"
    seen = company.after().filter(
        pl.col(field) == entity, pl.col("story") != "", pl.col("_time").is_between(at_s - DAY_S, at_s)
    )
    found = set(seen["story"].unique().to_list())
    accounts = {story.name: story.users for story in company.stories}
    return {name for name in found if kind != "user" or entity in accounts[name]}


def risk_by_day(rows: pl.DataFrame) -> pl.DataFrame:
    """The entities of each day, most risk first: day, entity_type, entity, risk, rank (from 1; equals share the worst).

    The same news counts once a day at its highest, and that of one behaviour at most DAY_CAP, as in the macro
    aiscore_stack.
    """
    points = pl.col("ai_band").replace_strict(POINTS, return_dtype=pl.Int64)
    of = ["day", "entity_type", "entity"]
    days = rows.with_columns(day=pl.col("_time").cast(pl.Float64) // DAY_S, points=points)
    news = days.group_by(*of, "ai_news", "ai_same").agg(pl.col("points").max())
    kinds = news.group_by(*of, "ai_news").agg(pl.col("points").sum().clip(upper_bound=DAY_CAP))
    found = kinds.group_by(of).agg(risk=pl.col("points").sum())
    return found.with_columns(rank=pl.col("risk").rank("max", descending=True).over("day")).sort(
        "day", "rank", "entity"
    )


def _rank(company: Simulation, story: Story, queue: pl.DataFrame) -> int | None:
    """The best place of a right entity on a day on which the story has events of it."""
    seen = company.after().filter(pl.col("story") == story.name).with_columns(day=pl.col("_time") // DAY_S)
    users = seen.filter(pl.col("user").is_in(story.users)).select("day", entity_type=pl.lit("user"), entity="user")
    sources = seen.select("day", entity_type=pl.lit("system"), entity="src")
    best = queue.join(pl.concat([users, sources]).unique(), on=["day", "entity_type", "entity"])["rank"].min()
    return None if best is None else int(best)  # type: ignore[call-overload]


def _after_h(story: Story, raised_s: list[float]) -> float | None:
    return round((min(raised_s) - story.ends_s) / HOUR_S, 1) if raised_s else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), help="companies (default 81 to 85)")
    parser.add_argument("--users", type=int, default=1_000, help="people of each (default %(default)s)")
    parser.add_argument(
        "--at-once", type=int, default=2, help="companies played at the same time (default %(default)s)"
    )
    parser.add_argument("--no-doc", action="store_true", help="print only")
    chosen = parser.parse_args()
    with ProcessPoolExecutor(chosen.at_once) as pool:
        outcomes = list(pool.map(outcome, chosen.seeds, [chosen.users] * len(chosen.seeds)))
    Console(width=130).print(table_of(outcomes))
    for one in outcomes:
        print(f"seed {one.seed}: false notables: {', '.join(one.false_entities) or 'none'}")
    if not chosen.no_doc:
        RESULTS.write_text(json.dumps(results_of(outcomes), indent=2) + "\n", encoding="utf-8")
        document.put(DOC, "companies", lines_of(outcomes))
    return 0


def results_of(outcomes: list[Outcome]) -> dict[str, object]:
    """The figures of all companies."""
    return {
        "stories": sum(len(one.after_h) for one in outcomes),
        "stories_in_time": sum(one.in_time for one in outcomes),
        "stories_in_top_10": sum((rank or TOP + 1) <= TOP for one in outcomes for rank in one.rank.values()),
        "false_notables_a_day": round(sum(one.false_a_day for one in outcomes) / len(outcomes), 3),
        "false_notables_a_day_most": max(one.false_a_day for one in outcomes),
        "companies": [asdict(one) for one in outcomes],
    }


def rows_of(outcomes: list[Outcome]) -> list[list[str]]:
    """One row of text per company."""
    names = list(outcomes[0].after_h)
    return [
        [str(one.seed), f"{one.events:,}", f"{one.unusual_rows:,}", str(one.notables),
         *(f"{_hours(one.after_h.get(name))} ({one.rank.get(name) or '-'})" for name in names),
         f"{one.false_a_day:.2f}"]
        for one in outcomes
    ]  # fmt: skip


def heads_of(outcomes: list[Outcome]) -> list[str]:
    """The names of the columns."""
    names = [name.replace("_", " ") for name in outcomes[0].after_h]
    stories = [f"{name}, hours (place)" for name in names]
    return ["seed", "events scored", "unusual", "notables", *stories, "false a day"]


def _hours(hours: float | None) -> str:
    return "missed" if hours is None else f"{hours:+.1f}"


def table_of(outcomes: list[Outcome]) -> Table:
    """The outcomes for a terminal."""
    table = Table(*heads_of(outcomes), title="Simulated companies, four days each")
    for cells in rows_of(outcomes):
        table.add_row(*cells)
    return table


def lines_of(outcomes: list[Outcome]) -> list[str]:
    """The table, and its sum, in Markdown."""
    found = results_of(outcomes)
    return [
        *document.table(heads_of(outcomes), rows_of(outcomes)),
        "",
        f"{found['stories_in_time']} of {found['stories']} attacks were raised on the right entity within an hour of "
        f"their last event (a negative figure: before it), with {found['false_notables_a_day']:.2f} false notables "
        f"a day on the mean and {found['false_notables_a_day_most']:.2f} at most. {found['stories_in_top_10']} of "
        f"{found['stories']} stood among the ten entities of their day with the most risk.",
    ]


if __name__ == "__main__":
    sys.exit(main())
