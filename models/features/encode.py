"""Events and a baseline become a matrix, the surprise of each field in bits, and what can be said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.features.baseline import Generation, Standing
from models.features.hashing import MISSING, Codes
from models.features.level import NumberLevel
from models.features.level_kernels import put_columns
from models.features.partition import observations, owners_of
from models.features.sequence import Histories, Shown, everyones_columns, owners_columns
from models.features.spec import EVERYONE, FeatureSpec, Field, Peers, column_names
from models.features.values import SEVERAL, Floats, Ints, Values, log_scale

MOST_TIMES = 2**32 - 1
"""What is shown more often is said to be shown this often."""
Matrix = npt.NDArray[np.float32]
LARGEST = float(np.finfo(np.float32).max)
"""What is larger is as large, where the matrix holds numbers as they are."""

CATEGORY_CLIP_BITS = 3.0
"""Surprise below this (one in eight) is everyday variety and counts for nothing."""
NUMBER_CLIP_BITS = 6.0
"""A size must be among the largest one in 64 to surprise."""
LEAST_LEAD_BITS = 1e-9
"""An entity's level speaks only where it is stranger than everyone's by more than rounding."""


@dataclass(frozen=True)
class Encoded:
    """matrix: float32 (n, d), NaN where missing; surprise: bits beyond the clip, float64 (n, fields);

    cold: bool (n,), every entity of the row lacks history; filled: share of the fields present, float64 (n,);
    groups: per level of peers, the place of each row's group, -1 where it has none, int64 (n,).
    """

    matrix: Matrix
    surprise: Floats
    cold: npt.NDArray[np.bool_]
    filled: Floats
    groups: Mapping[str, Ints]


@dataclass(frozen=True)
class Facts:
    """What reasons are made of: the observations of one field, each with the level at which it is strangest.

    rows: (t,), ascending; excess: bits beyond the clip at that level, at least 0, float64 (t,); speaker: the level,
    its place in FeatureSpec.all_levels, uint8 (t,); times: how often that level's owner showed the value (of a number:
    at least as much), uint32 (t,); peers: where an entity speaks, how many others its group has, and holders: how many
    of them showed the value, int64 (t,), 0 where it has none; None without peers.
    """

    rows: Ints
    excess: Floats
    speaker: npt.NDArray[np.uint8]
    times: npt.NDArray[np.uint32]
    peers: Ints | None = None
    holders: Ints | None = None


@dataclass(frozen=True)
class Look:
    """The observations of one field at one level, float64 (t,) each.

    bits: -log2 q, NaN where the owner is cold; share: q; seen: how often the owner showed the value.
    """

    bits: Floats
    share: Floats
    seen: Floats


def encode(values: Values, spec: FeatureSpec, generation: Generation) -> Encoded:
    """Encode events against a baseline that must not hold them. The context column is left missing."""
    return _encoded(Encoder.of(values, spec, generation), lambda field, facts: None)


def examine(values: Values, spec: FeatureSpec, generation: Generation) -> tuple[Encoded, tuple[Facts, ...]]:
    """As encode, and the facts of each field."""
    facts: list[Facts] = []
    encoder = Encoder.of(values, spec, generation)
    encoded = _encoded(encoder, lambda field, found: facts.append(encoder.with_peers(field, found)))
    return encoded, tuple(facts)


def _encoded(encoder: Encoder, note: Callable[[Field, Facts], None]) -> Encoded:
    values, spec = encoder.values, encoder.spec
    matrix = np.full((values.count, len(spec.columns())), np.nan, np.float32)
    surprise = np.zeros((values.count, len(spec.fields)))
    filled = np.zeros(values.count)
    start = 0
    for number, field in enumerate(spec.fields):
        facts = encoder.field(field, matrix, start)
        start += sum(len(column_names(field, level, plain=spec.plain)) for level in spec.levels(field))
        if field.kind != "sequence":  # the values of a sequence are weighed together (see features/own)
            surprise[:, number] = np.bincount(facts.rows, facts.excess, values.count)
        present = np.bincount(facts.rows, minlength=values.count)
        if field.kind == "ngrams":
            surprise[:, number] /= np.maximum(present, 1)
        filled += present > 0
        note(field, facts)
    warm = [encoder.standings[entity].warm for entity in spec.entities]
    cold = ~np.any(warm, axis=0) if warm else np.zeros(values.count, np.bool_)
    groups = {peers.level: encoder.standings[peers.level].at for peers in spec.peers}
    return Encoded(matrix, surprise, cold, filled / max(len(spec.fields), 1), groups)


@dataclass(frozen=True)
class Encoder:
    """What all fields of a table share. standings: per level, where the owner of each row stands."""

    values: Values
    spec: FeatureSpec
    generation: Generation
    standings: Mapping[str, Standing]

    @classmethod
    def of(cls, values: Values, spec: FeatureSpec, generation: Generation) -> Encoder:
        standings = {level: _standing(values, generation, level) for level in (EVERYONE, *spec.entities)}
        for peers in spec.peers:
            standings[peers.level] = generation.company(
                peers, values.entities.get(peers.level), standings[peers.entity]
            )
        return cls(values, spec, generation, standings)

    def field(self, field: Field, matrix: Matrix, start: int) -> Facts:
        """The facts of a field, whose columns of the matrix, from `start` on, are filled in level by level.

        The excess is the maximum over the levels: strange for everyone or for its owner, since the owner's level alone
        forgives what attacks on others taught it. Peers speak for an owner without a past of its own; else they are
        heard in the owner's share, which they smooth.
        """
        rows, codes = observations(self.values, field)
        everyone = self._everyone(field, codes)
        best = everyone.bits + LEAST_LEAD_BITS
        excess, times, speaker = everyone.bits, everyone.seen, np.zeros(len(rows), np.uint8)
        start = self._fill(matrix, start, field, EVERYONE, rows, everyone, everyone)
        shares, order = {EVERYONE: everyone.share}, self.spec.all_levels()
        for level in self.spec.levels(field)[1:]:
            look = self._owners(field, level, rows, codes, shares[self.spec.above(field, level)])
            if self.spec.peers:
                shares[level] = look.share
            said = look.bits if level in self.spec.entities else self._of_newcomers(level, rows, look.bits)
            stranger = said > best
            best, times = np.where(stranger, said, best), np.where(stranger, look.seen, times)
            speaker[stranger] = order.index(level)
            excess = np.fmax(excess, said)
            start = self._fill(matrix, start, field, level, rows, look, everyone)
        clip = NUMBER_CLIP_BITS if field.kind == "number" else CATEGORY_CLIP_BITS
        return Facts(rows, np.maximum(excess - clip, 0.0), speaker, np.minimum(times, MOST_TIMES).astype(np.uint32))

    def _everyone(self, field: Field, codes: Codes) -> Look:
        """Everyone's level knows one owner, so each distinct value is looked up once."""
        column = self.values.tokens[field.name].values if field.name in self.values.tokens else None
        once = column is not None and len(column.distinct) <= len(codes)
        asked = column.distinct if column and once else codes
        none = np.zeros(len(asked), np.int64)
        found = self.generation.levels[EVERYONE, field.name].look(none, none.astype(np.uint64), asked, None)
        look = Look(-np.log2(found.share), found.share, found.seen)
        return Look(look.bits[column.at], look.share[column.at], look.seen[column.at]) if column and once else look

    def _owners(self, field: Field, level: str, rows: Ints, codes: Codes, above: Floats) -> Look:
        """What the owners' own history says. above: the share at the level that smooths this one, (t,)."""
        standing, owners = self.standings[level], self._codes(level, rows)
        found = self.generation.levels[level, field.name].look(standing.at[rows], owners, codes, above)
        return Look(np.where(standing.warm[rows], -np.log2(found.share), np.nan), found.share, found.seen)

    def _of_newcomers(self, level: str, rows: Ints, bits: Floats) -> Floats:
        """What peers say of owners who have no past of their own, NaN for the others."""
        entity = next(peers.entity for peers in self.spec.peers if peers.level == level)
        return np.where(self.standings[entity].warm[rows], np.nan, bits)

    def _codes(self, level: str, rows: Ints) -> Codes:
        """The code of the owner of some rows: an entity as the row names it, a group as it is known."""
        if level in self.spec.entities:
            return self.values.entities[level][rows]
        at = self.standings[level].at[rows]
        return np.where(at >= 0, self.generation.rosters[level][at], MISSING)

    def with_peers(self, field: Field, facts: Facts) -> Facts:
        """The facts of a field with the number of peers who share them, where an entity speaks."""
        if not self.spec.peers:
            return facts
        codes = observations(self.values, field)[1]
        peers, holders = np.zeros(len(codes), np.int64), np.zeros(len(codes), np.int64)
        for group in self.spec.peers:
            if group.level in self.spec.levels(field):
                speaks = (facts.speaker == self.spec.all_levels().index(group.entity)) & (facts.excess > 0)
                told = np.flatnonzero(speaks & (self.standings[group.level].at[facts.rows] >= 0))
                rows, known = facts.rows[told], facts.times[told] > 0
                peers[told], holders[told] = self._company(field, group, rows, codes[told], known)
        return replace(facts, peers=peers, holders=holders)

    def _company(
        self, field: Field, peers: Peers, rows: Ints, codes: Codes, known: npt.NDArray[np.bool_]
    ) -> tuple[Ints, Ints]:
        """How many others the group of each row's owner has, and how many of them showed the value, (t,) each.

        known: whether the owner has shown it itself, which does not count.
        """
        at, groups = self.standings[peers.level].at[rows], self.generation.groups[peers.entity]
        member = groups.place(self.standings[peers.entity].at[rows]) == at
        history = self.generation.levels[peers.holders, field.name]
        seen = history.look(at, self._codes(peers.level, rows), codes, np.ones(len(codes))).seen.astype(np.int64)
        others = groups.members[at] - member
        return others, np.clip(seen - (member & known), 0, others)

    def _fill(
        self, matrix: Matrix, start: int, field: Field, level: str, rows: Ints, look: Look, everyone: Look
    ) -> int:
        """Fill in the columns of a field at one level from `start` on, where the row has the field and its owner is
        warm; returns where the next level's begin. everyone: what everyone's level said."""
        history, standing = self.generation.levels[level, field.name], self.standings[level]
        if field.kind in (*SEVERAL, "sequence"):
            columns = _ngram_columns if field.kind == "ngrams" else _multivalue_columns
            if field.kind == "sequence":
                block = self._sequence_columns(field, level, rows, look, everyone)
            else:
                block = columns(self.values.count, rows, look.bits, look.seen == 0, with_count=not level)
            block[~standing.warm] = np.nan
            width = len(column_names(field, level))
            matrix[:, start : start + width] = block
            return start + width
        if self.spec.plain:
            matrix[rows, start] = np.clip(self.values.numbers[field.name][rows], -LARGEST, LARGEST)
            return start + 1
        if isinstance(history, NumberLevel):
            numbers = self.values.numbers[field.name][rows]
            second = history.z(standing.at[rows], np.sign(numbers) * log_scale(np.abs(numbers)))
        else:
            second = (look.seen == 0).astype(np.float64)
        put_columns(matrix, start, rows, look.bits, second, standing.warm)
        return start + 2

    def _sequence_columns(self, field: Field, level: str, rows: Ints, look: Look, everyone: Look) -> Matrix:
        times = self.values.tokens[field.name].times
        shown = Shown(self.values.count, rows, np.ones(len(rows)) if times is None else times.astype(np.float64))
        if not level:
            return everyones_columns(shown, look.bits, look.seen)
        whole, own = self.generation.levels[EVERYONE, field.name], self.generation.levels[level, field.name]
        at = self.standings[level].at[rows]
        mine = Histories(look.seen, np.where(at >= 0, own.total[at], 0.0), own.distinct[at].astype(np.float64))
        return owners_columns(
            shown,
            mine,
            Histories(everyone.seen, *(each[:1].astype(np.float64) for each in (whole.total, whole.distinct))),
        )


def _standing(values: Values, generation: Generation, level: str) -> Standing:
    """Where the owner of each row stands at a level: each distinct owner is looked up once."""
    owners = values.owners.get(level)
    if owners is None or len(owners.distinct) > len(owners.at):
        return generation.standing(level, owners_of(values, level))
    distinct = generation.standing(level, owners.distinct)
    return Standing(distinct.at[owners.at], distinct.warm[owners.at])


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


def _ngram_columns(
    count: int, rows: Ints, bits: Floats, new: npt.NDArray[np.bool_], **_: bool
) -> npt.NDArray[np.float32]:
    """Mean of the bits, and the share of the values never seen."""
    present = np.bincount(rows, minlength=count)
    totals = np.stack([np.bincount(rows, each, count) for each in (np.nan_to_num(bits), new)], axis=1)
    block = (totals / np.maximum(present, 1)[:, None]).astype(np.float32)
    block[present == 0] = np.nan
    return block
