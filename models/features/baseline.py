"""A generation: a published, immutable baseline, folded from the learned days and looked up by scoring."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from models.arrays import Buffer, array_bytes, array_in, ascending
from models.features.hashing import MISSING, Codes
from models.features.level import CategoryLevel, Level, NumberLevel, find
from models.features.partition import stored_levels
from models.features.peers import Groups, Membership, names_in
from models.features.spec import EVERYONE, MOST_HISTORIES, FeatureSpec, Field, Peers
from models.features.tally import ROWS, Counts, Tally
from models.features.values import Values
from models.features.week import WeekLevel
from models.written import MOST_ROWS, Written, refused

ALL = np.zeros(1, np.uint64)
"""The roster of the level of everyone, all being one owner; also of a level that has seen nobody."""
Kinds = type[NumberLevel] | type[CategoryLevel] | type[WeekLevel]
KINDS: Mapping[str, Kinds] = {"number": NumberLevel, "category": CategoryLevel, "week": WeekLevel}
"""The kinds of levels, by the first word of their files."""
MIN_HISTORY_ROWS = 10
"""An owner with fewer rows is cold: its own history says nothing yet, and its columns are missing."""
MOST_LETTERS_OF_SPAN = 100
NOTHING: Mapping[str, Membership] = {}
Names = Mapping[str, tuple[pl.Series, npt.NDArray[np.int64]]]
"""Per level of peers: texts, the empty one for a group without a name, and which of them each row has, (n,)."""


@dataclass(frozen=True)
class Standing:
    """Where the owners of n rows stand at one level: place in the roster (-1: unknown) and whether warm, (n,) each."""

    at: npt.NDArray[np.int64]
    warm: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Generation:
    """What everybody's past looks like, up to some day.

    levels: per (level, field) the history, and for peers how many of them showed what; rosters: per level of entities
    or peers all owners, sorted; warm: per such level whether each owner has enough rows; span: how long or how much
    taught it, in words; rows: how many rows; groups: per entity that has peers, who belongs to which group.
    """

    levels: Mapping[tuple[str, str], Level]
    rosters: Mapping[str, Codes]
    warm: Mapping[str, npt.NDArray[np.bool_]]
    span: str
    rows: int
    groups: Mapping[str, Groups]

    @classmethod
    def publish(
        cls, tally: Tally, spec: FeatureSpec, span: str = "", learned: Mapping[str, Membership] = NOTHING
    ) -> Generation:
        """Turn learned counts into a baseline. tally: the merged days; learned: per entity whose groups the events
        do not name, who belongs to which."""
        first = stored_levels(spec)[0]
        rows = {entity: tally.tables[entity, ROWS] for entity in spec.entities}
        rosters = {
            EVERYONE: ALL,
            **{entity: counts.owners if len(counts.owners) else ALL for entity, counts in rows.items()},
        }
        warm = {entity: _warm(counts) for entity, counts in rows.items()}
        groups = {p.entity: Groups.of(_membership(tally, p, learned), rosters[p.entity]) for p in spec.peers}
        for peers in spec.peers:
            of = groups[peers.entity]
            rosters[peers.level] = rosters[peers.holders] = of.codes
            warm[peers.level] = of.warm(rows[peers.entity], rosters[peers.entity], MIN_HISTORY_ROWS)
        levels = {
            (level, field.name): _level(field, _counts(tally, spec, groups, level, field), rosters[level])
            for field in spec.fields
            for level in _kept_levels(spec, field)
        }
        taught = int(tally.tables[first, ROWS].counts.sum())
        return cls(levels, {level: rosters[level] for level in warm}, warm, span, taught, groups)

    def memberships(self, spec: FeatureSpec) -> dict[str, Membership]:
        """Per entity whose groups were learned, who belongs to which: what a later generation is published with."""
        learned = [peers.entity for peers in spec.peers if not peers.field]
        return {entity: self.groups[entity].membership(self.rosters[entity]) for entity in learned}

    def company(self, peers: Peers, told: Codes | None, entity: Standing) -> Standing:
        """Where each row's group stands, -1 also where it is not warm, (n,). told: the group that each row names, if
        it does; else it is the one that the entity, which stands there, is known to belong to."""
        known = self.groups[peers.entity].place(entity.at)
        if told is not None:
            at, named = find(self.rosters[peers.level], told)
            known = np.where(told == MISSING, known, np.where(named, at, -1))
        warm = (known >= 0) & self.warm[peers.level][known]
        return Standing(np.where(warm, known, -1), warm)

    def called(self, values: Values, spec: FeatureSpec, places: Mapping[str, npt.NDArray[np.int64]]) -> Names:
        """What the group of each row is called, per level of peers. places: where it stands, -1 for none, (n,)."""
        found: dict[str, tuple[pl.Series, npt.NDArray[np.int64]]] = {}
        for peers in spec.peers:
            names, told = self.groups[peers.entity].names, values.owners.get(peers.level)
            if told is not None:
                found[peers.level] = told.texts, told.at.astype(np.int64)
            else:
                at = np.where(places[peers.level] < len(names), places[peers.level] + 1, 0)
                found[peers.level] = pl.Series(["", *names]), at
        return found

    def standing(self, level: str, owners: Codes) -> Standing:
        """Where each row's owner stands, (n,)."""
        if level == EVERYONE:
            return Standing(np.zeros(len(owners), np.int64), np.ones(len(owners), np.bool_))
        at, known = find(self.rosters[level], owners)
        return Standing(np.where(known, at, -1), known & self.warm[level][at])

    def files(self, spec: FeatureSpec) -> dict[str, bytes]:
        """The generation as named .npy files and one JSON. However many fields there are, the files are few: each
        array of a kind of level holds those of all its levels, one after the other in the order of the fields."""
        found: dict[str, bytes] = {}
        lengths: dict[str, list[int]] = {}
        for kind, keys in _by_kind(spec).items():
            for part in fields(KINDS[kind]) if keys else ():
                arrays = [getattr(self.levels[key], part.name) for key in keys]
                name = f"{kind}.{part.name}.npy"
                found[name], lengths[name] = array_bytes(np.concatenate(arrays)), [len(array) for array in arrays]
        for number, level in enumerate(_rosters(spec)):
            found[f"roster.{number}.npy"] = array_bytes(self.rosters[level])
            found[f"warm.{number}.npy"] = array_bytes(self.warm[level])
        told: dict[str, Any] = {"span": self.span, "rows": self.rows, "lengths": lengths}
        for number, peers in enumerate(spec.peers):
            found[f"groups.{number}.npy"] = array_bytes(self.groups[peers.entity].at)
        if spec.peers:
            told["groups"] = {entity: groups.names for entity, groups in self.groups.items()}
        return {"generation.json": json.dumps(told, sort_keys=True).encode(), **found}

    @classmethod
    def from_files(cls, files: Mapping[str, Buffer], spec: FeatureSpec) -> Generation:
        """The generation back from its files, its arrays over their bytes. Raises DataError where it is none."""
        told = Written.read(files, "generation.json")
        span = told.text("span")
        if len(span) > MOST_LETTERS_OF_SPAN or not span.isprintable():  # it stands in every reason
            raise refused("generation.json.span is no line of words")
        rosters = {level: _roster(files, number) for number, level in enumerate(_rosters(spec))}
        warm = {
            level: _of_length(files, f"warm.{number}.npy", len(roster), np.bool_)
            for number, (level, roster) in enumerate(rosters.items())
        }
        groups = {
            p.entity: Groups.from_file(files, f"groups.{number}.npy", rosters[p.entity], rosters[p.level], names)
            for number, p in enumerate(spec.peers)
            for names in [names_in(told.part("groups"), p.entity)]
        }
        owners = {EVERYONE: len(ALL), **{entity: len(roster) for entity, roster in rosters.items()}}
        owners |= {peers.holders: owners[peers.level] for peers in spec.peers}
        levels: dict[tuple[str, str], Level] = {}
        for kind, keys in _by_kind(spec).items():
            levels |= _levels(kind, keys, files, told.part("lengths"))
        for (level, field), history in levels.items():
            fault = history.fault(owners[level])
            if fault:
                raise refused(f"the history of {field[:40]!r} at the level {level[:40]!r} holds {fault}")
        return cls(levels, rosters, warm, span, told.whole("rows", 0, MOST_ROWS), groups)


