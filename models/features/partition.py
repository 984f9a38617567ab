"""One learned day: integer counts only, so that sums are exact in any order and a day can be taken back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from models.arrays import Buffer, array_bytes, ascending, read_array
from models.features.hashing import Codes
from models.features.spec import EVERYONE, MOST_HISTORIES, FeatureSpec, Field
from models.features.values import BUCKET_OFFSET, Values, bucket_of
from models.written import MOST_ROWS, Written, json_in, refused

SORTED_ROWS = 1 << 15
"""Rows counted at once: they are sorted where the processor's cache holds them."""
ROWS = ""
"""The pseudo-field under which the number of rows of each owner is kept."""
TOLD = ("level", "field", "codes")
"""What is told of each table."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Counts:
    """How often each owner showed each code: three arrays of one length, sorted by owner, then code."""

    owners: Codes
    codes: Codes
    counts: npt.NDArray[np.int64]

    @classmethod
    def tally(cls, owners: Codes, codes: Codes) -> Counts:
        blocks = [slice(start, start + SORTED_ROWS) for start in range(0, max(len(codes), 1), SORTED_ROWS)]
        ones = np.ones(min(len(codes), SORTED_ROWS), np.int64)
        return cls.merge(cls._sum(owners[b], codes[b], ones[: len(codes[b])]) for b in blocks)

    @classmethod
    def merge(cls, parts: Iterable[Counts]) -> Counts:
        """The sum of several days, the same whatever their order."""
        found = list(parts)
        if len(found) == 1:
            return found[0]
        return cls._sum(*(np.concatenate([getattr(part, f.name) for part in found]) for f in fields(cls)))

    def fold(self) -> Counts:
        """The same counts with all owners taken together."""
        return Counts._sum(np.zeros_like(self.owners), self.codes, self.counts)

    @classmethod
    def _sum(cls, owners: Codes, codes: Codes, counts: npt.NDArray[np.int64]) -> Counts:
        """Sort, then add up equals. Sorted runs, as days are, merge in about linear time: the sort looks for them."""
        if not len(codes):
            return cls(owners, codes, counts)
        order = np.lexsort((codes, owners))
        owners, codes = owners[order], codes[order]
        first = np.flatnonzero(np.r_[True, (owners[1:] != owners[:-1]) | (codes[1:] != codes[:-1])])
        return cls(owners[first], codes[first], np.add.reduceat(counts[order], first))


@dataclass(frozen=True)
class Partition:
    """The counts of one day, per (level, field)."""

    tables: Mapping[tuple[str, str], Counts]

    @classmethod
    def merge(cls, parts: Iterable[Partition]) -> Partition:
        found = list(parts)
        return cls({key: Counts.merge(p.tables[key] for p in found) for key in found[0].tables})

    def files(self) -> dict[str, bytes]:
        """The day as a JSON and four .npy files, each holding all tables one after the other.

        partition.json: level, field and number of codes of each table; owners: of each level, uint64; spread: of each
        table, how many codes each owner of its level showed; codes: uint64; counts: how often. Spread and counts in
        the smallest unsigned type that holds them.
        """
        rosters = {level: counts.owners for (level, field), counts in self.tables.items() if field == ROWS}
        spread = [
            np.bincount(np.searchsorted(rosters[level], counts.owners), minlength=len(rosters[level]))
            for (level, _), counts in self.tables.items()
        ]
        arrays = {
            "owners": np.concatenate([*rosters.values()]),
            "spread": _smallest(np.concatenate(spread)),
            "codes": np.concatenate([counts.codes for counts in self.tables.values()]),
            "counts": _smallest(np.concatenate([counts.counts for counts in self.tables.values()])),
        }
        shape = [[*key, len(counts.codes)] for key, counts in self.tables.items()]
        written = {f"{name}.npy": array_bytes(array) for name, array in arrays.items()}
        return {"partition.json": json.dumps(shape).encode(), **written}

    @classmethod
    def from_files(cls, files: Mapping[str, Buffer]) -> Partition:
        """The day back from its files. Raises DataError where it is none that was counted."""
        shape = _shape(files)
        sizes = {level: size for level, field, size in shape if field == ROWS}
        if not {level for level, _, _ in shape} <= sizes.keys():
            raise refused("partition.json counts no rows of a level")
        rosters = dict(zip(sizes, _cut(_unsigned(files, "owners"), [*sizes.values()]), strict=True))
        spreads = _cut(_unsigned(files, "spread"), [sizes[level] for level, _, _ in shape])
        lengths = [length for _, _, length in shape]
        codes, counts = (_cut(_unsigned(files, name), lengths) for name in ("codes", "counts"))
        return cls(
            {
                (level, field): _table(f"{level}:{field}", rosters[level], *arrays)
                for (level, field, _), *arrays in zip(shape, spreads, codes, counts, strict=True)
            }
        )


def _shape(files: Mapping[str, Buffer]) -> list[tuple[str, str, int]]:
    """Level, field and number of codes of each table."""
    entries = Written("partition.json", {"tables": json_in(files, "partition.json")}).entries("tables", MOST_HISTORIES)
    if not all(isinstance(entry, list) and len(entry) == len(TOLD) for entry in entries):
        raise refused("partition.json is no list of tables")
    told = [Written("partition.json", dict(zip(TOLD, entry, strict=True))) for entry in entries]
    return [(each.text("level"), each.text("field"), each.whole("codes", 0, MOST_ROWS)) for each in told]


def _unsigned(files: Mapping[str, Buffer], name: str) -> npt.NDArray[Any]:
    found = read_array(files.get(f"{name}.npy", b""), f"{name}.npy")
    if found.ndim != 1 or found.dtype.kind != "u":
        raise refused(f"{name}.npy holds no counts or codes")
    return found


def _table(name: str, roster: Codes, spread: npt.NDArray[Any], codes: Codes, counts: npt.NDArray[Any]) -> Counts:
    """One table; DataError where compiled code that merges it would be led astray."""
    if int(spread.sum(dtype=np.uint64)) != len(codes) or spread.max(initial=0) > len(codes) or not ascending(roster):
        raise refused(f"partition {name[:40]!r} spreads its codes over other owners than it has")
    owners = np.repeat(roster, spread)
    same = owners[1:] == owners[:-1]
    if codes.dtype != np.uint64 or (same & (codes[1:] <= codes[:-1])).any():
        raise refused(f"partition {name[:40]!r} has codes that do not ascend")
    if len(counts) and not 1 <= counts.min() <= counts.max() <= MOST_ROWS:
        raise refused(f"partition {name[:40]!r} has a count that is none")
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
    """The levels whose counts are kept; everyone's are folded from the first."""
    return spec.entities or (EVERYONE,)


def learn(values: Values, spec: FeatureSpec, teaches: Mask) -> Partition:
    """Count the rows of one day that are allowed to teach. teaches: bool (n,)."""
    tables: dict[tuple[str, str], Counts] = {}
    for level in stored_levels(spec):
        owners = owners_of(values, level)
        tables[level, ROWS] = Counts.tally(owners[teaches], np.zeros(int(teaches.sum()), np.uint64))
        for field in spec.fields:
            if level in spec.levels(field) or level == stored_levels(spec)[0]:
                rows, codes = observations(values, field)
                kept = teaches[rows]
                tables[level, field.name] = Counts.tally(owners[rows[kept]], codes[kept])
    return Partition(tables)


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
