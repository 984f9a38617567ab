"""What is usual for whom: each owner's own centre and spread of the columns of its sequences, learned once at fit.

Some people repeat themselves, others wander, so the same distance from the past is strange for one and a habit of the
other. Every column is therefore told in spreads of its owner, measured on rows that were encoded out of fold: each
fifth of the past against the other four. A sequence is as strange as the mean of its columns, z, and its bits are
log2(1 + 2^z): never negative, one for the usual row, and z for one far from its owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from models.arrays import Buffer, array_bytes, array_in, ascending, read_array
from models.features.baseline import MIN_HISTORY_ROWS, Generation
from models.features.encode import Matrix, encode
from models.features.hashing import Codes
from models.features.level import NORMAL_IQR, find
from models.features.partition import Mask, learn
from models.features.prequential import FOLDS, Past, periods_of
from models.features.spec import FeatureSpec, Field, column_names
from models.features.tally import Tally
from models.features.values import Floats, Ints, Values
from models.written import HUGE, refused

FLOOR = 0.2
"""The least spread of an owner's column, as a share of the standard deviation over all owners."""
QUARTILES = (0.25, 0.5, 0.75)
LEAST_SPREAD = 1e-3
"""The least spread of a column that hardly varies for anybody: a thousandth of a bit, or of all values."""


@dataclass(frozen=True)
class Norm:
    """What is usual in one field at one level.

    roster: owners with enough rows, ascending, (o,); center and spread: of each column, of each owner and, last, of all
    together, which stands for the others, float64 (o + 1, columns).
    """

    roster: Codes
    center: Floats
    spread: Floats

    @classmethod
    def fit(cls, columns: Floats, owners: Codes) -> Norm:
        """columns: float64 (n, columns) without NaN; owners: codes (n,)."""
        names = [str(at) for at in range(columns.shape[1])]
        table = pl.DataFrame(columns, schema=names).with_columns(owner=pl.Series(owners))
        quartiles = [pl.col(names).quantile(q, "linear").name.suffix(f"@{q}") for q in QUARTILES]
        each = table.group_by("owner").agg(*quartiles, rows=pl.len()).sort("owner")
        each = each.filter(pl.col("rows") >= MIN_HISTORY_ROWS)
        found = pl.concat([each.select(pl.exclude("owner", "rows")), table.select(quartiles)]).fill_null(0.0)
        low, center, high = (found.select(f"{name}@{q}" for name in names).to_numpy() for q in QUARTILES)
        least = np.maximum(FLOOR * columns.std(axis=0), LEAST_SPREAD) if len(columns) else LEAST_SPREAD
        return cls(each["owner"].to_numpy(), center, np.maximum((high - low) / NORMAL_IQR, least))

    def z(self, columns: Matrix, owners: Codes) -> Floats:
        """The columns in spreads from the centre of their owner, float64 (n, columns), NaN where missing."""
        at, known = find(self.roster, owners)
        at = np.where(known, at, len(self.roster))
        return (columns.astype(np.float64) - self.center[at]) / self.spread[at]

    def fault(self, columns: int) -> str:
        """What is wrong with the arrays, in words; empty when nothing is."""
        shape = (len(self.roster) + 1, columns)
        if self.center.shape != shape or self.spread.shape != shape:
            return "not one centre and spread for each owner and column"
        if not ascending(self.roster):
            return "owners that do not ascend"
        if not (np.abs(self.center) <= HUGE).all() or not ((self.spread >= LEAST_SPREAD) & (self.spread <= HUGE)).all():
            return "a centre or spread that is none"
        return ""


