"""Encode the past as scoring will see the future: each day against a baseline of earlier days only.

Rows inside their own baseline are never new, so a detector trained on them would not know novelty. Without a clock no
day is earlier, and every row is encoded against the four fifths that do not hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.features.baseline import Generation
from models.features.encode import encode
from models.features.group_names import learn_groups
from models.features.partition import Mask, Partition, learn
from models.features.peers import Membership
from models.features.spec import FeatureSpec
from models.features.tally import Tally
from models.features.values import DAY_S, HOUR_S, Floats, Ints, Values

MIN_DAYS = 3
BLOCKS = 10
FOLDS = 5
MAX_STEPS = 60
"""Longer histories are encoded several days at a time."""
BLOCK_ROWS = 1 << 16
"""Rows encoded at once: what the encoding needs beside its result does not grow with the history."""


@dataclass(frozen=True)
class Period:
    """A stretch of rows that is learned as one: a UTC day, a block of rows, or a fold."""

    name: str
    start: int
    stop: int


@dataclass(frozen=True)
class Past:
    """The history encoded. matrix: the columns of the rows that were to be kept, float32 (k, d), the context's left
    missing; surprise: the bits of every row, float64 (n,); teaches: bool (n,), False on rows that entered no baseline;
    partitions: what each UTC day taught (without a clock: each fold), as files, by its name; generation: what all of
    them taught."""

    matrix: npt.NDArray[np.float32]
    surprise: Floats
    teaches: Mask
    partitions: dict[str, dict[str, bytes]]
    generation: Generation


@dataclass(frozen=True)
class Trim:
    """The share of the rows, the strangest, that do not teach; spared: rows that always do, bool (n,), or None."""

    share: float
    spared: Mask | None

    def leaves(self, surprise: Floats, start: int) -> Mask:
        """Which of the rows from `start` on may teach. surprise: of all rows so far."""
        left: Mask = surprise[start:] <= np.quantile(surprise, 1.0 - self.share)
        return left if self.spared is None else left | self.spared[start : len(surprise)]


@dataclass(frozen=True)
class Canvas:
    """Rows to encode, and what is kept of them: the bits of every row, the columns of some.

    rows: the kept ones, ascending, (k,); matrix: float32 (k, d); surprise: float64 (n,); seed: of what is random.
    """

    values: Values
    spec: FeatureSpec
    rows: Ints
    matrix: npt.NDArray[np.float32]
    surprise: Floats
    seed: int = 0

    @classmethod
    def blank(cls, values: Values, spec: FeatureSpec, rows: Ints, seed: int = 0) -> Canvas:
        matrix = np.empty((len(rows), len(spec.columns())), np.float32)
        return cls(values, spec, rows, matrix, np.empty(values.count), seed)

    def encode(self, start: int, stop: int, generation: Generation) -> None:
        """Encode the rows from start to stop against a baseline, block by block."""
        for first in range(start, stop, BLOCK_ROWS):
            last = min(first + BLOCK_ROWS, stop)
            found = encode(self.values.slice(first, last), self.spec, generation)
            self.surprise[first:last] = found.surprise.sum(axis=1)
            at, end = np.searchsorted(self.rows, (first, last))
            self.matrix[at:end] = found.matrix[self.rows[at:end] - first]


def periods_of(values: Values) -> list[Period]:
    """Split rows (ascending in time) into days; fewer than three days, or no clock, into equal blocks."""
    days = days_of(values)
    if len(days) >= MIN_DAYS:
        return days
    count = BLOCKS if values.time is not None else FOLDS
    edges = np.unique(np.linspace(0, values.count, count + 1).astype(int)).tolist()
    return _periods([f"block-{number:02d}" for number in range(len(edges) - 1)], edges)


def days_of(values: Values) -> list[Period]:
    """The UTC days of rows, ascending in time, named as in 2026-01-31; none without a clock."""
    if values.time is None:
        return []
    days = (values.time // DAY_S).astype(np.int64)
    starts = np.flatnonzero(np.r_[True, np.diff(days) > 0]) if len(days) else np.zeros(0, np.int64)
    names = [str(np.datetime64(int(days[at]), "D")) for at in starts]
    return _periods(names, [*starts.tolist(), values.count])


def encode_past(
    values: Values,
    spec: FeatureSpec,
    teaches: Mask,
    trim: float = 0.0,
    rows: Ints | None = None,
    progress: Callable[[float], None] = lambda share: None,
    seed: int = 0,
    before: Mapping[str, Membership] | None = None,
    spared: Mask | None = None,
) -> Past:
    """Learn and encode all periods. values: rows ascending in time (in any fixed random order without a clock);
    teaches: bool (n,), rows that may enter a baseline; trim: share of the rows, the strangest, that do not teach;
    rows: those whose columns are kept, ascending, (k,); all without it; seed: of groups that are learned; before: the
    groups of an earlier fit, whose names they keep; spared: bool (n,), rows that teach however strange they are."""
    periods = periods_of(values)
    canvas = Canvas.blank(values, spec, np.arange(values.count) if rows is None else rows, seed)
    encode_all = _across_folds if values.time is None else _along_time
    teaches, everything, partitions = encode_all(canvas, teaches, Trim(trim, spared), periods, progress)
    groups = learn_groups(everything, spec, seed, values, before)
    generation = Generation.publish(everything, spec, span_of(values, periods), groups)
    return Past(canvas.matrix, canvas.surprise, teaches, partitions, generation)


Learned = tuple[Mask, Tally, dict[str, dict[str, bytes]]]
"""The rows that taught, all they taught, and what each day taught, as files."""


def _along_time(
    canvas: Canvas, teaches: Mask, trim: Trim, periods: Sequence[Period], progress: Callable[[float], None]
) -> Learned:
    """Encode each step against all earlier ones, then let it teach without its strangest rows.

    Whether a row is strange is asked of its own past, never of what came later: a value that recurs would else look
    more familiar in the reference than it will when it is scored.
    """
    values, spec = canvas.values, canvas.spec
    teaches = teaches.copy()
    partitions: dict[str, dict[str, bytes]] = {}
    running = learn(values.slice(0, 0), spec, teaches[:0]).fold(spec)
    groups: Mapping[str, Membership] = {}
    steps = _steps(periods)
    for number, step in enumerate(steps):
        start, stop = step[0].start, step[-1].stop
        if number & (number - 1) == 0:  # whenever the past has doubled
            groups = learn_groups(running, spec, canvas.seed)
        canvas.encode(start, stop, Generation.publish(running, spec, learned=groups))
        if trim.share and number:
            teaches[start:stop] &= trim.leaves(canvas.surprise[:stop], start)
        learned = {period.name: _learned(canvas, period, teaches) for period in step}
        partitions |= {name: part.files() for name, part in learned.items()}
        running = Tally.merge([running, *(part.fold(spec) for part in learned.values())])
        progress((number + 1) / len(steps))
    days = days_of(values)
    if days != periods:  # blocks of less than three days: what they taught is kept by the day all the same
        partitions = {day.name: _learned(canvas, day, teaches).files() for day in days}
    return teaches, running, partitions


def _across_folds(
    canvas: Canvas, teaches: Mask, trim: Trim, periods: Sequence[Period], progress: Callable[[float], None]
) -> Learned:
    """Encode each fold against the others; with trimming once more, without the rows that were strangest."""
    rounds = 2 if trim.share else 1
    for done in range(rounds):
        learned = {period.name: _learned(canvas, period, teaches) for period in periods}
        folded = {name: part.fold(canvas.spec) for name, part in learned.items()}
        for number, period in enumerate(periods):
            others = Tally.merge([part for name, part in folded.items() if name != period.name] or folded.values())
            groups = learn_groups(others, canvas.spec, canvas.seed)
            canvas.encode(period.start, period.stop, Generation.publish(others, canvas.spec, learned=groups))
            progress((done + (number + 1) / len(periods)) / rounds)
        if done + 1 < rounds:
            teaches = teaches & trim.leaves(canvas.surprise, 0)
    return teaches, Tally.merge(folded.values()), {name: part.files() for name, part in learned.items()}


def _learned(canvas: Canvas, period: Period, teaches: Mask) -> Partition:
    start, stop = period.start, period.stop
    return learn(canvas.values.slice(start, stop), canvas.spec, teaches[start:stop])


def _steps(periods: Sequence[Period]) -> list[Sequence[Period]]:
    """Periods in runs, at most MAX_STEPS of them: a baseline is published once a run."""
    size = -(-len(periods) // MAX_STEPS)
    return [periods[at : at + size] for at in range(0, len(periods), size)]


def span_of(values: Values, periods: Sequence[Period]) -> str:
    """How much past there is, in words: days, hours, or rows where there is no clock."""
    if values.time is None or not values.count:
        return f"{values.count:,} rows"
    if not periods[0].name.startswith("block"):
        return f"{len(periods)} days"
    hours = max(round(float(values.time[-1] - values.time[0]) / HOUR_S), 1)
    return f"{hours} hours" if hours > 1 else "1 hour"


def warm_up_rows(values: Values) -> int:
    """How many rows, the first, train nothing: those of the first period, which had no baseline. A single period
    trains all, for want of better; so do rows without a clock."""
    periods = periods_of(values)
    return periods[0].stop if values.time is not None and len(periods) > 1 else 0


def _periods(names: Sequence[str], edges: Sequence[int]) -> list[Period]:
    return [Period(name, start, stop) for name, start, stop in zip(names, edges[:-1], edges[1:], strict=True)]
