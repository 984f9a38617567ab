"""The report: one page of HTML, readable without a network, without scripts, in light and in dark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import polars as pl

from models.risk import SEVERITIES, THRESHOLDS
from models.simulator import Story
from models.simulator.rule import ALERTS_A_DAY
from sidecar.demo.contributions import contributions_of, reasons_of
from sidecar.demo.evidence import Evidence
from sidecar.demo.notables_page import page_of
from sidecar.demo.pictures import DAY_S, Picture, Step, distribution, timeline, waterfall
from sidecar.demo.promise import promise_of
from sidecar.demo.watch import Watch
from sidecar.demo.words import clock_time, one_in, score_text, signed, value_text

FIRST_ROWS = 12
REASONS_SHOWN = 3
WIDE, NARROW = 1_060, 350
NO_CARD: Mapping[str, str] = {}


@dataclass(frozen=True)
class Case:
    """One user's days: the timeline at two widths, and the waterfall of the highest event."""

    user: str
    unit: str
    story: str
    missed: bool
    score: str
    when: str
    summary: str
    wide: Picture
    narrow: Picture
    steps: Sequence[Step]
    margin: float
    sum_left: float
    sum_width: float
    note: str


def write_report(
    path: Path,
    evidence: Evidence,
    watch: Watch,
    stories: Sequence[Story],
    facts: Sequence[tuple[str, str]],
    card: Mapping[str, str] = NO_CARD,
) -> None:
    """Write the page to `path`; `facts` are pairs of words about the run, `card` is the model's."""
    path.write_text(render(evidence, watch, stories, facts, card), encoding="utf-8")


