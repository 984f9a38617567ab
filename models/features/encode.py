"""Events and a baseline become a matrix, and the surprise of each field in bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.features.baseline import Generation
from models.features.hashing import Codes
from models.features.level import CategoryLevel, NumberLevel
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

    rows: (t,), ascending; codes: (t,); bits: per level, -log2 q, float64 (t,), NaN where the owner is cold;
    excess: the largest over the levels beyond the clip, float64 (t,).
    """

    rows: Ints
    codes: Codes
    bits: dict[str, Floats]
    excess: Floats


def encode(values: Values, spec: FeatureSpec, generation: Generation) -> Encoded:
    """Encode events against a baseline that must not hold them. The context column is left missing."""
    matrix = np.full((values.count, len(spec.columns())), np.nan, np.float32)
    surprise = np.zeros((values.count, len(spec.fields)))
    filled = np.zeros(values.count)
    warm = warm_rows(values, generation)
    start = 0
    for number, field in enumerate(spec.fields):
        observed = observe(values, spec, generation, field, warm)
        for level in spec.levels(field):
            block = _columns(values, field, level, observed, generation)
            if level:
                block[~warm[level]] = np.nan
            matrix[:, start : start + block.shape[1]] = block
            start += block.shape[1]
        surprise[:, number] = np.bincount(observed.rows, observed.excess, values.count)
        filled[observed.rows] += 0 if field.kind == "multivalue" else 1
        if field.kind == "multivalue":
            filled[np.unique(observed.rows)] += 1
    cold = ~np.any([*warm.values()], axis=0) if warm else np.zeros(values.count, np.bool_)
    return Encoded(matrix, surprise, cold, filled / max(len(spec.fields), 1))


def warm_rows(values: Values, generation: Generation) -> dict[str, npt.NDArray[np.bool_]]:
    """Per entity level, whether each row's owner has history, bool (n,)."""
    return {entity: generation.is_warm(entity, owners) for entity, owners in values.entities.items()}


def observe(
    values: Values,
    spec: FeatureSpec,
    generation: Generation,
    field: Field,
    warm: dict[str, npt.NDArray[np.bool_]],
) -> Observed:
    """Every observation of a field at every level. The excess is the maximum over the levels: strange for everyone
    or strange for its owner, since the owner's level alone forgives what attacks on others taught."""
    rows, codes = observations(values, field)
    clip = NUMBER_CLIP_BITS if field.kind == "number" else CATEGORY_CLIP_BITS
    bits: dict[str, Floats] = {}
    above: Floats | None = None
    excess = np.zeros(len(rows))
    for level in spec.levels(field):
        history = generation.levels[level, field.name]
        share = history.share(owners_of(values, level)[rows], codes, above)
        found = -np.log2(share)
        if level == EVERYONE:
            above = share
        else:
            found = np.where(warm[level][rows], found, np.nan)
        bits[level] = found
        excess = np.fmax(excess, found - clip)
    return Observed(rows, codes, bits, excess)


def _columns(
    values: Values, field: Field, level: str, observed: Observed, generation: Generation
) -> npt.NDArray[np.float32]:
    history = generation.levels[level, field.name]
    if isinstance(history, NumberLevel):
        return _number_columns(values, field, level, observed, history)
    assert isinstance(history, CategoryLevel)
    owners = owners_of(values, level)[observed.rows]
    new = history.seen(owners, observed.codes) == 0
    bits = observed.bits[level]
    if field.kind == "multivalue":
        return _multivalue_columns(values.count, observed.rows, bits, new, with_count=not level)
    block = np.full((values.count, 2), np.nan, np.float32)
    block[observed.rows, 0] = bits
    block[observed.rows, 1] = new
    return block


def _number_columns(
    values: Values, field: Field, level: str, observed: Observed, history: NumberLevel
) -> npt.NDArray[np.float32]:
    numbers = values.numbers[field.name][observed.rows]
    block = np.full((values.count, 2), np.nan, np.float32)
    block[observed.rows, 0] = observed.bits[level]
    buckets = np.sign(numbers) * log_scale(np.abs(numbers))
    block[observed.rows, 1] = history.z(owners_of(values, level)[observed.rows], buckets)
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
