"""The gate of a fit: data from which a model would be confident garbage is refused; lesser faults go into its card."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from models.contract import LEAST_FILLED
from models.errors import DataError
from models.features.hashing import MISSING
from models.features.spec import FeatureSpec
from models.features.values import DAY_S, Values
from models.quality.audit import of_field
from models.quality.days import Days
from models.quality.events import entities
from models.quality.facts import TIMED, shown_in
from models.quality.finding import EVENTS, Finding
from models.quality.names import names

MOST = 0.5
"""A fault that more than this share of the rows has is refused."""
OWN_SHARE, LEAST_ROWS = 0.9, 1000
"""An entity of which nearly every row has another owns no baseline; told from so many rows on."""
MOST_NAMED = 5
USELESS = frozenset({"empty", "constant", "exploding"})
TOLD_FROM = "C"
"""Lesser findings than this are not told in the card."""
TOLD = ("field", "check", "grade", "words", "since")
"""No example: a card is shown to whoever may list models."""


def gate(
    values: Values, spec: FeatureSpec, given: int, now_s: float | None = None, *, force: bool = False
) -> list[dict[str, Any]]:
    """What the card tells of the data: field, check, grade, words and since of each finding, gravest first.

    values: the rows that a fit learns from; given: how many rows it was given; now_s: the time of the fit, or None;
    force: refuse nothing. Raises DataError naming the field and the mend.
    """
    found = _findings(values, spec)
    refused = [*_refused(values, spec, given, now_s), *_without_a_past(values, spec), *_without_a_field(found, spec)]
    lacking = _lacking(values, spec)
    (refused if lacking and lacking.count == values.count else found).extend([lacking] if lacking else [])
    if refused and not force:
        raise _refusal(refused[0], "; force=true fits all the same")
    told = [finding for finding in (*refused, *found) if finding.grade >= TOLD_FROM]
    told.sort(key=lambda finding: finding.grade, reverse=True)
    return [{name: getattr(finding, name) for name in TOLD} for finding in told]


def gate_of_days(values: Values, spec: FeatureSpec, given: int, now_s: float | None = None) -> None:
    """Raises DataError where most rows have no owner or no time that can be true, or no field can be read in any:
    each day would be learned anew without what it taught before. The arguments are those of `gate`."""
    for finding in _refused(values, spec, given, now_s):
        raise _refusal(finding)
    shown = [*shown_in(values, spec)]
    if shown and not any(each.coverage for each in shown):
        named = ", ".join(each.field.name for each in shown[:MOST_NAMED])
        mend = f"search events that have {named}, or give them by alias, eval or lookup"
        raise DataError("no row says anything in the model's fields", field=shown[0].field.name, mend=mend)


def _refusal(finding: Finding, more: str = "") -> DataError:
    return DataError(finding.words, field=finding.field or "events", mend=finding.mend + more)


def _findings(values: Values, spec: FeatureSpec) -> list[Finding]:
    days = Days.read(values.time, values.count)
    owners = {name: values.owners[name] for name in spec.entities}
    found = [*entities(owners, values.count), *names(owners, values.count)]
    for shown in shown_in(values, spec):
        found += of_field(shown, days)
    return found


def _refused(values: Values, spec: FeatureSpec, given: int, now_s: float | None) -> Iterator[Finding]:
    for entity in spec.entities[:1]:
        missing = int((values.owners[entity].codes == MISSING).sum())
        if missing > MOST * values.count:
            words = f"{missing:,} of {values.count:,} rows have no {entity}, who is to own the baselines"
            mend = f"fill {entity}, or search only events that have one"
            yield Finding(entity, "no_entity", "F", words, mend, missing, missing / values.count)
    if spec.time is None or values.time is None:
        return
    untimed = given - values.count
    if untimed > MOST * given:
        words, mend = f"{untimed:,} of {given:,} rows have no time", f"give {spec.time} as epoch seconds or ISO 8601"
        yield Finding(spec.time, "no_time", "F", words, mend, untimed, untimed / given)
    future = 0 if now_s is None else int((values.time > now_s + DAY_S).sum())
    if future > MOST * values.count:
        words = f"{future:,} of {values.count:,} rows lie more than a day in the future"
        mend = "mend the time's format or zone (props.conf)"
        yield Finding(spec.time, "future", "F", words, mend, future, future / values.count)


def _without_a_past(values: Values, spec: FeatureSpec) -> Iterator[Finding]:
    """An entity of which hardly any comes twice."""
    for entity in spec.entities[:1]:
        kinds = len(np.unique(values.owners[entity].at))
        if values.count >= LEAST_ROWS and kinds > OWN_SHARE * values.count:
            words = f"{values.count:,} rows have {kinds:,} different values: nobody comes twice and has a past"
            mend = f"name an entity that comes again, instead of {entity}"
            yield Finding(entity, "thin_history", "F", words, mend, values.count, 1.0)


def _without_a_field(found: list[Finding], spec: FeatureSpec) -> Iterator[Finding]:
    """No field that could tell one row from another."""
    useless = {finding.field: finding for finding in found if finding.check in USELESS}
    others = [field for field in spec.fields if field.name not in useless]
    if any(field.kind not in TIMED or field.name != spec.time for field in others) or not useless:
        return
    told = "; ".join(f"{name}: {_why(finding)}" for name, finding in useless.items())[:300]
    mends = {finding.mend if finding.check == "empty" else "give fields that vary" for finding in useless.values()}
    mend = mends.pop() if len(mends) == 1 else "give fields that can be read and vary"
    field = next(iter(useless)) if len(useless) == 1 else EVENTS
    yield Finding(field, "no_field", "F", f"no field tells anything ({told})", mend, 0, 1.0)


def _lacking(values: Values, spec: FeatureSpec) -> Finding | None:
    """More than half of the rows have so few of the fields that rows like them will not be scored."""
    filled = np.full(values.count, sum(field.kind in TIMED and field.name == spec.time for field in spec.fields))
    missing = {}
    for shown in shown_in(values, spec):
        filled[shown.filled] += 1
        missing[shown.field.name] = 1.0 - shown.coverage
    lost = int((filled < LEAST_FILLED * len(spec.fields)).sum())
    if lost <= MOST * values.count:
        return None
    emptiest = sorted((name for name in missing if missing[name] > MOST), key=lambda name: -missing[name])[:MOST_NAMED]
    words = f"{lost:,} of {values.count:,} rows have values in fewer than half of the fields, and are not scored"
    mend = f"leave out what is mostly empty ({', '.join(emptiest)}), or search events that have it"
    return Finding(EVENTS, "unscored", "F", words, mend, lost, lost / values.count)


def _why(finding: Finding) -> str:
    return finding.words if finding.check == "empty" else finding.check
