"""One learned day: integer counts by cell, so that sums are exact in any order, and a day or an entity can be taken
back.

A cell is what its rows have in common: who they belong to, one code for each entity field. Every level of a baseline is
a fold over cells, and who takes away the cells of an entity has taken away all that its rows have taught, at any level.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.arrays import Buffer, array_bytes, ascending, read_array
from models.features.hashing import MISSING, Codes, pair
from models.features.spec import EVERYONE, MOST_HISTORIES, FeatureSpec, Field
from models.features.tally import ROWS, Counts, Tally
from models.features.values import BUCKET_OFFSET, Values, bucket_of
from models.written import MOST_ROWS, Written, refused

TOLD = ("field", "codes")
"""What is told of each table."""

MOST_OF_DAY = 2**34
"""What a day can have shown of a field: ten years of such days, each weighed in units of 2**16, are less than 2**63."""
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Partition:
    """The counts of one day by cell.

    entities: the entity fields; keys: the cells, ascending, (c,); members: the code of each cell in each entity field,
    uint64 (c, entities), 0 where missing; tables: per field, and under ROWS, the counts whose owners are cells; under a
    level of peers, how often each cell named which group.
    """

    entities: tuple[str, ...]
    keys: Codes
    members: Codes
    tables: Mapping[str, Counts]

    @property
    def rows(self) -> int:
        """How many rows taught."""
        return int(self.tables[ROWS].counts.sum())

    def fold(self, spec: FeatureSpec) -> Tally:
        """The counts of each entity, and of everyone where there is no entity. DataError for a spec of another fit."""
        asked = [*(field.name for field in spec.fields), *(peers.level for peers in spec.peers if peers.field)]
        if self.entities != spec.entities or not self.tables.keys() >= {*asked}:
            raise refused("a learned day was counted for other fields")
        tables: dict[tuple[str, str], Counts] = {}
        for place, level in enumerate(stored_levels(spec)):
            tables[level, ROWS] = self._of_owners(ROWS, place)
            for field in spec.fields:
                if level in spec.levels(field) or place == 0:
                    tables[level, field.name] = self._of_owners(field.name, place)
        for peers in spec.peers:
            if peers.field:
                place = spec.entities.index(peers.entity)
                tables[peers.entity, peers.level] = self._of_owners(peers.level, place)
        return Tally(tables)

    def holds(self, entity: int, field: str = "") -> Mask:
        """Which cells are of this entity, in one of the entity fields or in any, bool (c,)."""
        at = [place for place, name in enumerate(self.entities) if field in ("", name)]
        return np.asarray((self.members[:, at] == np.uint64(entity)).any(axis=1))

    def without(self, dropped: Mask) -> Partition:
        """The day as if the rows of these cells had never been there."""
        lost = self.keys[dropped]
        tables = {name: counts.take(~np.isin(counts.owners, lost)) for name, counts in self.tables.items()}
        return Partition(self.entities, self.keys[~dropped], self.members[~dropped], tables)

    def files(self) -> dict[str, bytes]:
        """The day as a JSON and four .npy files, each holding all tables one after the other.

        partition.json: the entity fields, the number of cells, field and number of codes of each table; cells: the
        codes of each entity field, uint64; spread: of each table, how many codes each cell showed; codes: uint64;
        counts: how often. Spread and counts in the smallest unsigned type that holds them.
        """
        spread = [
            np.bincount(np.searchsorted(self.keys, counts.owners), minlength=len(self.keys))
            for counts in self.tables.values()
        ]
        arrays = {
            "cells": self.members.T.ravel(),
            "spread": _smallest(np.concatenate(spread)),
            "codes": np.concatenate([counts.codes for counts in self.tables.values()]),
            "counts": _smallest(np.concatenate([counts.counts for counts in self.tables.values()])),
        }
        tables = [[name, len(counts.codes)] for name, counts in self.tables.items()]
        told = {"entities": self.entities, "cells": len(self.keys), "tables": tables}
        written = {f"{name}.npy": array_bytes(array) for name, array in arrays.items()}
        return {"partition.json": json.dumps(told).encode(), **written}

    @classmethod
    def from_files(cls, files: Mapping[str, Buffer]) -> Partition:
        """The day back from its files. Raises DataError where it is none that was counted."""
        told = Written.read(files, "partition.json")
        entities, count = told.texts("entities", 1), told.whole("cells", 0, MOST_ROWS)
        shape = _shape(told)
        spreads = _cut(_unsigned(files, "spread"), [count] * len(shape))  # first: so many cells are there at most
        (flat,) = _cut(_unsigned(files, "cells"), [count * len(entities)])
        if flat.dtype != np.uint64:
            raise refused("cells.npy holds no codes")
        members = flat.reshape(len(entities), count).T
        keys = _keys([*members.T], count)
        if not ascending(keys):
            raise refused("cells.npy has cells that do not ascend")
        codes, counts = (_cut(_unsigned(files, name), [*shape.values()]) for name in ("codes", "counts"))
        tables = {
            field: _table(field, keys, *arrays) for field, *arrays in zip(shape, spreads, codes, counts, strict=True)
        }
        return cls(entities, keys, members, tables)

    def _of_owners(self, field: str, place: int) -> Counts:
        """The counts of one field by the owners of one entity field."""
        counts = self.tables[field]
        if len(self.entities) < 2:  # a cell is its only owner
            return counts
        owners = self.members[np.searchsorted(self.keys, counts.owners), place]
        return Counts.sum(owners, counts.codes, counts.counts)


def _shape(told: Written) -> dict[str, int]:
    """The number of codes of each table."""
    entries = told.entries("tables", MOST_HISTORIES)
    if not all(isinstance(entry, list) and len(entry) == len(TOLD) for entry in entries):
        raise refused("partition.json is no list of tables")
    tables = [Written("partition.json", dict(zip(TOLD, entry, strict=True))) for entry in entries]
    found = {each.text("field"): each.whole("codes", 0, MOST_ROWS) for each in tables}
    if len(found) < len(tables) or ROWS not in found:
        raise refused("partition.json counts no rows, or a field twice")
    return found


def _unsigned(files: Mapping[str, Buffer], name: str) -> npt.NDArray[Any]:
    found = read_array(files.get(f"{name}.npy", b""), f"{name}.npy")
    if found.ndim != 1 or found.dtype.kind != "u":
        raise refused(f"{name}.npy holds no counts or codes")
    return found


def _table(name: str, keys: Codes, spread: npt.NDArray[Any], codes: Codes, counts: npt.NDArray[Any]) -> Counts:
    """One table; DataError where compiled code that merges it would be led astray."""
    if int(spread.sum(dtype=np.uint64)) != len(codes) or spread.max(initial=0) > len(codes):
        raise refused(f"partition {name[:40]!r} spreads its codes over other cells than it has")
    owners = np.repeat(keys, spread.astype(np.int64))
    same = owners[1:] == owners[:-1]
    if codes.dtype != np.uint64 or (same & (codes[1:] <= codes[:-1])).any():
        raise refused(f"partition {name[:40]!r} has codes that do not ascend")
    if len(counts) and not (counts.min() >= 1 and counts.sum(dtype=np.float64) <= MOST_OF_DAY):
        raise refused(f"partition {name[:40]!r} has a count that is none, or more than any day has")
    return Counts(owners, codes, counts.astype(np.int64))


def _smallest(array: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Counts, none negative, in the smallest unsigned type that holds them."""
    return array.astype(np.min_scalar_type(int(array.max(initial=0))))


