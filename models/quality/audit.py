"""The whole examination of a table: every check, and a grade for each field and for the events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from models.features.hashing import coded
from models.features.spec import FeatureSpec, Field
from models.features.values import Floats, Values, read_time, read_values, texts
from models.quality import clocks, events
from models.quality.changes import changes
from models.quality.days import Days
from models.quality.facts import TIMED, Shown, shown_in
from models.quality.fields import always, explodes, unread
from models.quality.finding import EVENTS, Finding, worst
from models.quality.names import names

INDEXED = ("_indextime", "indextime")
"""Where the time of indexing may stand; a search gives the second with `| eval indextime=_indextime`."""
FAR_S = 1e15
"""Times beyond, which no clock shows, are as far: their days can be counted, and have a name."""
SOURCES = ("host", "dvc", "source")
"""Who may have a clock of its own, the first of these that is there."""


@dataclass(frozen=True)
class Grade:
    """A field, or the events as a whole (field EVENTS): grade A to F, the share of rows with a value, how many values
    differ, and the findings, gravest first."""

    field: str
    kind: str
    grade: str
    coverage: float
    distinct: int
    findings: tuple[Finding, ...]


def examine(
    table: pl.DataFrame, spec: FeatureSpec, now_s: float | None = None, *, has_past: bool = False
) -> list[Grade]:
    """The events first, then each field of the spec. table: text cells, in the order in which they came; now_s: the
    time of the check, epoch seconds, or None where events cannot lie in the future; has_past: the events are for a
    model that has learned already, so that few of an entity are no fault."""
    values = read_values(table, spec)
    values = replace(values, time=None if values.time is None else np.clip(values.time, -FAR_S, FAR_S))
    days = Days.read(values.time, values.count)
    whole = [
        finding
        for finding in of_events(table, spec, values, now_s)
        if not (has_past and finding.check == "thin_history")
    ]
    grades = [_graded(EVENTS, "events", whole, 1.0, table.height)]
    for shown in shown_in(values, spec):
        found = [*of_field(shown, days), *_unread(table, shown)]
        lacking = [name for name in shown.field.sources if name not in table.columns]
        if lacking:
            found = [_absent(shown.field, lacking, table.height)]
        grades.append(_graded(shown.field.name, shown.field.kind, found, shown.coverage, shown.distinct))
    return grades


def of_field(shown: Shown, days: Days) -> Iterator[Finding]:
    """What can be seen in the values alone."""
    yield from always(shown)
    if shown.field.kind in TIMED:
        return  # which hours there are is what a baseline learns
    yield from explodes(shown, days)
    yield from changes(shown, days)


def of_events(table: pl.DataFrame, spec: FeatureSpec, values: Values, now_s: float | None) -> Iterator[Finding]:
    """Everything about the events as a whole."""
    if not values.count:
        return
    owners = {name: values.owners[name] for name in spec.entities}
    yield from events.entities(owners, values.count)
    yield from names(owners, values.count)
    yield from events.twice(table, spec)
    if spec.time is None or values.time is None:
        return
    yield from events.untimed(values.time, texts(table, spec.time))
    yield from events.unordered(values.time)
    yield from clocks.gaps(values.time)
    indexed = _indexed(table)
    yield from clocks.delays(values.time, indexed, now_s)
    source = next((name for name in SOURCES if name in table.columns), None)
    if indexed is not None and source:
        yield from clocks.skew(values.time, indexed, coded(texts(table, source).to_frame())[source])


def _indexed(table: pl.DataFrame) -> Floats | None:
    """When each row was indexed, epoch seconds (n,), or None where nothing says so."""
    for name in INDEXED:
        if name in table.columns:
            found = read_time(table, name)
            return np.clip(found, -FAR_S, FAR_S) if not np.isnan(found).all() else None
    return None


def _unread(table: pl.DataFrame, shown: Shown) -> Iterator[Finding]:
    """Cells of a number, or of a time, that hold something else."""
    name = shown.field.name
    if shown.field.kind not in ("number", "band", *TIMED) or name not in table.columns or shown.field.how:
        return
    text = texts(table, name)
    lost = (text != "").to_numpy().copy()
    lost[shown.rows] = False
    if lost.any():
        yield from unread(shown, int(lost.sum()), str(text[int(np.flatnonzero(lost)[0])]))


def _absent(field: Field, lacking: list[str], rows: int) -> Finding:
    absent = ", ".join(lacking)
    mend = f"give the events {absent} (alias, eval or lookup), or leave {field.name} out"
    words = f"{absent} {'is' if len(lacking) == 1 else 'are'} not in the data"
    return Finding(field.name, "absent", "F", words, mend, rows, 1.0)


def _graded(field: str, kind: str, found: list[Finding], coverage: float, distinct: int) -> Grade:
    gravest = sorted(found, key=lambda finding: finding.grade, reverse=True)
    return Grade(field, kind, worst(gravest), coverage, distinct, tuple(gravest))