@dataclass(frozen=True)
class Own:
    """The norms of all sequences of a spec, by (field, level)."""

    norms: Mapping[tuple[str, str], Norm]

    @classmethod
    def fit(cls, columns: Matrix, values: Values, spec: FeatureSpec, teaches: Mask) -> Own:
        """columns: the matrix of the spec, out of fold, float32 (n, d); teaches: bool (n,)."""
        norms = {}
        for field, level, place in places(spec):
            found = columns[:, place]
            rows = teaches & ~np.isnan(found).any(axis=1)
            norms[field.name, level] = Norm.fit(found[rows].astype(np.float64), _owners(values, level)[rows])
        return cls(norms)

    def weigh(self, matrix: Matrix, values: Values, spec: FeatureSpec) -> Floats:
        """The bits of each field, float64 (n, fields), 0 where it is no sequence; its columns of the matrix become z.

        The strangest of its owners speaks; where none of them has a past, everyone's level.
        """
        bits = np.zeros((len(matrix), len(spec.fields)))
        loudest = {field.name: np.full(len(matrix), np.nan) for field in spec.fields if field.kind == "sequence"}
        for field, level, place in reversed(places(spec)):  # everyone's level last
            z = self.norms[field.name, level].z(matrix[:, place], _owners(values, level))
            matrix[:, place] = z
            found, mean = loudest[field.name], z.mean(axis=1)
            loudest[field.name] = np.fmax(found, mean) if level else np.where(np.isnan(found), mean, found)
        for at, field in enumerate(spec.fields):
            if field.name in loudest:
                bits[:, at] = np.logaddexp2(0.0, np.nan_to_num(loudest[field.name], nan=-np.inf))
        return bits

    def files(self) -> dict[str, bytes]:
        """Three arrays a norm, in the order of the spec."""
        found = {}
        for number, norm in enumerate(self.norms.values()):
            for name in ("roster", "center", "spread"):
                found[f"own.{number}.{name}.npy"] = array_bytes(getattr(norm, name))
        return found

    @classmethod
    def from_files(cls, files: Mapping[str, Buffer], spec: FeatureSpec) -> Own | None:
        """The norms back, None for a spec without sequences. Raises DataError where they are none."""
        norms = {}
        for number, (field, level, place) in enumerate(places(spec)):
            roster = array_in(files, f"own.{number}.roster.npy", np.uint64)
            center, spread = (_floats(files, f"own.{number}.{name}.npy") for name in ("center", "spread"))
            norm = Norm(roster, center, spread)
            if fault := norm.fault(place.stop - place.start):
                raise refused(f"what is usual in {field.name[:40]!r} at the level {level[:40]!r} holds {fault}")
            norms[field.name, level] = norm
        return cls(norms) if norms else None


def places(spec: FeatureSpec) -> list[tuple[Field, str, slice]]:
    """The columns of each sequence at each of its levels.

    >>> places(FeatureSpec((Field("bytes", "number"), Field("commands", "sequence")), ("user",)))[1][1:]
    ('user', slice(6, 10, None))
    """
    found, start = [], 0
    for field in spec.fields:
        for level in spec.levels(field):
            stop = start + len(column_names(field, level))
            if field.kind == "sequence":
                found.append((field, level, slice(start, stop)))
            start = stop
    return found


def sequences_of(spec: FeatureSpec) -> FeatureSpec:
    """A spec with its sequences only."""
    return replace(spec, fields=tuple(field for field in spec.fields if field.kind == "sequence"), context=False)


def out_of_fold(values: Values, spec: FeatureSpec, teaches: Mask) -> Matrix:
    """The columns of each row against a baseline of the other four fifths of the past, float32 (n, d)."""
    parts = [part for part in np.array_split(np.asarray(periods_of(values), object), FOLDS) if len(part)]
    spans = [slice(part[0].start, part[-1].stop) for part in parts]
    learned = [learn(values.slice(s.start, s.stop), spec, teaches[s]).fold(spec) for s in spans]
    matrix = np.empty((values.count, len(spec.columns())), np.float32)
    for number, span in enumerate(spans):
        others = learned[:number] + learned[number + 1 :] or learned
        past = Generation.publish(Tally.merge(others), spec)
        matrix[span] = encode(values.slice(span.start, span.stop), spec, past).matrix
    return matrix


def with_own(past: Past, values: Values, spec: FeatureSpec, rows: Ints) -> tuple[Past, Own | None]:
    """The past with its sequences told in the spreads of their owners, and these; rows: those of its matrix."""
    alone = sequences_of(spec)
    if not alone.fields:
        return past, None
    columns = out_of_fold(values, alone, past.teaches)
    own = Own.fit(columns, values, alone, past.teaches)
    bits = own.weigh(columns, values, alone)
    for (_, _, place), (_, _, found) in zip(places(spec), places(alone), strict=True):
        past.matrix[:, place] = columns[rows, found]
    return replace(past, surprise=past.surprise + bits.sum(axis=1)), own


def _owners(values: Values, level: str) -> Codes:
    """Whose usual it is: each entity's or named group's; of everyone, and of groups that were learned, one for all."""
    return values.entities[level] if level in values.entities else np.zeros(values.count, np.uint64)


def _floats(files: Mapping[str, Buffer], name: str) -> npt.NDArray[np.float64]:
    found = read_array(files.get(name, b""), name)
    if found.ndim != 2 or found.dtype != np.float64:
        raise refused(f"{name} is no table of numbers")
    return found
