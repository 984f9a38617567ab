"""Notables beside the truth: which of them are an attack, and how long after its first event they came."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from models.simulator import Story
from sidecar.demo.contributions import reasons_of
from sidecar.demo.played import Played, row_of

LOOKBACK_S = 86_400.0
"""The stacking rule looks at the last day."""
_FIELD_OF = {"user": "user", "system": "src"}


@dataclass(frozen=True)
class Notable:
    """One notable; `story` is the attack that it belongs to ('' = none), `after_s` the time since that one began."""

    raised_s: float
    entity: str
    entity_type: str
    risk: float
    severity: str
    behaviours: str
    reasons: tuple[str, ...]
    events: int
    story: str
    after_s: float

    @property
    def right(self) -> bool:
        """Whether it is of an attack."""
        return bool(self.story)


def judged(played: Played, scored: pl.DataFrame, stories: Sequence[Story]) -> list[Notable]:
    """Each notable by the truth, in the order of time; `scored` has the events with their stories.

    It is right when events of a story are among those of its entity in the day before it was raised.
    """
    begins_s = {story.name: story.begins_s for story in stories}
    attacks = scored.filter(pl.col("story") != "").select("_time", "user", "src", "story")
    return [
        _judged(raised_s, severity or "medium", row_of(row), attacks, begins_s)
        for raised_s, severity, row in played.notables.sort("time_s", maintain_order=True).iter_rows()
    ]


def _judged(
    raised_s: float, severity: str, row: dict[str, str], attacks: pl.DataFrame, begins_s: dict[str, float]
) -> Notable:
    entity, kind = row.get("entity", ""), row.get("entity_type", "")
    story = _story(entity, kind, raised_s, attacks)
    return Notable(
        raised_s, entity, kind, _number(row.get("ai_risk_sum")), severity, row.get("ai_behaviours", ""),
        # Two behaviours may have the same reason.
        tuple(dict.fromkeys(reasons_of(row.get("ai_reasons", "")))), int(_number(row.get("ai_events"))), story,
        raised_s - begins_s.get(story, raised_s),
    )  # fmt: skip


def _story(entity: str, kind: str, raised_s: float, attacks: pl.DataFrame) -> str:
    """The story that most of the entity's events in the day before belong to, '' for none."""
    field = _FIELD_OF.get(kind)
    if field is None:
        return ""
    near = pl.col("_time").is_between(raised_s - LOOKBACK_S, raised_s, closed="left")
    names = attacks.filter(near, pl.col(field) == entity)["story"]
    return str(names.mode().sort()[0]) if len(names) else ""


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
