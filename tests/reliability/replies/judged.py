"""Whose score stands on which event: read from the events that left, by the marks in their cells."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.reliability.replies import honest
from tests.reliability.replies.honest import Asked

MARKS = ("score", "anomaly", "threat", "reasons", "contributions", "event_id")
"""The cells that no two events share."""


@dataclass
class Owners:
    """For which event each cell was made, over all replies that were ever made."""

    cells: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, asked: Asked) -> None:
        """Note the honest reply to a chunk."""
        for key in asked.keys:
            made = dict(zip(honest.FIELDS, honest.line(key, asked.model), strict=True))
            for name in MARKS:
                if made[name]:
                    self.cells[name, made[name]] = key

    def others(self, key: str, cells: Mapping[str, str]) -> list[str]:
        """The events, other than the one with this key, for which any of these cells was made."""
        found = {self.cells.get((name, cells[name]), key) for name in MARKS}
        return sorted(found - {key})


@dataclass(frozen=True)
class Verdict:
    """Of the events of one chunk: how many left, how many scored; what stands wrongly, a line for each event."""

    left: int
    scored: int
    mislabelled: Sequence[str]
    invented: Sequence[str]
    altered: int


def judge(asked: Asked, out: bytes, owners: Owners) -> Verdict:
    """Look at every event that left for the chunk.

    `invented` are labels that nobody made for the event; `altered` counts those among them that are of the agreed form
    and hold no cell of another event: where digits of the sidecar's own reply were changed, and its seal with them.
    """
    table = list(csv.reader(io.StringIO(out.decode("utf-8", "surrogateescape"), newline="")))
    rows = [dict(zip(table[0], row, strict=True)) for row in table[1:]]
    left = [row["key"] for row in rows]
    if left != list(asked.keys):
        return Verdict(sum(key in left for key in asked.keys), 0, (), ("the events are not those that came",), 0)
    mislabelled, invented, scored, altered = [], [], 0, 0
    for row in rows:
        key, cells = row["key"], {name: row[honest.PREFIX + name] for name in honest.FIELDS}
        if _is_blank(cells):
            continue
        scored += 1
        if list(cells.values()) == honest.line(key, asked.model):
            continue
        others = owners.others(key, cells)
        if others:
            mislabelled.append(f"{key} bears what was made for {others}: {cells}")
        else:
            altered += _is_of_form(cells)
            invented.append(f"{key} bears what nobody made: {cells}")
    return Verdict(len(left), scored, mislabelled, invented, altered)


def _is_blank(cells: Mapping[str, str]) -> bool:
    values = [cells[name] for name in honest.FIELDS[:8]]
    return cells["status"] == "unscored" and not any(values) and not cells["event_id"]


def _is_of_form(cells: Mapping[str, str]) -> bool:
    try:
        shares = [float(cells[name]) for name in ("score", "anomaly", "threat") if cells[name]]
        risk = int(cells["risk"] or "1")
    except ValueError:
        return False
    return all(0 <= share <= 1 for share in shares) and 1 <= risk <= 100
