"""Peer groups that are learned: entities that do alike, found by clustering what each of them does.

An entity's behaviour is the share of each value among all that it showed of a field, numbers by the octave. Of a share
the square root is taken, so that the distance of two vectors is that of Hellinger, times 1 + log(N / n), N entities of
whom n showed the value (Sparck Jones, 1972); then the vector is brought to length 1. Their main directions (truncated
singular value decomposition) are clustered by k-means.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.features.hashing import MISSING, Codes
from models.features.peers import MIN_MEMBERS, Ints
from models.features.spec import FeatureSpec, Field, Peers
from models.features.tally import ROWS, Counts, Tally
from models.features.values import BUCKETS_PER_OCTAVE, Floats

MIN_ROWS = 10
"""An entity with fewer rows has shown too little to belong anywhere."""
MOST_GROUPS = 64
SAMPLE = 50_000
"""Entities that the groups are found on at most; the others are then put into the nearest."""
BLOCK = 1 << 16
"""Entities held as vectors at once beside the sample."""
MOST_VALUES = 1 << 14
DIMENSIONS = 16
SPOKEN = ("category", "multivalue")
"""Kinds whose values are words that say what a group is about."""


@dataclass(frozen=True)
class Clusters:
    """Who does alike. owners: codes, ascending, (m,); label: the cluster of each, 0 to k - 1, (m,); distance: from the
    middle of it, (m,); typical: per cluster the place of its field in the spec and the code of the value that sets its
    members apart, None where there is none, (k,)."""

    owners: Codes
    label: Ints
    distance: Floats
    typical: tuple[tuple[int, int] | None, ...]


def group_count(entities: int) -> int:
    """How many groups are looked for: the root of half the number of entities, a rule of thumb (Mardia, Kent and Bibby,
    1979), but each of several members, and no more than MOST_GROUPS; 0 where there are too few for two.

    >>> [group_count(n) for n in (5, 8, 50, 1000, 1_000_000)]
    [0, 2, 5, 22, 64]
    """
    return min(round((entities / 2) ** 0.5), MOST_GROUPS) if entities >= 2 * MIN_MEMBERS else 0


def cluster(tally: Tally, spec: FeatureSpec, peers: Peers, seed: int) -> Clusters | None:
    """The clusters of an entity level, the same for the same counts and seed; None where there is nothing to tell the
    entities apart by."""
    rows = tally.tables[peers.entity, ROWS]
    owners = rows.owners[(rows.counts >= MIN_ROWS) & (rows.owners != MISSING)]
    count = group_count(len(owners))
    behaviour = Behaviour.of(tally, spec, peers, owners)
    if not count or behaviour.width < 2:
        return None
    rng = np.random.default_rng(seed)
    sample = owners if len(owners) <= SAMPLE else np.sort(rng.choice(owners, SAMPLE, replace=False))
    basis, middles = _found(behaviour.vectors(sample), count, seed)
    label, distance = np.empty(len(owners), np.int64), np.empty(len(owners))
    shown = np.zeros((count, behaviour.width))
    for start in range(0, len(owners), BLOCK):
        vectors = behaviour.vectors(owners[start : start + BLOCK])
        apart = _distances(_unit(vectors @ basis), middles)
        nearest = apart.argmin(axis=1)
        label[start : start + BLOCK], distance[start : start + BLOCK] = nearest, apart.min(axis=1)
        of_entry = np.repeat(nearest, np.diff(vectors.indptr))
        shown += np.bincount(of_entry * behaviour.width + vectors.indices, minlength=shown.size).reshape(shown.shape)
    members = np.bincount(label, minlength=count)
    return Clusters(owners, label, distance, behaviour.typical(shown / np.maximum(members, 1)[:, None]))


@dataclass(frozen=True)
class Behaviour:
    """What entities are told apart by. fields: per field its place in the spec, its counts and its values, codes
    ascending, a column each; weight: of each column, (w,); spoken: bool (w,), whether its value is a word."""

    fields: tuple[tuple[int, Counts, Codes], ...]
    weight: Floats
    spoken: npt.NDArray[np.bool_]

    @property
    def width(self) -> int:
        return len(self.weight)

    @classmethod
    def of(cls, tally: Tally, spec: FeatureSpec, peers: Peers, owners: Codes) -> Behaviour:
        """owners: those to be told apart, ascending."""
        fields = [(place, field) for place, field in enumerate(spec.fields) if peers.level in spec.levels(field)]
        tables = [_octaves(field, tally.tables[peers.entity, field.name]) for _, field in fields]
        found = []
        for counts in tables:
            kept = np.isin(counts.owners, owners)
            codes, holders = np.unique(counts.codes[kept], return_counts=True)
            found.append((codes[holders >= MIN_MEMBERS], holders[holders >= MIN_MEMBERS]))
        holders = np.concatenate([np.zeros(0, np.int64), *(each for _, each in found)])
        least = np.sort(holders)[-MOST_VALUES] if len(holders) > MOST_VALUES else 0
        parts, weights = [], []
        for (place, _), counts, (codes, each) in zip(fields, tables, found, strict=True):
            parts.append((place, counts, codes[each >= least]))
            weights.append(1.0 + np.log(len(owners) / each[each >= least]))
        spoken = [np.full(len(codes), spec.fields[place].kind in SPOKEN) for place, _, codes in parts]
        return cls(tuple(parts), np.concatenate([np.zeros(0), *weights]), np.concatenate([np.zeros(0, bool), *spoken]))

    def vectors(self, owners: Codes) -> Any:
        """The behaviour of some owners, codes ascending: a sparse matrix (owners, width), rows of length 1 or 0."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415  half a second that scoring does not need

        rows, columns, cells = [], [], []
        for start, counts, codes in self._column_groups():
            first = int(np.searchsorted(counts.owners, owners[0]))
            near = slice(first, int(np.searchsorted(counts.owners, owners[-1], "right")))
            of, showed, times = counts.owners[near], counts.codes[near], counts.counts[near]
            at = np.minimum(np.searchsorted(owners, of), len(owners) - 1)
            mine = owners[at] == of
            total = np.bincount(at[mine], weights=times[mine], minlength=len(owners))
            place = np.minimum(np.searchsorted(codes, showed), max(len(codes) - 1, 0))
            kept = mine & (codes[place] == showed) if len(codes) else np.zeros(len(of), np.bool_)
            rows.append(at[kept])
            columns.append(start + place[kept])
            cells.append(np.sqrt(times[kept] / total[at[kept]]) * self.weight[start + place[kept]])
        row, column, cell = (np.concatenate(parts) for parts in (rows, columns, cells))
        length = np.sqrt(np.bincount(row, weights=cell**2, minlength=len(owners)))
        return csr_matrix((cell / length[row], (row, column)), (len(owners), self.width))

    def typical(self, shares: Floats) -> tuple[tuple[int, int] | None, ...]:
        """The value of each cluster that most of its members and few others showed. shares: of the members that showed
        each value, (k, width)."""
        score = shares * (self.weight - 1.0) * self.spoken
        places = np.concatenate([np.full(len(codes), place) for place, _, codes in self.fields])
        codes = np.concatenate([codes for _, _, codes in self.fields])
        best = score.argmax(axis=1)
        known = score[np.arange(len(best)), best] > 0
        return tuple((int(places[at]), int(codes[at])) if one else None for at, one in zip(best, known, strict=True))

    def _column_groups(self) -> Iterator[tuple[int, Counts, Codes]]:
        """The first column of each field, its counts and its values."""
        start = 0
        for _, counts, codes in self.fields:
            yield start, counts, codes
            start += len(codes)


