"""Canaries: made-up attacks on some entities that the model as it was fitted catches, and that every later generation
must still catch.

They are drawn from the frozen reference alone, in codes: for an entity, its most usual row, and in one field, in two or
in those of a known story something else: a value that others show and it never did, a value that nobody has, a number
far beyond its own past, its quietest hour. The same reference gives the same canaries, so nothing has to be kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from models.detectors.base import Floats
from models.features.baseline import Generation
from models.features.hashing import MISSING, Coded, Codes, code_of, pair, unpaired
from models.features.hours import HOURS_A_DAY, HOURS_A_WEEK
from models.features.level import CategoryLevel, NumberLevel
from models.features.spec import EVERYONE, FeatureSpec, Field
from models.features.values import BUCKETS_PER_OCTAVE, SEVERAL, Tokens, Values
from models.guard import WHOLE_KINDS, scores_alone
from models.scoring import Model

ENTITIES = 200
"""Entities that have canaries, at most: drawn by a fixed seed."""
MOST_FIELDS = 8
"""Fields that are changed two at a time."""
MOST_VALUES = 2048
"""Of a field with more values, those shown most often."""
SEED = 28
TOLERATED = 0.02
"""By how much the share of canaries that are caught may fall; also the share of entities, and one in any case, that may
go silent."""
CHANCE = 2.0
"""A fall counts beyond so many standard deviations of what changes to and fro (McNemar, 1947)."""
SILENT = 0.5
"""The share of its caught canaries without which an entity has gone silent."""
LEAST_CAUGHT = 8
"""Canaries of an entity that the reference must catch, for their going quiet to tell something of the entity."""
OCTAVES_BEYOND = 4
MOST_OCTAVES = 1000.0
"""No number has so many."""
MEDIUM = 1
"""The place of medium among the thresholds."""

Change = Mapping[str, str]
"""What is changed: per field `foreign`, `unknown` or `large`; of an hour, both others are the quietest."""
STORIES: Mapping[str, Change] = {
    "stolen credentials": {"src": "unknown", "src_country": "foreign", "failures_10m": "large", "dests_1h": "large"},
    "insider download": {"src": "unknown", "dest": "foreign", "_time": "foreign", "bytes_1h": "large"},
    "password spray": {"src": "unknown", "src_country": "foreign", "app": "foreign", "users_per_src_10m": "large"},
}
"""The simulator's attacks on sign-ins; played where a model has three of their fields."""
LEAST_OF_STORY = 3


@dataclass(frozen=True)
class Canaries:
    """values: one row each; owners: the place of each one's entity among those drawn, (n,); changed: which of `changes`
    each one is, (n,)."""

    values: Values
    owners: npt.NDArray[np.int64]
    changed: npt.NDArray[np.int64]
    changes: Sequence[Change]


@dataclass(frozen=True)
class Heard:
    """drawn: how many canaries there are; before and after: how many of them the reference and the new generation
    catch; quiet: how many only the reference does; entities: that have enough of them to be told by, and silent: of
    how many of these at least half of what the reference catches went quiet; fields: what changed in most of the
    quiet ones."""

    drawn: int
    before: int
    after: int
    quiet: int
    entities: int
    silent: int
    fields: tuple[str, ...]

    @property
    def lost_share(self) -> float:
        """By how much the share that is caught fell, -1 to 1."""
        return (self.before - self.after) / max(self.drawn, 1)

    @property
    def safe(self) -> bool:
        chance = CHANCE * np.sqrt(2 * self.quiet + self.after - self.before)
        fell = self.lost_share > TOLERATED and self.before - self.after > chance
        return not fell and self.silent <= max(TOLERATED * self.entities, 1.0)


