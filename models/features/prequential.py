"""Encode the past as scoring will see the future: each day against a baseline of earlier days only.

Rows inside their own baseline are never new, so a detector trained on them would not know novelty. Without a clock no
day is earlier, and every row is encoded against the four fifths that do not hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.features.baseline import Generation
from models.features.encode import Encoded, encode
from models.features.partition import Mask, Partition, learn
from models.features.spec import FeatureSpec
from models.features.values import HOUR_S, Floats, Values

DAY_S = 86_400
MIN_DAYS = 3
BLOCKS = 10
FOLDS = 5
MAX_STEPS = 60
"""Longer histories are encoded several days at a time."""


@dataclass(frozen=True)
class Period:
    """A stretch of rows that is learned as one: a UTC day, a block of rows, or a fold."""

    name: str
    start: int
    stop: int


Learned = tuple[list[Encoded], Mask, dict[str, Partition]]
"""Encoded periods in order, the rows that taught, and what each period taught."""


@dataclass(frozen=True)
class Past:
    """The history encoded: trains is False on the warm-up rows, which had no baseline; teaches on those that entered
    none; partitions by period name."""

    encoded: Encoded
    trains: Mask
    teaches: Mask
    partitions: dict[str, Partition]
    generation: Generation


def periods_of(values: Values) -> list[Period]:
    """Split rows (ascending in time) into days; fewer than three days, or no clock, into equal blocks."""
    if values.time is not None:
        days = (values.time // DAY_S).astype(np.int64)
        starts = np.flatnonzero(np.r_[True, np.diff(days) > 0])
        if len(starts) >= MIN_DAYS:
            names = [str(np.datetime64(int(days[at]), "D")) for at in starts]
            return _periods(names, [*starts.tolist(), values.count])
    count = BLOCKS if values.time is not None else FOLDS
    edges = np.unique(np.linspace(0, values.count, count + 1).astype(int)).tolist()
    return _periods([f"block-{number:02d}" for number in range(len(edges) - 1)], edges)


def encode_past(
    values: Values,
    spec: FeatureSpec,
    teaches: Mask,
    trim: float = 0.0,
    progress: Callable[[float], None] = lambda share: None,
) -> Past:
    """Learn and encode all periods. values: rows ascending in time (in any fixed random order without a clock);
    teaches: bool (n,), rows that may enter a baseline; trim: share of the rows, the strangest, that do not teach."""
    periods = periods_of(values)
    if values.time is None:
        encoded, teaches, learned = _across_folds(values, spec, teaches, trim, periods, progress)
    else:
        encoded, teaches, learned = _along_time(values, spec, teaches, trim, periods, progress)
    trains = np.ones(values.count, np.bool_)
    if values.time is not None:
        trains[: warm_up_rows(periods)] = False
    generation = Generation.publish(Partition.merge(learned.values()), spec, span_of(values, periods))
    return Past(_stack(encoded), trains, teaches, learned, generation)


def _along_time(
    values: Values,
    spec: FeatureSpec,
    teaches: Mask,
    trim: float,
    periods: Sequence[Period],
    progress: Callable[[float], None],
) -> Learned:
    """Encode each step against all earlier ones, then let it teach without its strangest rows.

    Whether a row is strange is asked of its own past, never of what came later: a value that recurs would else look
    more familiar in the reference than it will when it is scored.
    """
    teaches = teaches.copy()
    learned: dict[str, Partition] = {}
    encoded: list[Encoded] = []
    seen: list[Floats] = []
    running = learn(values.slice(0, 0), spec, teaches[:0])
    steps = _steps(periods)
    for number, step in enumerate(steps):
        start, stop = step[0].start, step[-1].stop
        part = values.slice(start, stop)
        encoded.append(encode(part, spec, Generation.publish(running, spec)))
        seen.append(encoded[-1].surprise.sum(axis=1))
        if trim and number:
            limit = np.quantile(np.concatenate(seen), 1.0 - trim)
            teaches[start:stop] &= seen[-1] <= limit
        for period in step:
            day = values.slice(period.start, period.stop)
            learned[period.name] = learn(day, spec, teaches[period.start : period.stop])
        running = Partition.merge([running, *(learned[period.name] for period in step)])
        progress((number + 1) / len(steps))
    return encoded, teaches, learned


def _across_folds(
    values: Values,
    spec: FeatureSpec,
    teaches: Mask,
    trim: float,
    periods: Sequence[Period],
    progress: Callable[[float], None],
) -> Learned:
    """Encode each fold against the others; with trimming once more, without the rows that were strangest."""
    for last in (False, True) if trim else (True,):
        learned = {p.name: learn(values.slice(p.start, p.stop), spec, teaches[p.start : p.stop]) for p in periods}
        encoded = []
        for period in periods:
            others = [part for name, part in learned.items() if name != period.name] or [*learned.values()]
            past = Generation.publish(Partition.merge(others), spec)
            encoded.append(encode(values.slice(period.start, period.stop), spec, past))
        if not last:
            strange = np.concatenate([part.surprise.sum(axis=1) for part in encoded])
            teaches = teaches & (strange <= np.quantile(strange, 1.0 - trim))
    progress(1.0)
    return encoded, teaches, learned


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


def warm_up_rows(periods: Sequence[Period]) -> int:
    """The rows of the first period train nothing; a single period trains all, for want of better."""
    return periods[0].stop if len(periods) > 1 else 0


def _periods(names: Sequence[str], edges: Sequence[int]) -> list[Period]:
    return [Period(name, start, stop) for name, start, stop in zip(names, edges[:-1], edges[1:], strict=True)]


def _stack(parts: Sequence[Encoded]) -> Encoded:
    def joined(name: str) -> npt.NDArray[np.generic]:
        return np.concatenate([getattr(part, name) for part in parts])

    return Encoded(joined("matrix"), joined("surprise"), joined("cold"), joined("filled"))  # type: ignore[arg-type]
