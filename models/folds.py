"""Out-of-fold predictions, ordered in time and grouped by entity.

A row is predicted by a model that saw neither its stretch of time nor its half of the entities: neighbours in time are
often the same attack, and one entity's habits are often the whole of a label. Random folds would let both leak.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from models.detectors.base import Floats
from models.features.hashing import Codes

Mask = npt.NDArray[np.bool_]

TIME_BLOCKS = 4
ENTITY_GROUPS = 2


def time_blocks(count: int, blocks: int = TIME_BLOCKS) -> npt.NDArray[np.int64]:
    """The stretch each row belongs to, (n,), rows being ascending in time.

    >>> time_blocks(8, 4).tolist()
    [0, 0, 1, 1, 2, 2, 3, 3]
    """
    return np.arange(count) * blocks // max(count, 1)


def entity_groups(owners: Codes | None, count: int) -> npt.NDArray[np.int64]:
    """The group of each row's entity, (n,); all in one where there is no entity, or only one."""
    if owners is None or len(np.unique(owners)) < ENTITY_GROUPS:
        return np.zeros(count, np.int64)
    return (owners >> np.uint64(17)).astype(np.int64) % ENTITY_GROUPS


def folds(count: int, owners: Codes | None) -> Iterator[tuple[Mask, Mask]]:
    """(train, test) masks over rows ascending in time; every row is tested once."""
    blocks, groups = time_blocks(count), entity_groups(owners, count)
    several = groups.max(initial=0) > 0
    for block in range(TIME_BLOCKS):
        for group in np.unique(groups):
            test = (blocks == block) & (groups == group)
            train = (blocks != block) & ((groups != group) if several else True)
            if test.any():
                yield train, test


def out_of_fold(
    labels: Mask,
    owners: Codes | None,
    fit_and_score: Callable[[Mask, Mask], Floats],
    progress: Callable[[float], None] = lambda share: None,
) -> Floats:
    """Predictions of rows by models that have not seen them, float64 (n,); NaN where a fold had nothing to learn."""
    found = np.full(len(labels), np.nan)
    tested = 0
    for train, test in folds(len(labels), owners):
        if labels[train].any() and not labels[train].all():
            found[test] = fit_and_score(train, test)
        tested += int(test.sum())
        progress(tested / len(labels))
    return found