def listen(reference: Model, generation: Generation, nthread: int = 1) -> Heard:
    """Whether the canaries that the reference catches are still caught with another generation."""
    canaries = drawn_from(reference)
    if canaries is None:
        return Heard(0, 0, 0, 0, 0, 0, ())
    threshold = reference.trained.thresholds[MEDIUM]
    before = scores_alone(canaries.values, reference, nthread) >= threshold
    after = scores_alone(canaries.values, replace(reference, generation=generation), nthread) >= threshold
    quiet = before & ~after
    of_each, lost = (np.bincount(canaries.owners[rows], minlength=ENTITIES) for rows in (before, quiet))
    told = of_each >= LEAST_CAUGHT
    silent = told & (lost >= SILENT * of_each)
    counts = (
        canaries.values.count,
        int(before.sum()),
        int(after.sum()),
        int(quiet.sum()),
        int(told.sum()),
        int(silent.sum()),
    )
    return Heard(*counts, _told(canaries, quiet))


def drawn_from(reference: Model) -> Canaries | None:
    """The canaries of a model; None where it has no entity whose past says anything, or no field to change."""
    spec, generation = reference.trained.spec, reference.generation
    fields = [field for field in spec.fields if _usable(field, spec, generation)]
    owners = _owners(spec, generation)
    if not len(owners) or not fields:
        return None
    changes = list(_changes(fields))
    place = np.repeat(np.arange(len(owners)), len(changes))
    changed = np.tile(np.arange(len(changes)), len(owners))
    tokens, numbers = {}, {}
    for field in fields:
        how = np.array([change.get(field.name, "") for change in changes])[changed]
        if field.kind == "number":
            numbers[field.name] = _numbers(field, spec, generation, owners)[(how == "large").astype(np.int64), place]
        else:
            tokens[field.name] = _tokens(_codes(field, spec, generation, owners), how, place)
    values = _values(spec, tokens, numbers, owners[place])
    return Canaries(values, place, changed, changes)


def _usable(field: Field, spec: FeatureSpec, generation: Generation) -> bool:
    """Whether a field can be made up: it has one value a row, and the main entity has a past in it."""
    return field.kind not in (*WHOLE_KINDS, *SEVERAL) and bool(spec.entities) and spec.entities[0] in spec.levels(field)


def _owners(spec: FeatureSpec, generation: Generation) -> Codes:
    """The codes of the entities that have canaries: of the main entity field, with enough rows."""
    if not spec.entities:
        return np.zeros(0, np.uint64)
    main = spec.entities[0]
    warm = generation.rosters[main][generation.warm[main]]
    chosen = np.random.default_rng(SEED).permutation(len(warm))[:ENTITIES]
    return warm[np.sort(chosen)]


def _changes(fields: Sequence[Field]) -> Iterable[Change]:
    """One field, two, and the stories."""
    usual = {field.name: "large" if field.kind == "number" else "foreign" for field in fields}
    yield from ({name: how} for name, how in usual.items())
    yield from ({field.name: "unknown"} for field in fields if field.kind == "category")
    yield from ({name: usual[name] for name in two} for two in combinations(list(usual)[:MOST_FIELDS], 2))
    for story in STORIES.values():
        known = {name: how for name, how in story.items() if name in usual}
        if len(known) >= LEAST_OF_STORY:
            yield known


def _numbers(field: Field, spec: FeatureSpec, generation: Generation, owners: Codes) -> Floats:
    """Of each owner the median of a number, and what is far beyond its own past and its median, (2, owners)."""
    level = cast(NumberLevel, generation.levels[spec.entities[0], field.name])
    at = generation.standing(spec.entities[0], owners).at
    median = np.maximum(level.median[at], 0.0)
    wide = median + 4.0 * level.spread[at] + OCTAVES_BEYOND * BUCKETS_PER_OCTAVE
    octaves = np.minimum(np.stack([median, wide]) / BUCKETS_PER_OCTAVE, MOST_OCTAVES)
    found: Floats = 2.0**octaves - 1.0
    return found