def render(
    evidence: Evidence,
    watch: Watch,
    stories: Sequence[Story],
    facts: Sequence[tuple[str, str]],
    card: Mapping[str, str] = NO_CARD,
) -> str:
    """The page as text; every value of an event is escaped."""
    folder = jinja2.FileSystemLoader(Path(__file__).parent)
    pages = jinja2.Environment(loader=folder, autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    pages.filters["signed"] = signed
    promise = promise_of(card, evidence.scored)
    page = _page(evidence, stories, facts) | {"watch": page_of(watch, stories), "promise": promise}
    return pages.get_template("report.html").render(page=page).lstrip()


def _page(evidence: Evidence, stories: Sequence[Story], facts: Sequence[tuple[str, str]]) -> dict[str, Any]:
    scored, alerts = evidence.scored, evidence.aiscore.alerts
    begins_s, ends_s = _span(scored)
    return {
        "simulated": evidence.simulated,
        "days": evidence.days,
        "scored": scored["ai_score"].count(),
        "unscored": scored["ai_score"].null_count(),
        "first_day": clock_time(begins_s, "%-d %B"),
        "last_day": clock_time(ends_s - 1, "%-d %B"),
        "a_day": ALERTS_A_DAY,
        "first_rows": FIRST_ROWS,
        "alerts": [_alert(rank, row) for rank, row in enumerate(alerts.iter_rows(named=True), start=1)],
        "stories": [_story(story, alerts) for story in stories],
        "aiscore": evidence.aiscore,
        "best_rule": evidence.best_rule,
        "results": (evidence.aiscore, *evidence.rules),
        "cases": [_case(scored, row) for row in _worth_a_look(evidence)],
        "spread_wide": distribution(scored, WIDE),
        "spread_narrow": distribution(scored, NARROW),
        "bands": _bands(scored),
        "facts": facts,
    }


def _span(scored: pl.DataFrame) -> tuple[float, float]:
    """Midnight before the first event and midnight after the last, in epoch seconds."""
    first, last = scored["_time"].to_numpy()[[0, -1]] // DAY_S
    return float(first) * DAY_S, float(last + 1) * DAY_S


def _alert(rank: int, row: dict[str, Any]) -> dict[str, Any]:
    score = row["ai_score"]
    return {
        "rank": rank,
        "user": row["user"],
        "unit": row["user_bunit"],
        "score": score_text(score),
        "percent": round(100 * (score or 0), 1),
        "severity": row["ai_severity"] or "unscored",
        "severity_class": row["ai_severity"] if row["ai_severity"] in SEVERITIES else "informational",
        "when": clock_time(row["_time"], "%a %-d %b"),
        "hour": clock_time(row["_time"], "%H:%M"),
        "reasons": reasons_of(row["ai_reasons"] or "")[:REASONS_SHOWN],
        "story": row["story"],
    }


def _story(story: Story, alerts: pl.DataFrame) -> dict[str, Any]:
    """One attack and the rank of its first alert (None when it has none)."""
    ranks = alerts.with_row_index("rank", offset=1).filter(pl.col("story") == story.name)["rank"]
    return {
        "name": story.name,
        "what": story.what,
        "begins": clock_time(story.begins_s),
        "ends": clock_time(story.ends_s),
        "events": story.events,
        "rank": ranks[0] if len(ranks) else None,
    }


def _worth_a_look(evidence: Evidence) -> list[dict[str, Any]]:
    """The highest event of each attack, then the highest alert that belongs to none.

    Attacks that were found come first, and among them those of which the user's days tell most.
    """
    told = evidence.scored.filter(pl.col("story") != "").with_columns(
        missed=~pl.col("story").is_in(list(evidence.aiscore.found)), told=pl.len().over("story", "user")
    )
    highest = told.sort("ai_score", descending=True, nulls_last=True).unique("story", maintain_order=True, keep="first")
    ordinary = evidence.aiscore.alerts.filter(pl.col("story") == "", pl.col("ai_score").is_not_null()).head(1)
    ranked = highest.sort("missed", "told", descending=[False, True], maintain_order=True)
    return [*ranked.iter_rows(named=True), *ordinary.with_columns(missed=False).iter_rows(named=True)]


def _case(scored: pl.DataFrame, row: dict[str, Any]) -> Case:
    events = scored.filter(pl.col("user") == row["user"])
    begins_s, ends_s = _span(scored)
    parts = contributions_of(row["ai_contributions"] or "")
    steps = waterfall(parts, {name: value_text(name, value) for name, value in row.items()})
    margin = sum(amount for _, amount in parts)
    left, width = _sum_bar(steps, margin)
    return Case(
        user=row["user"],
        unit=row["user_bunit"],
        story=row["story"],
        missed=row["missed"],
        score=score_text(row["ai_score"]),
        when=clock_time(row["_time"]),
        summary=_summary(events, row),
        wide=timeline(events, begins_s, ends_s, WIDE),
        narrow=timeline(events, begins_s, ends_s, NARROW),
        steps=steps,
        margin=margin,
        sum_left=left,
        sum_width=width,
        note=(row["ai_note"] or "no reason given").replace("_", " "),
    )


def _sum_bar(steps: Sequence[Step], margin: float) -> tuple[float, float]:
    """The bar of the whole margin on the scale of the steps, in percent."""
    if not steps or not steps[0].amount:
        return 0.0, 0.0
    unit = steps[0].width / abs(steps[0].amount)
    zero = steps[0].left if steps[0].amount > 0 else steps[0].left + steps[0].width
    return round(zero + min(margin, 0) * unit, 2), round(abs(margin) * unit, 2)


def _summary(events: pl.DataFrame, row: dict[str, Any]) -> str:
    """The timeline in words, for those who cannot see it."""
    told = (events["story"] != "").sum()
    part = f"{told} of them belong{'s' * (told == 1)} to an attack" if told else "none of them belongs to an attack"
    return (
        f"{row['user']}: {len(events):,} events in four days; {part}. The highest score is "
        f"{score_text(row['ai_score'])}, "
        f"on {clock_time(row['_time'])}; half of the events score below {score_text(_median(events))}."
    )


def _median(events: pl.DataFrame) -> float | None:
    middle = events["ai_score"].median()
    return float(middle) if isinstance(middle, float) else None


def _bands(scored: pl.DataFrame) -> list[dict[str, Any]]:
    """Each severity: what its first score promises of ordinary events, and what was seen."""
    ordinary = scored.filter(pl.col("story") == "")["ai_score"].drop_nulls()
    rows = []
    for name, start in zip(SEVERITIES[1:], THRESHOLDS, strict=True):
        band = scored.filter(pl.col("ai_severity") == name)
        rows.append(
            {
                "name": name,
                "from_score": f"{start:.2f}",
                "promised": one_in(10 ** (-6 * start)),
                "seen": one_in(float((ordinary >= start).sum()) / max(1, len(ordinary))),
                "events": len(band),
                "story": int((band["story"] != "").sum()),
            }
        )
    return rows[::-1]
