"""What may teach a baseline: asked only of a frozen reference, never of the baseline that is being taught.

So what a row teaches depends on the row, the reference and the options alone; that another row was learned or forgotten
changes nothing about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import md5

import numpy as np

from models.detectors.base import Floats
from models.features.encode import Encoded, encode, examine
from models.features.hashing import MISSING, pair
from models.features.partition import Mask, cells_of, observations
from models.features.spec import FeatureSpec
from models.features.values import DAY_S, Tokens, Values
from models.risk import SEVERITIES
from models.scoring import Model
from models.thresholds import ALERT
from models.trained import inputs_alone

BLOCK_ROWS = 1 << 16
"""Rows scored at once: what the scoring needs does not grow with the day."""

HASHED = "md5:"
"""Before the MD5 (hex) of an entity's name: a name may hold what a search would read as its own."""

WHOLE_KINDS = ("sequence", "ngrams")
"""Kinds of fields whose values are weighed together: one of them says little, and none is left out."""


@dataclass(frozen=True)
class Guard:
    """below: the score that a row must not reach to teach; bits: the surprise, beyond its field's clip, that a value
    must not reach to be taught with its row; alarm: the score at which nothing of that cell's day teaches, None for
    the model's threshold of high; withhold: entities whose rows do not teach, in any of the entity fields, such as
    those with an open incident: names, or HASHED and the MD5 of one."""

    below: float = 0.5
    withhold: tuple[str, ...] = ()
    bits: float = 6.0
    alarm: float | None = None


@dataclass(frozen=True)
class Verdict:
    """teaches: which rows do, bool (n,); values: the rows without the values that do not; withheld: how many rows do
    not, by the reason, each row under the first that applies; and under `values`, how many values of rows that do."""

    teaches: Mask
    values: Values
    withheld: Mapping[str, int]


@dataclass(frozen=True)
class Judged:
    """What the reference says of each row by itself. scores: float64 (n,); novel: per field, which of its observations
    are too surprising to be taught, bool (t,)."""

    scores: Floats
    novel: Mapping[str, Mask]


def teaches(values: Values, reference: Model, guard: Guard, nthread: int = 1) -> Verdict:
    """Which rows may teach, and which of their values. reference: a bundle with the generation it was fitted with."""
    spec = reference.trained.spec
    judged = _judged(values, reference, guard, nthread)
    reasons = {
        "entity": _withheld(values, spec, guard),
        "strange": judged.scores >= guard.below,
        "alarmed": _alarmed(values, spec, judged.scores >= _alarm(guard, reference)),
    }
    free = np.ones(values.count, np.bool_)
    counts: dict[str, int] = {}
    for name, reason in reasons.items():
        counts[name] = int((free & reason).sum())
        free &= ~reason
    shown = {field.name: observations(values, field)[0] for field in spec.fields if field.name in judged.novel}
    counts["values"] = sum(int((free[rows] & judged.novel[name]).sum()) for name, rows in shown.items())
    return Verdict(free, _without(values, judged.novel), counts)


def _alarm(guard: Guard, reference: Model) -> float:
    """The score that is an alarm; out of reach where nothing was said and rows that are high may teach anyhow."""
    high = reference.trained.thresholds[SEVERITIES.index(ALERT) - 1]
    if guard.alarm is None:
        return high if guard.below <= high else np.inf
    return guard.alarm


def _judged(values: Values, model: Model, guard: Guard, nthread: int) -> Judged:
    spec, fields = model.trained.spec, [field for field in model.trained.spec.fields if field.kind not in WHOLE_KINDS]
    scores, novel = np.zeros(values.count), {field.name: [np.zeros(0, np.bool_)] for field in fields}
    for start in range(0, values.count, BLOCK_ROWS):
        block = values.slice(start, min(start + BLOCK_ROWS, values.count))
        encoded, facts = examine(block, spec, model.generation)
        scores[start : start + block.count] = _scores(encoded, block, model, nthread)
        for field, found in zip(spec.fields, facts, strict=True):
            if field.name in novel:
                novel[field.name].append(found.excess >= guard.bits)
    return Judged(scores, {name: np.concatenate(found) for name, found in novel.items()})


def _alarmed(values: Values, spec: FeatureSpec, high: Mask) -> Mask:
    """The rows of a cell on a UTC day on which one of its rows was high. By cell, not by entity: who forgets an entity
    drops whole cells, so that what others taught does not hang on what is gone. Rows without an entity have none."""
    if values.time is None or not spec.entities:
        return np.zeros(values.count, np.bool_)
    day = np.floor(values.time / DAY_S).astype(np.int64).astype(np.uint64)
    owned = np.any([values.entities[entity] != MISSING for entity in spec.entities], axis=0)
    own_day = pair(cells_of(values, spec), day)
    return np.asarray(owned & np.isin(own_day, own_day[high & owned]))


def _without(values: Values, novel: Mapping[str, Mask]) -> Values:
    """The rows without some of the observations of their fields."""
    tokens, numbers = dict(values.tokens), dict(values.numbers)
    for name, gone in novel.items():
        if not gone.any():
            continue
        if name in numbers:
            numbers[name] = numbers[name].copy()
            numbers[name][np.flatnonzero(~np.isnan(numbers[name]))[gone]] = np.nan
        else:
            kept = np.flatnonzero(~gone)
            tokens[name] = Tokens(tokens[name].rows[kept], tokens[name].values.take(kept))
    return replace(values, tokens=tokens, numbers=numbers)


def scores_alone(values: Values, model: Model, nthread: int = 1) -> Floats:
    """The score of each row as if there were no other: nothing of its surroundings enters, float64 (n,)."""
    spec = model.trained.spec
    found = np.zeros(values.count)
    for start in range(0, values.count, BLOCK_ROWS):
        block = values.slice(start, min(start + BLOCK_ROWS, values.count))
        found[start : start + block.count] = _scores(encode(block, spec, model.generation), block, model, nthread)
    return found


def _scores(encoded: Encoded, block: Values, model: Model, nthread: int) -> Floats:
    trained = model.trained
    inputs = inputs_alone(encoded, block, trained.spec, trained.own)
    return trained.scale.score(trained.margin.score(trained.voices(inputs, nthread)))


def _withheld(values: Values, spec: FeatureSpec, guard: Guard) -> Mask:
    """The rows of entities that are named, bool (n,), also where the name stands on a line beside others. A group of
    peers is none: its members are not meant with it."""
    names = frozenset(guard.withhold)
    hashes = frozenset(name.removeprefix(HASHED).lower() for name in names if name.startswith(HASHED))
    found = np.zeros(values.count, np.bool_)
    for entity in spec.entities if names else ():
        owner = values.owners[entity]
        named = np.array([_is_named(text, names, hashes) for text in owner.texts.to_list()], np.bool_)
        found |= named[owner.at]
    return found


def _is_named(text: str, names: frozenset[str], hashes: frozenset[str]) -> bool:
    parts = {text, *text.split("\n")}
    return not names.isdisjoint(parts) or bool(hashes) and not hashes.isdisjoint(map(_hash, parts))


def _hash(name: str) -> str:
    return md5(name.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
