"""Events and a baseline become a matrix, and the surprise of each field in bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.features.baseline import Generation, Standing
from models.features.hashing import Codes
from models.features.level import NumberLevel
from models.features.partition import observations, owners_of
from models.features.spec import EVERYONE, FeatureSpec, Field
from models.features.values import Floats, Ints, Values, log_scale

CATEGORY_CLIP_BITS = 3.0
"""Surprise below this (one in eight) is everyday variety and counts for nothing."""
NUMBER_CLIP_BITS = 6.0
"""A size must be among the largest one in 64 to surprise."""


@dataclass(frozen=True)
class Encoded:
    """matrix: float32 (n, d), NaN where missing; surprise: bits beyond the clip, float64 (n, fields);

    cold: bool (n,), every entity of the row lacks history; filled: share of the fields present, float64 (n,).
    """

    matrix: npt.NDArray[np.float32]
    surprise: Floats
    cold: npt.NDArray[np.bool_]
    filled: Floats


@dataclass(frozen=True)
class Observed:
    """The observations of one field against every level: what columns, surprises and reasons are made of.

    rows: (t,), ascending; codes: (t,); bits: per level, -log2 q, float64 (t,), NaN where the owner is cold; seen: per
    level, how often the owner showed the value; excess: the largest bits over the levels beyond the clip, float64 (t,).
    """

    rows: Ints
    codes: Codes
    bits: dict[str, Floats]
    seen: dict[str, Floats]
    excess: Floats


Standings = Mapping[str, Standing]
"""Per level, where the owner of each row stands."""


def encode(values: Values, spec: FeatureSpec, generation: Generation) -> Encoded:
    """Encode events against a baseline that must not hold them. The context column is left missing."""
    matrix = np.full((values.count, len(spec.columns())), np.nan, np.float32)
    surprise = np.zeros((values.count, len(spec.fields)))
    filled = np.zeros(values.count)
    standings = standings_of(values, spec, generation)
    start = 0
    for number, field in enumerate(spec.fields):
        observed = observe(values, spec, generation, field, standings)
        for level in spec.levels(field):
            block = _columns(values, field, level, observed, generation, standings[level])
            block[~standings[level].warm] = np.nan
            matrix[:, start : start + block.shape[1]] = block
            start += block.shape[1]
        surprise[:, number] = np.bincount(observed.rows, observed.excess, values.count)
        filled += np.bincount(observed.rows, minlength=values.count) > 0
    warm = [standings[entity].warm for entity in spec.entities]
    cold = ~np.any(warm, axis=0) if warm else np.zeros(values.count, np.bool_)
    return Encoded(matrix, surprise, cold, filled / max(len(spec.fields), 1))


def standings_of(values: Values, spec: FeatureSpec, generation: Generation) -> Standings:
    """Where the owner of each row stands at every level."""
    return {level: generation.standing(level, owners_of(values, level)) for level in (EVERYONE, *spec.entities)}


def observe(values: Values, spec: FeatureSpec, generation: Generation, field: Field, standings: Standings) -> Observed:
    """Every observation of a field at every level. The excess is the maximum over the levels: strange for everyone
    or strange for its owner, since the owner's level alone forgives what attacks on others taught."""
    rows, codes = observations(values, field)
    clip = NUMBER_CLIP_BITS if field.kind == "number" else CATEGORY_CLIP_BITS
    observed = Observed(rows, codes, {}, {}, np.zeros(len(rows)))
    above: Floats | None = None
    for level in spec.levels(field):
        standing = standings[level]
        history = generation.levels[level, field.name]
        found = history.look(standing.at[rows], owners_of(values, level)[rows], codes, above)
        bits = np.where(standing.warm[rows], -np.log2(found.share), np.nan)
        above = found.share if level == EVERYONE else above
        observed.bits[level], observed.seen[level] = bits, found.seen
        np.fmax(observed.excess, bits - clip, out=observed.excess)
    return observed


def _columns(
    values: Values, field: Field, level: str, observed: Observed, generation: Generation, standing: Standing
) -> npt.NDArray[np.float32]:
    """The columns of one field at one level, float32 (n, columns), NaN where the row lacks the field."""
    bits, rows = observed.bits[level], observed.rows
    if field.kind == "multivalue":
        return _multivalue_columns(values.count, rows, bits, observed.seen[level] == 0, with_count=not level)
    block = np.full((values.count, 2), np.nan, np.float32)
    block[rows, 0] = bits
    history = generation.levels[level, field.name]
    if isinstance(history, NumberLevel):
        numbers = values.numbers[field.name][rows]
        block[rows, 1] = history.z(standing.at[rows], np.sign(numbers) * log_scale(np.abs(numbers)))
    else:
        block[rows, 1] = observed.seen[level] == 0
    return block


def _multivalue_columns(
    count: int, rows: Ints, bits: Floats, new: npt.NDArray[np.bool_], *, with_count: bool
) -> npt.NDArray[np.float32]:
    """Sum and maximum of the bits, the number of values (everyone's level only), the number never seen."""
    present = np.bincount(rows, minlength=count)
    bits = np.nan_to_num(bits)  # a cold owner's row becomes missing as a whole, later
    total = np.bincount(rows, bits, count)
    largest = np.full(count, -np.inf)
    np.maximum.at(largest, rows, bits)
    unseen = np.bincount(rows, new, count)
    parts = [total, largest, np.log1p(present), unseen] if with_count else [total, largest, unseen]
    block = np.stack(parts, axis=1).astype(np.float32)
    block[present == 0] = np.nan
    return block
