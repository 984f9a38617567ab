"""What each field was like when a model was fitted, and whether a chunk that is scored is broken beside it.

The unit is a block of consecutive rows, as a chunk is: what is usual is the least, or the range, over all blocks of the
history. A longer chunk is many blocks, and its shares and medians lie between theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.features.spec import FeatureSpec
from models.features.values import Floats, Ints, Values
from models.quality.facts import TIMED, Shown
from models.written import HUGE, Written, refused

BLOCK_ROWS = 200
"""Rows of a block, and the fewest that a chunk must have to be judged."""
LEAST_BLOCKS = 10
"""Fewer blocks do not tell what is usual."""
LEAST_VALUES = 50
"""A share or median of fewer values says nothing; fewer that were to be expected are not missed."""
BROKEN_SHARE = 0.1
"""A share below a tenth of the least that was usual is broken."""
APART_OCTAVES = 5.0
"""A median is broken when it is 32 times above the highest, or below the lowest, that was usual."""

Mask = npt.NDArray[np.bool_]
Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Usual:
    """One field over the blocks of the history. filled: the least share of rows with a value; known: the least share of
    those whose values had all been seen before, 0 where that cannot be told; low, high: the range of the medians, log2
    of the magnitude without zeros, None where there were too few numbers."""

    filled: float
    known: float = 0.0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Normal:
    """What was usual, by field; nothing where the history was too short to tell."""

    fields: Mapping[str, Usual]

    @classmethod
    def of(cls, values: Values, matrix: Matrix, mature: Mask, spec: FeatureSpec) -> Normal:
        """values: the history, ascending in time; matrix: float32 (k, d), its examples as the detectors hear them;
        mature: bool (k,), those encoded by a baseline about as mature as the one that will score."""
        if values.count < LEAST_BLOCKS * BLOCK_ROWS:
            return cls({})
        ripe, places = np.flatnonzero(mature), new_columns(spec)
        found = {}
        for field in spec.fields:
            if field.kind not in TIMED:
                shown = Shown.of(field, values)
                known = _least_known(matrix[ripe, places[field.name]]) if field.name in places else 0.0
                low, high = _range(shown)
                found[field.name] = Usual(_least(shown.filled, values.count), known, low, high)
        return cls(found)

    def broken(self, values: Values, matrix: Matrix, places: Mapping[str, int]) -> Mask:
        """Rows of a chunk that were scored on a field that broke, bool (n,): they lack what was always there, or hold a
        number of another size, or a value of another vocabulary. matrix: of the chunk, float32 (n, d); places: as
        new_columns gives them."""
        rows = np.zeros(values.count, np.bool_)
        if values.count < BLOCK_ROWS:
            return rows
        for name, usual in self.fields.items():
            if name in values.numbers:
                _of_number(usual, values.numbers[name], rows)
            elif name in values.tokens:
                _of_tokens(usual, values.tokens[name].rows, matrix, places.get(name), rows)
        return rows

    def to_json(self) -> dict[str, Any]:
        return {name: asdict(usual) for name, usual in self.fields.items()}

    @classmethod
    def from_json(cls, told: Written, spec: FeatureSpec) -> Normal:
        """What was usual back. Raises DataError where a fit could not have found it."""
        names = {field.name for field in spec.fields}
        if not set(told.found) <= names:
            raise refused(f"{told.place} is about fields that the spec does not have")
        return cls({name: _usual(told.part(name)) for name in told.found})


def new_columns(spec: FeatureSpec) -> dict[str, int]:
    """Field -> the column of the matrix that is 0 where everyone's history has all values of the row."""
    places = {(column.field, column.name): at for at, column in enumerate(spec.columns())}
    names = ((field.name, f"{field.name}.new") for field in spec.fields if field.kind not in ("number", *TIMED))
    return {name[0]: places[name] for name in names if name in places}


def _usual(told: Written) -> Usual:
    low, high = (told.number(name, -HUGE, HUGE) if told.has(name) else None for name in ("low", "high"))
    if (low is None) != (high is None) or low is not None and high is not None and low > high:
        raise refused(f"{told.place}.low and .high are no range")
    return Usual(told.number("filled", 0.0, 1.0), told.number("known", 0.0, 1.0), low, high)


def _least(filled: Ints, count: int) -> float:
    """The least share of filled rows in a block; what is left over at the end belongs to the last."""
    blocks = count // BLOCK_ROWS
    sizes = np.full(blocks, BLOCK_ROWS)
    sizes[-1] += count % BLOCK_ROWS
    return float((np.bincount(np.minimum(filled // BLOCK_ROWS, blocks - 1), minlength=blocks) / sizes).min())


def _least_known(new: npt.NDArray[np.float32]) -> float:
    """The least share of rows without a new value, over blocks of rows that have the field."""
    known = new[~np.isnan(new)] == 0
    blocks = len(known) // BLOCK_ROWS
    if blocks < LEAST_BLOCKS // 2:
        return 0.0
    return float(known[: blocks * BLOCK_ROWS].reshape(blocks, BLOCK_ROWS).mean(axis=1).min())


def _range(shown: Shown) -> tuple[float | None, float | None]:
    """The lowest and the highest median of a block."""
    if shown.numbers is None:
        return None, None
    told = shown.numbers != 0
    sizes, block = np.log2(np.abs(shown.numbers[told])), shown.rows[told] // BLOCK_ROWS
    order = np.lexsort((sizes, block))
    ends = np.cumsum(np.bincount(block, minlength=1))
    starts = np.r_[0, ends[:-1]]
    enough = ends - starts >= LEAST_VALUES
    if enough.sum() < LEAST_BLOCKS:
        return None, None
    medians = sizes[order][((starts + ends) // 2)[enough]]
    return float(medians.min()), float(medians.max())


def _of_number(usual: Usual, numbers: Floats, rows: Mask) -> None:
    missing = np.isnan(numbers)
    if _lost(usual, len(numbers) - int(missing.sum()), len(numbers)):
        rows |= missing
    if usual.low is None or usual.high is None:
        return
    sizes = np.abs(numbers[~missing & (numbers != 0)])
    if len(sizes) < LEAST_VALUES:
        return
    middle = np.log2(np.partition(sizes, len(sizes) // 2)[len(sizes) // 2])
    if not usual.low - APART_OCTAVES <= middle <= usual.high + APART_OCTAVES:
        rows |= ~missing


def _of_tokens(usual: Usual, filled: Ints, matrix: Matrix, place: int | None, rows: Mask) -> None:
    present = np.zeros(len(rows), np.bool_)
    present[filled] = True
    count = int(present.sum())
    if _lost(usual, count, len(rows)):
        rows |= ~present
    if place is None or usual.known * count < LEAST_VALUES:
        return
    if int((matrix[:, place] == 0).sum()) < BROKEN_SHARE * usual.known * count:
        rows |= present


def _lost(usual: Usual, filled: int, count: int) -> bool:
    return usual.filled * count >= LEAST_VALUES and filled < BROKEN_SHARE * usual.filled * count
