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
from models.features.values import Values

DAY_S = 86_400
MIN_DAYS = 3
BLOCKS = 10
FOLDS = 5


@dataclass(frozen=True)
class Period:
    """A stretch of rows that is learned as one: a UTC day, a block of rows, or a fold."""

    name: str
    start: int
    stop: int


@dataclass(frozen=True)
class Past:
    """The history encoded: trains is False on the warm-up rows, which had no baseline; partitions by period name."""

    encoded: Encoded
    trains: Mask
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
    progress: Callable[[float], None] = lambda share: None,
) -> Past:
    """Learn and encode all periods. values: rows ascending in time (in any fixed random order without a clock);
    teaches: bool (n,), rows that may enter a baseline."""
    periods = periods_of(values)
    slices = [values.slice(p.start, p.stop) for p in periods]
    learned = [learn(part, spec, teaches[p.start : p.stop]) for part, p in zip(slices, periods, strict=True)]
    encoded = []
    for number, part in enumerate(slices):
        others = learned[:number] if values.time is not None else learned[:number] + learned[number + 1 :]
        base = Partition.merge(others) if others else learn(part, spec, np.zeros(part.count, np.bool_))
        encoded.append(encode(part, spec, Generation.publish(base, spec, len(others))))
        progress((number + 1) / len(periods))
    trains = np.ones(values.count, np.bool_)
    if values.time is not None:
        trains[: warm_up_rows(periods)] = False
    partitions = {p.name: part for p, part in zip(periods, learned, strict=True)}
    return Past(_stack(encoded), trains, partitions, publish(partitions, spec))


def warm_up_rows(periods: Sequence[Period]) -> int:
    """The rows of the first period train nothing; a single period trains all, for want of better."""
    return periods[0].stop if len(periods) > 1 else 0


def publish(partitions: dict[str, Partition], spec: FeatureSpec) -> Generation:
    """The generation of all learned periods."""
    return Generation.publish(Partition.merge(partitions.values()), spec, len(partitions))


def _periods(names: Sequence[str], edges: Sequence[int]) -> list[Period]:
    return [Period(name, start, stop) for name, start, stop in zip(names, edges[:-1], edges[1:], strict=True)]


def _stack(parts: Sequence[Encoded]) -> Encoded:
    def joined(name: str) -> npt.NDArray[np.generic]:
        return np.concatenate([getattr(part, name) for part in parts])

    return Encoded(joined("matrix"), joined("surprise"), joined("cold"), joined("filled"))  # type: ignore[arg-type]
