"""Forget an entity: every learned day of a model without it, as if its rows had never been learned.

What a generation was fitted with stays as long as its bundle does: the detectors learned from it, and what may teach is
asked of it. So a bundle that was fitted on such rows is marked tainted until the model is fitted again.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import polars as pl

from models.features.ageing import EVER_DAYS, Ageing, fold, is_dated
from models.learning import Days, Forgetting, Forgotten
from models.registry import Line, Sealed, Version
from sidecar import leftovers, meanwhile
from sidecar.days import Opened
from sidecar.errors import CallerError
from sidecar.house import House, Reply
from sidecar.sealing import Kept, contents, sealed

SHORT = 12
FIRST, LAST = "0001-01-01", "9999-12-31"
COLUMNS = {
    "model": pl.String,
    "version": pl.String,
    "day": pl.String,
    "cells": pl.Int64,
    "rows": pl.Int64,
    "state": pl.String,
    "tainted": pl.String,
    "generation": pl.String,
}


class Wish(NamedTuple):
    """Who is to be forgotten: an entity, in one entity field or (empty) in any, from the first day to the last."""

    entity: str
    field: str
    first: str
    last: str
    dry: bool

    def touches(self, day: str) -> bool:
        return self.first <= day <= self.last if is_dated(day) else True

    @property
    def ranged(self) -> bool:
        """Whether some days only are to be forgotten."""
        return (self.first, self.last) != (FIRST, LAST)


class Change(NamedTuple):
    """What a version loses: by day; left: its days afterwards; and its new generation (None: it stays). tainted: it was
    fitted on such rows."""

    gone: Mapping[str, Forgotten]
    left: Days
    generation: Kept | None
    tainted: bool


def days_between(earliest: str | None, latest: str | None) -> tuple[str, str]:
    """The first and the last UTC day that a range touches.

    >>> days_between("2026-01-30T23:00:00Z", "2026-02-01T00:00:00Z")
    ('2026-01-30', '2026-01-31')
    >>> days_between("2026-01-30", "2026-02-01")
    ('2026-01-30', '2026-02-01')
    """
    first = _day(earliest, "earliest") if earliest else FIRST
    last = _day(latest, "latest", before=True) if latest else LAST
    if first > last:
        mend = f"give a latest= that is not before {first}"
        raise CallerError("the range ends before it begins", code="bad_option", field="latest", mend=mend)
    return first, last


def run(model: str, wish: Wish, house: House) -> Reply:
    """One row for each version and day that loses something. The change is a ledger entry in the caller's name."""
    line = house.shelf.line(model)
    _refuse_unknown(line, wish)
    changes: dict[str, Change] = {}
    for bundle, version in line.versions.items():
        house.progress(0.9 * len(changes) / len(line.versions), f"version {len(changes) + 1} of {len(line.versions)}")
        with meanwhile.told(model, version, house.shelf):
            changes[bundle] = _change(model, version, wish, house)
    changes = {
        bundle: change
        for bundle, change in changes.items()
        if change.gone or change.tainted and not line.versions[bundle].tainted_at
    }
    if changes and not wish.dry:
        _keep(line, changes, wish, house)
    if not wish.dry:
        _sweep(house)  # also where nothing changes: a former run may have been killed before it came so far
    return Reply(_rows(model, changes, wish), told=_in_words(changes, wish))


def _sweep(house: House) -> None:
    """Remove what held the forgotten rows."""
    try:
        leftovers.drop(house)
    except CallerError as held:
        told = f"forgotten, but not yet removed from the home: {held.message}"
        raise CallerError(told, field=held.field, mend=held.mend) from None


def _in_words(changes: Mapping[str, Change], wish: Wish) -> str:
    if not changes:
        return "nobody of this name, letter by letter, is in these learned days: nothing was forgotten"
    rows = sum(gone.rows for change in changes.values() for gone in change.gone.values())
    days = len({day for change in changes.values() for day in change.gone})
    told = f"{rows:,} rows of that entity, learned on {days:,} UTC day{'s' * (days != 1)}"
    told += f" by {len(changes)} versions together," if len(changes) > 1 else ""
    told += " would be forgotten" if wish.dry else " forgotten"
    tainted = sum(change.tainted for change in changes.values())
    return told + (f"; {tainted} version{'s' * (tainted != 1)} tainted: fit the model again" if tainted else "")


def _refuse_unknown(line: Line, wish: Wish) -> None:
    """A field that owns no baseline in any version; versions without it hold nobody there."""
    known = {entity: None for version in line.versions.values() for entity in version.entities}
    if wish.field and wish.field not in known:
        mend = f"entity fields are {', '.join(known) or 'none'}"
        raise CallerError(f"'{wish.field}' is no entity field", field="field", mend=mend)