def _cut(array: npt.NDArray[Any], lengths: list[int]) -> list[npt.NDArray[Any]]:
    """The pieces of an array, of these lengths, one after the other."""
    if sum(lengths) != len(array):
        raise refused("partition.json and its arrays are of different length")
    return np.split(array, np.cumsum(lengths)[:-1])


def stored_levels(spec: FeatureSpec) -> tuple[str, ...]:
    """The levels whose counts are folded from cells; everyone's are folded from the first."""
    return spec.entities or (EVERYONE,)


def learn(values: Values, spec: FeatureSpec, teaches: Mask) -> Partition:
    """Count the rows of one day that are allowed to teach. teaches: bool (n,)."""
    owners = [values.entities[entity] for entity in spec.entities]
    cells = cells_of(values, spec)
    tables = {ROWS: Counts.tally(cells[teaches], np.zeros(int(teaches.sum()), np.uint64))}
    for field in spec.fields:
        rows, codes = _shown(values, field)
        kept = teaches[rows]
        tables[field.name] = Counts.tally(cells[rows[kept]], codes[kept])
    for peers in spec.peers:
        if peers.field:
            groups = values.entities[peers.level]
            shown = teaches & (groups != MISSING)
            tables[peers.level] = Counts.tally(cells[shown], groups[shown])
    keys = tables[ROWS].owners
    return Partition(spec.entities, keys, _members(keys, cells[teaches], [each[teaches] for each in owners]), tables)


def cells_of(values: Values, spec: FeatureSpec) -> Codes:
    """The cell of each row, (n,)."""
    return _keys([values.entities[entity] for entity in spec.entities], values.count)


def _keys(owners: list[Codes], count: int) -> Codes:
    """The cell of each of so many rows: the code of the only owner, or one code for all of them together."""
    if not owners:
        return np.zeros(count, np.uint64)
    found = owners[0]
    for other in owners[1:]:
        found = pair(found, other)
    return found


def _members(keys: Codes, cells: Codes, owners: list[Codes]) -> Codes:
    """The codes of each cell in each entity field, (c, entities). cells, owners: of each row."""
    if len(owners) < 2:
        return np.stack([keys] * len(owners), axis=1) if owners else np.zeros((len(keys), 0), np.uint64)
    row = np.zeros(len(keys), np.int64)
    row[np.searchsorted(keys, cells)] = np.arange(len(cells))
    return np.stack([each[row] for each in owners], axis=1)


def owners_of(values: Values, level: str) -> Codes:
    """Whose baseline each row belongs to at a level, codes (n,)."""
    return values.entities[level] if level else np.zeros(values.count, np.uint64)


def observations(values: Values, field: Field) -> tuple[npt.NDArray[np.int64], Codes]:
    """What a field showed: row numbers and codes; a number's code is its log bucket."""
    if field.kind == "number":
        rows = np.flatnonzero(~np.isnan(values.numbers[field.name]))
        return rows, (bucket_of(values.numbers[field.name][rows]) + BUCKET_OFFSET).astype(np.uint64)
    tokens = values.tokens[field.name]
    return tokens.rows, tokens.codes


def _shown(values: Values, field: Field) -> tuple[npt.NDArray[np.int64], Codes]:
    """Observations as they count: what a row of a sequence shows three times counts three times."""
    rows, codes = observations(values, field)
    times = values.tokens[field.name].times if field.kind == "sequence" else None
    return (rows, codes) if times is None else (np.repeat(rows, times), np.repeat(codes, times))
