"""Who earned the score: exact Shapley values of trees, by table where the tables are small, by quadrature elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.detectors.base import Contributions, Floats, Matrix
from models.detectors.blocks import fill_in_blocks
from models.detectors.kernels import lookup, quadrature, units
from models.detectors.trees import LEAF, Trees

TABLE_BYTES = 128 << 20
"""Tables of one detector; trees beyond it are explained by quadrature."""
LARGEST_TABLED = 1e30
"""Tables are float32: trees with larger leaves are explained by quadrature."""
BLOCK_ROWS = 8192
"""Rows that one thread explains at a time: enough to use each tree's tables before the next tree's replace them."""
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tables:
    """Tabled trees as tables.look_up takes them; `trees` says which, by number."""

    trees: Longs
    arrays: tuple[Any, ...]
    nbytes: int


@dataclass(frozen=True, eq=False)
class Attribution:
    """Explains trees; made once per model. Safe for threads.

    columns: how many the matrix has; outputs: how many the contributions have.
    """

    trees: Trees
    columns: int
    outputs: int
    output: Longs
    tables: Tables
    beyond: Longs

    @classmethod
    def of(
        cls,
        trees: Trees,
        columns: int,
        output: npt.NDArray[np.int64] | None = None,
        outputs: int = 0,
        table_bytes: int = TABLE_BYTES,
    ) -> Attribution:
        """output: int64 (columns,), on which output each column's contributions are booked; None: each column on its
        own; outputs: how many there are at least. table_bytes: no more than this for tables, 0 for none.

        Raises DataError when a tree asks for a column that is not there.
        """
        trees.check_columns(columns)
        output = np.arange(columns) if output is None else np.asarray(output, np.int64)
        each = output.shape == (columns,) and output.min(initial=0) >= 0
        assert each, "each column has its output"  # nosec B101  # our own caller's promise, no input
        outputs = max(outputs, int(output.max(initial=-1)) + 1)
        tables = _tables(trees, output, outputs, table_bytes)
        beyond = np.setdiff1d(np.arange(len(trees.roots)), tables.trees)
        return cls(trees, columns, outputs, output, tables, beyond)

    @property
    def tabled(self) -> bool:
        """Whether every tree is explained by table."""
        return not len(self.beyond)

    @property
    def path(self) -> str:
        """How many trees go which way, for people.

        >>> Attribution.of(Trees.none(), 1).path
        'table'
        """
        if self.tabled:
            return "table"
        if not len(self.tables.trees):
            return "quadrature"
        return f"table ({len(self.tables.trees)} trees), quadrature ({len(self.beyond)})"

    def contributions(self, matrix: Matrix, nthread: int = 1) -> Contributions:
        """Exact path-dependent Shapley values of Trees.total, float64 (n, outputs), and its expected value.

        matrix: float32 (n, columns), NaN where missing. What a row gets depends neither on the other rows nor on
        nthread.
        """
        if matrix.ndim != 2 or matrix.shape[1] != self.columns:
            raise ValueError(f"a matrix of {self.columns} columns is needed, not of shape {matrix.shape}")
        rows = np.ascontiguousarray(matrix, np.float32)
        phi = np.zeros((len(rows), self.outputs))
        fill_in_blocks(self._add, rows, phi, BLOCK_ROWS, nthread)
        return Contributions(phi, self.trees.expected)

    def _add(self, rows: Matrix, phi: Floats) -> None:
        if len(self.tables.trees):
            lookup.look_up(rows, *self.tables.arrays, phi)  # type: ignore[call-arg, unused-ignore]
        if len(self.beyond):
            self._integrate(rows, phi)

    def _integrate(self, rows: Matrix, phi: Floats) -> None:
        trees = self.trees
        depth = int(trees.depths[self.beyond].max())
        points, weights = gauss_legendre(min(depth, self.columns))
        quadrature.integrate(
            rows, trees.roots[self.beyond], trees.feature, trees.threshold, trees.left, trees.right,
            trees.missing_left, trees.share, trees.value, self.output, depth, points, weights, phi,
        )  # fmt: skip


def gauss_legendre(features: int) -> tuple[Floats, Floats]:
    """Points and weights on 0..1, exact for the polynomials of a path with so many features (degree features - 1).

    >>> points, weights = gauss_legendre(4)
    >>> len(points), float(weights @ points**3).__round__(12)
    (2, 0.25)
    """
    points, weights = np.polynomial.legendre.leggauss(max(1, (features + 1) // 2))
    return (points + 1.0) / 2.0, weights / 2.0


def _tables(trees: Trees, output: Longs, outputs: int, table_bytes: int) -> Tables:
    """Tables for as many trees as fit, in order."""
    if not len(trees.roots):
        return Tables(np.zeros(0, np.int64), (), 0)
    roots, counts = _unit_roots(trees)
    fits = (counts >= 0) & (np.maximum.reduceat(np.abs(trees.value), trees.roots) <= LARGEST_TABLED)
    sizes = units.measure(roots, trees.feature, trees.left, trees.right, trees.parent, output)
    pairs = (sizes[:, 2] + 1) // 2
    entries = pairs << sizes[:, 0]
    tree_of_unit = np.repeat(np.arange(len(counts)), np.maximum(counts, 0))
    nbytes = np.bincount(tree_of_unit, entries * 8, minlength=len(counts))
    fits &= np.cumsum(np.where(fits, nbytes, 0)) <= table_bytes
    kept = fits[tree_of_unit]
    chosen = np.flatnonzero(fits)
    return _filled(trees, output, outputs, chosen, counts[chosen], roots[kept], sizes[kept], pairs[kept], entries[kept])


def _unit_roots(trees: Trees) -> tuple[npt.NDArray[np.int32], Longs]:
    """The roots of all units, tree by tree, and how many each tree has (-1: cannot be tabled)."""
    splits = _splits_below(trees)
    found = np.empty(int(np.diff(np.append(trees.roots, len(trees.feature))).max(initial=1)), np.int32)
    cut, counts = [], []
    for root in trees.roots:
        count = units.find_units(root, trees.feature, trees.left, trees.right, splits, found)
        counts.append(count)
        cut.append(found[: max(count, 0)].copy())
    return np.concatenate([np.zeros(0, np.int32), *cut]), np.asarray(counts, np.int64)


def _splits_below(trees: Trees) -> Longs:
    """How many splits the subtree of each node holds, itself included, int64 (m,)."""
    found: Longs = (trees.feature != LEAF).astype(np.int64)
    for node in range(len(found) - 1, 0, -1):  # parents come before their children
        if trees.parent[node] >= 0:
            found[trees.parent[node]] += found[node]
    return found


def _filled(
    trees: Trees,
    output: Longs,
    outputs: int,
    chosen: Longs,
    counts: Longs,
    roots: npt.NDArray[np.int32],
    sizes: Longs,
    pairs: Longs,
    entries: Longs,
) -> Tables:
    bit_start, term_count = _starts(sizes[:, 0]), int(sizes[:, 1].sum())
    pair_start = _starts(pairs)
    pair_table = _starts(np.repeat(entries // np.maximum(pairs, 1), pairs))[:-1]
    bit_term = np.zeros(int(bit_start[-1]) + 1, np.int64)
    term_node, term_flip = np.zeros(term_count, np.int64), np.zeros(term_count, np.uint64)
    pair_output = np.zeros((int(pair_start[-1]), 2), np.int64)
    table = np.zeros((int(entries.sum()), 2), np.float32)
    points, weights = gauss_legendre(units.MAX_BITS)
    units.fill(
        roots, trees.feature, trees.left, trees.right, trees.parent, trees.share, trees.value, output, points, weights,
        bit_start, bit_term, term_node, term_flip, pair_start, pair_output, pair_table, table,
    )  # fmt: skip
    pair_output[pair_output < 0] = outputs  # empty halves are added beside all outputs
    split = np.isin(trees.tree_of, chosen) & (trees.feature != LEAF)
    nodes = np.flatnonzero(split)
    tree_node = _starts(np.bincount(np.searchsorted(chosen, trees.tree_of[nodes]), minlength=len(chosen)))
    number = np.zeros(len(trees.feature), np.int64)
    number[nodes] = np.arange(len(nodes)) - tree_node[np.searchsorted(chosen, trees.tree_of[nodes])]
    arrays = (
        trees.feature[nodes], trees.threshold[nodes], trees.missing_left[nodes], tree_node, _starts(counts),
        bit_start, bit_term, number[term_node], term_flip, pair_start, pair_output, pair_table, table,
    )  # fmt: skip
    return Tables(chosen, arrays, table.nbytes)


def _starts(counts: npt.NDArray[np.int64]) -> Longs:
    """Where each of so many begins, and where the last ends, int64 (len + 1,)."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