def _change(name: str, version: Version, wish: Wish, house: House) -> Change:
    if wish.ranged and not all(map(is_dated, version.days)):
        mend = "leave earliest= and latest= out"
        raise CallerError("a version has no clock, so its days cannot be told", field="earliest", mend=mend)
    gone = _without({day: kept for day, kept in version.days.items() if wish.touches(day)}, wish, house).lost()
    left = _without({day: version.days[day] for day, lost in gone.items() if lost.left}, wish, house)
    generation = None
    if gone:
        ageing = Ageing(**version.ageing) if version.ageing else Ageing(window_days=EVER_DAYS)
        days = Opened(left, {day: kept for day, kept in version.days.items() if day not in gone}, house.shelf)
        reference = house.shelf.reference(name, version)
        spec, groups = reference.trained.spec, reference.generation.memberships(reference.trained.spec)
        generation = sealed("generation", fold(days, spec, ageing, groups).files(spec), house.key)
    return Change(gone, left, generation, _taints(version, wish, house))


def _without(days: Mapping[str, Sealed], wish: Wish, house: House) -> Forgetting:
    return Forgetting.of(Opened({}, days, house.shelf), wish.entity, wish.field)


def _taints(version: Version, wish: Wish, house: House) -> bool:
    """Whether the version was fitted on a day of the range, and knew the entity. Its detectors heard all rows, those
    too that did not teach: so any of its days is asked, not only those of the range."""
    if version.tainted_at or not any(wish.touches(day) for day in version.fitted_days):
        return bool(version.tainted_at)
    return _without(version.fitted_days, wish, house).known()


def _keep(line: Line, changes: Mapping[str, Change], wish: Wish, house: House) -> None:
    days = {}
    with house.blobs.naming():
        for bundle, change in changes.items():
            with meanwhile.told(line.name, line.versions[bundle], house.shelf):
                days[bundle] = _kept(change, house)
        fact = {
            "model": line.name,
            # Who was forgotten is not to be read here, but can be checked by who has the home's key.
            "entity": hmac.new(house.key, b"forgotten " + wish.entity.encode(), hashlib.sha256).hexdigest()[:SHORT],
            "field": wish.field,
            "first": wish.first,
            "last": wish.last,
            "versions": {name: _told(line.versions[name], change, days[name]) for name, change in changes.items()},
            "job": house.job,
        }
        house.ledger.append("forget", fact, by=house.by, key=f"forget {house.job}" if house.job else None)
    now = house.shelf.line(line.name).versions
    if not all(_done(now[name], change) for name, change in changes.items()):
        raise CallerError("something was learned meanwhile", field="model", mend="run it again: not all is forgotten")


def _done(version: Version, change: Change) -> bool:
    """Whether a version is as a change was to leave it: none that was learned since forgets, or is tainted."""
    moved = not change.generation or version.generation == change.generation.version
    return moved and bool(version.tainted_at) >= change.tainted


def _kept(change: Change, house: House) -> dict[str, dict[str, str]]:
    """Keep what a version is left with; how the ledger names its days. One day after the other: see Forgetting."""
    if change.generation:
        house.blobs.put(contents(change.generation))
    told = {}
    for name, day in change.left.items():
        kept = sealed("partition", day.files(), house.key)
        house.blobs.put(contents(kept))
        told[name] = kept.told()
    return told


def _told(version: Version, change: Change, days: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    generation = change.generation or Sealed(version.generation, version.generation_signature)
    return {
        "base": version.generation,
        "generation": generation.version,
        "generation_signature": generation.signature,
        "days": days,
        "removed": sorted(change.gone.keys() - days.keys()),
        "cells": sum(gone.cells for gone in change.gone.values()),
        "rows": sum(gone.rows for gone in change.gone.values()),
        "tainted": change.tainted,
    }


def _rows(model: str, changes: Mapping[str, Change], wish: Wish) -> pl.DataFrame:
    state = "would go" if wish.dry else "gone"
    rows = []
    for bundle, change in changes.items():
        same = (model, bundle[:SHORT])
        tainted = "true" if change.tainted else "false"
        generation = change.generation.version[:SHORT] if change.generation else ""
        days = [(day, gone.cells, gone.rows) for day, gone in sorted(change.gone.items())] or [("", 0, 0)]
        rows += [(*same, *day, state, tainted, generation) for day in days]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _day(text: str, option: str, *, before: bool = False) -> str:
    """The UTC day of a date or a moment; `before`: of what is just before a moment."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    try:
        epoch = text.replace(".", "", 1).isdigit()
        moment = datetime.fromtimestamp(float(text), UTC) if epoch else datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return (moment - timedelta(microseconds=1 if before else 0)).date().isoformat()
    except (ValueError, OverflowError, OSError):
        mend = "write 2026-01-31, 2026-01-31T08:00:00Z or epoch seconds"
        raise CallerError(f"{option} is no day", code="bad_option", field=option, mend=mend) from None