def _octaves(field: Field, counts: Counts) -> Counts:
    """The counts of a field; those of a number by the octave."""
    if field.kind != "number":
        return counts
    return Counts.sum(counts.owners, counts.codes // np.uint64(BUCKETS_PER_OCTAVE), counts.counts)


def _found(vectors: Any, count: int, seed: int) -> tuple[Floats, Floats]:
    """The main directions of a sample, (width, d), and the middles of its clusters along them, (count, d)."""
    from sklearn.cluster import MiniBatchKMeans  # noqa: PLC0415  seconds that scoring does not need
    from sklearn.decomposition import TruncatedSVD  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    size = min(DIMENSIONS, vectors.shape[1] - 1, vectors.shape[0] - 1)
    # Sums over threads come in any order; and where all do alike, there is no variance to be a share of.
    with threadpool_limits(1), np.errstate(invalid="ignore"):
        basis = TruncatedSVD(size, random_state=seed).fit(vectors).components_.T
        points = _unit(vectors @ basis)
        means = MiniBatchKMeans(count, random_state=seed, n_init=3, batch_size=4096).fit(points)
    return np.asarray(basis, np.float64), np.asarray(means.cluster_centers_, np.float64)


def _unit(points: Floats) -> Floats:
    length = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points / np.where(length > 0, length, 1.0))


def _distances(points: Floats, middles: Floats) -> npt.NDArray[np.float64]:
    """Squared distances, (n, k)."""
    square = (points**2).sum(axis=1)[:, None] - 2.0 * points @ middles.T + (middles**2).sum(axis=1)
    return np.asarray(np.maximum(square, 0.0))
