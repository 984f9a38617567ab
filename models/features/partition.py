"""One learned day: integer counts only, so that sums are exact in any order and a day can be taken back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from models.arrays import Buffer, array_bytes, read_array
from models.features.hashing import Codes
from models.features.spec import EVERYONE, FeatureSpec, Field
from models.features.values import BUCKET_OFFSET, Values, bucket_of

ROWS = ""
"""The pseudo-field under which the number of rows of each owner is kept."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Counts:
    """How often each owner showed each code: three arrays of one length, sorted by owner, then code."""

    owners: Codes
    codes: Codes
    counts: npt.NDArray[np.int64]

    @classmethod
    def tally(cls, owners: Codes, codes: Codes) -> Counts:
        return cls._sum(pl.DataFrame({"owner": owners, "code": codes, "count": np.ones(len(owners), np.int64)}))

    @classmethod
    def merge(cls, parts: Iterable[Counts]) -> Counts:
        """The sum of several days, the same whatever their order."""
        frames = [pl.DataFrame({"owner": p.owners, "code": p.codes, "count": p.counts}) for p in parts]
        return cls._sum(pl.concat(frames))

    def fold(self) -> Counts:
        """The same counts with all owners taken together."""
        return Counts.merge([Counts(np.zeros_like(self.owners), self.codes, self.counts)])

    @classmethod
    def _sum(cls, frame: pl.DataFrame) -> Counts:
        summed = frame.group_by("owner", "code").agg(pl.col("count").sum()).sort("owner", "code")
        return cls(summed["owner"].to_numpy(), summed["code"].to_numpy(), summed["count"].to_numpy())


@dataclass(frozen=True)
class Partition:
    """The counts of one day, per (level, field)."""

    tables: Mapping[tuple[str, str], Counts]

    @classmethod
    def merge(cls, parts: Iterable[Partition]) -> Partition:
        found = list(parts)
        return cls({key: Counts.merge(p.tables[key] for p in found) for key in found[0].tables})

    def files(self) -> dict[str, bytes]:
        """The day as two files: all counts in one array, uint64 (3, t), and which (level, field) has how many."""
        rows = [(*key, len(counts.counts)) for key, counts in self.tables.items()]
        counts = np.empty((3, sum(length for _, _, length in rows)), np.uint64)
        start = 0
        for table, (_, _, length) in zip(self.tables.values(), rows, strict=True):
            counts[:, start : start + length] = table.owners, table.codes, table.counts
            start += length
        return {"partition.json": json.dumps(rows).encode(), "counts.npy": array_bytes(counts)}

    @classmethod
    def from_files(cls, files: Mapping[str, Buffer]) -> Partition:
        """The day back from its files."""
        counts, tables, start = read_array(files["counts.npy"]), {}, 0
        for level, field, length in json.loads(bytes(files["partition.json"])):
            owners, codes, found = counts[:, start : start + length]
            tables[level, field] = Counts(owners, codes, found.astype(np.int64))
            start += length
        return cls(tables)


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