def _levels(
    kind: str, keys: list[tuple[str, str]], files: Mapping[str, Buffer], lengths: Written
) -> dict[tuple[str, str], Level]:
    """The histories of one kind, cut out of the arrays of all."""
    if not keys:
        return {}
    parts = {}
    for part, dtypes in KINDS[kind].DTYPES.items():
        name = f"{kind}.{part}.npy"
        counts = lengths.wholes(name, 0, MOST_ROWS, MOST_HISTORIES)
        if len(counts) != len(keys):
            raise refused(f"{lengths.place}.{name} has {len(counts)} entries, not {len(keys)}")
        parts[part] = np.split(_of_length(files, name, sum(counts), *dtypes), np.cumsum(counts)[:-1])
    return {key: KINDS[kind](**{name: arrays[at] for name, arrays in parts.items()}) for at, key in enumerate(keys)}


def _roster(files: Mapping[str, Buffer], number: int) -> Codes:
    roster: Codes = array_in(files, f"roster.{number}.npy", np.uint64)
    if not len(roster) or not ascending(roster):
        raise refused(f"roster.{number}.npy holds nobody, or owners that do not ascend")
    return roster


def _of_length(files: Mapping[str, Buffer], name: str, length: int, *dtypes: Any) -> npt.NDArray[Any]:
    found = array_in(files, name, *dtypes)
    if len(found) != length:
        raise refused(f"{name} has {len(found)} entries, not {length}")
    return found


