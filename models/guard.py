"""What may teach a baseline: asked only of a frozen reference, never of the baseline that is being taught.

So what a row teaches depends on the row, the reference and the options alone; that another row was learned or forgotten
changes nothing about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.detectors.base import Floats
from models.features.encode import encode
from models.features.hashing import code_of
from models.features.partition import Mask
from models.features.values import Values
from models.scoring import Model
from models.trained import inputs_alone

BLOCK_ROWS = 1 << 16
"""Rows scored at once: what the scoring needs does not grow with the day."""


@dataclass(frozen=True)
class Guard:
    """below: the score that a row must not reach to teach; withhold: entities whose rows do not teach, in any of the
    entity fields, such as those with an open incident."""

    below: float = 0.5
    withhold: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """teaches: bool (n,); withheld: how many rows do not, by the reason, each row under the first that applies."""

    teaches: Mask
    withheld: Mapping[str, int]


def teaches(values: Values, reference: Model, guard: Guard, nthread: int = 1) -> Verdict:
    """Which rows may teach. reference: a bundle with the generation it was fitted with."""
    reasons = {"entity": _withheld(values, guard), "strange": scores_alone(values, reference, nthread) >= guard.below}
    free = np.ones(values.count, np.bool_)
    counts: dict[str, int] = {}
    for name, reason in reasons.items():
        counts[name] = int((free & reason).sum())
        free &= ~reason
    return Verdict(free, counts)


def scores_alone(values: Values, model: Model, nthread: int = 1) -> Floats:
    """The score of each row as if there were no other: nothing of its surroundings enters, float64 (n,)."""
    trained, spec = model.trained, model.trained.spec
    found = np.zeros(values.count)
    for start in range(0, values.count, BLOCK_ROWS):
        block = values.slice(start, min(start + BLOCK_ROWS, values.count))
        inputs = inputs_alone(encode(block, spec, model.generation), block, spec, trained.own)
        found[start : start + block.count] = trained.scale.score(trained.margin.score(trained.voices(inputs, nthread)))
    return found


def _withheld(values: Values, guard: Guard) -> Mask:
    codes = np.array([code_of(name) for name in guard.withhold], np.uint64)
    found = np.zeros(values.count, np.bool_)
    for owners in values.entities.values():
        found |= np.isin(owners, codes)
    return found