def _codes(field: Field, spec: FeatureSpec, generation: Generation, owners: Codes) -> Codes:
    """Of each owner the usual value of a field, one that others show and it never did (of an hour: its quietest), and
    one that nobody has, (3, owners); 0 where there is none."""
    known = _known(field, generation)
    if not len(known):
        return np.zeros((3, len(owners)), np.uint64)
    main = spec.entities[0]
    at = np.repeat(generation.standing(main, owners).at, len(known))
    asked = np.tile(known, len(owners))
    level = generation.levels[main, field.name]
    seen = level.look(at, np.repeat(owners, len(known)), asked, np.ones(len(asked))).seen.reshape(len(owners), -1)
    lot = pair(np.repeat(owners, len(known)), asked).reshape(seen.shape)  # which of several is as good as any
    foreign = np.where(seen == seen.min(axis=1, keepdims=True), lot, np.uint64(2**64 - 1)).argmin(axis=1)
    usual = np.where(seen.max(axis=1) > 0, known[seen.argmax(axis=1)], MISSING)
    nobody = pair(owners, np.full(len(owners), code_of(f"nobody's {field.name}"), np.uint64))
    hour = field.kind in ("hour", "week_hour", "band")
    return np.stack([usual, known[foreign], known[foreign] if hour else nobody])


def _known(field: Field, generation: Generation) -> Codes:
    """The values of a field that anybody has shown, those shown most often first."""
    if field.kind == "hour":
        return np.arange(1, HOURS_A_DAY + 1, dtype=np.uint64)
    if field.kind == "week_hour":
        return np.arange(1, HOURS_A_WEEK + 1, dtype=np.uint64)
    level = cast(CategoryLevel, generation.levels[EVERYONE, field.name])
    most = np.lexsort((level.keys, -level.count))[:MOST_VALUES]
    return unpaired(np.uint64(0), level.keys[most])


def _tokens(codes: Codes, how: npt.NDArray[np.str_], place: npt.NDArray[np.int64]) -> Tokens:
    chosen = codes[np.select([how == "foreign", how == "unknown"], [1, 2], 0), place]
    rows = np.flatnonzero(chosen != MISSING)
    return Tokens(rows, _coded(chosen[rows]))


def _values(spec: FeatureSpec, tokens: Mapping[str, Tokens], numbers: Mapping[str, Floats], owners: Codes) -> Values:
    """The rows; what is not made up is missing. Their time is the beginning of the epoch: nothing is around them."""
    count, nothing = len(owners), np.zeros(len(owners), np.uint64)
    none = Tokens(np.zeros(0, np.int64), _coded(np.zeros(0, np.uint64)), np.zeros(0, np.int64))
    others = {f.name: none for f in spec.fields if f.kind != "number"}
    missing = {f.name: np.full(count, np.nan) for f in spec.fields if f.kind == "number"}
    groups = [peers.level for peers in spec.peers if peers.field]
    of = {name: _coded(nothing) for name in [*spec.entities, *groups]} | {spec.entities[0]: _coded(owners)}
    time = None if spec.time is None else np.zeros(count)
    return Values(count, others | dict(tokens), missing | dict(numbers), of, time, nothing)


def _coded(codes: Codes) -> Coded:
    """Codes as a column, their texts unknown."""
    distinct, at = np.unique(codes, return_inverse=True)
    return Coded(pl.Series([""]).new_from_index(0, len(distinct)), distinct, at.astype(np.uint32))


def _told(drawn: Canaries, quiet: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    """The fields that changed in most of the quiet canaries, at most three."""
    counts = np.bincount(drawn.changed[quiet], minlength=len(drawn.changes))
    fields: dict[str, int] = {}
    for change, count in zip(drawn.changes, counts.tolist(), strict=True):
        for name in change:
            fields[name] = fields.get(name, 0) + count
    return tuple(name for name, count in sorted(fields.items(), key=lambda one: -one[1])[:3] if count)