def _by_kind(spec: FeatureSpec) -> dict[str, list[tuple[str, str]]]:
    """The (level, field) pairs of a generation in the order of its files."""
    found: dict[str, list[tuple[str, str]]] = {kind: [] for kind in KINDS}
    for field in spec.fields:
        found[_kind(field)] += [(level, field.name) for level in _kept_levels(spec, field)]
    return found


def _rosters(spec: FeatureSpec) -> tuple[str, ...]:
    """The levels that have a roster, in the order of its files: entities, then groups."""
    return (*spec.entities, *(peers.level for peers in spec.peers))


def _kept_levels(spec: FeatureSpec, field: Field) -> tuple[str, ...]:
    """The levels of a field, and those of how many peers showed what."""
    levels = spec.levels(field)
    return (*levels, *(peers.holders for peers in spec.peers if peers.level in levels))


def _counts(tally: Tally, spec: FeatureSpec, groups: Mapping[str, Groups], level: str, field: Field) -> Counts:
    """What a field showed at a level, folded from what the entities showed."""
    if level == EVERYONE and (EVERYONE, field.name) not in tally.tables:
        return tally.tables[stored_levels(spec)[0], field.name].fold()
    for peers in spec.peers:
        counts, roster = tally.tables.get((peers.entity, field.name)), tally.tables[peers.entity, ROWS].owners
        if level == peers.level and counts:
            return groups[peers.entity].fold(counts, roster)
        if level == peers.holders and counts:
            return groups[peers.entity].holders(counts, roster, highest=field.kind == "number")
    return tally.tables[level, field.name]


def _membership(tally: Tally, peers: Peers, learned: Mapping[str, Membership]) -> Membership:
    """Who belongs to which group: as the events showed, or as was learned."""
    if peers.field:
        return Membership.shown(tally.tables[peers.entity, peers.level])
    return learned.get(peers.entity, Membership.none())


def _kind(field: Field) -> str:
    return {"number": "number", "week_hour": "week"}.get(field.kind, "category")


def _level(field: Field, counts: Counts, roster: Codes) -> Level:
    return KINDS[_kind(field)].publish(counts, roster)


def _warm(rows: Counts) -> npt.NDArray[np.bool_]:
    if not len(rows.owners):
        return np.zeros(len(ALL), np.bool_)
    return np.asarray((rows.counts >= MIN_HISTORY_ROWS) & (rows.owners != MISSING))
