"""What an analyst reads: the fact behind a contribution, said of the value, its owner and its past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from models.features.encode import Facts
from models.features.hashing import MISSING
from models.features.spec import PEERS, FeatureSpec, Peers
from models.features.values import Values
from models.texts import Floats, Ints, Pool, whole

MAX_VALUE_LETTERS = 64
MAX_VALUES = 3
UNSHOWN = "".join(
    chr(point)
    for first, last in (
        (0x00, 0x1F),
        (0x7F, 0x9F),
        (0x200E, 0x200F),
        (0x2028, 0x202E),
        (0x2066, 0x2069),
        (0x61C, 0x61C),
    )
    for point in range(first, last + 1)
)
"""Controls of a terminal, ends of lines, and marks that turn the order of letters: who made up a name must not write
with them what an analyst reads."""
LEAST_AROUND_BITS = 1.0
"""Fewer bits around a row are a quiet moment."""
PARTS = 6
"""The parts of a sentence: field, value, verb, how often, `x`, whose past."""
TOLD = 2
"""Where what is told of a value begins among them."""
PEER_PARTS = 6
"""What is added where there are peers: `, `, `under `, how many in a hundred, `% of `, how many, which peers. Where the
peers speak, the first is which they are."""
NOBODY: Mapping[str, tuple[pl.Series, Ints]] = {}
PHRASES = (
    "",
    "; ",
    " (+",
    " in this combination",
    ", ",
    "x",
    " seen ",
    " never seen",
    " reached ",
    " never reached",
    "no time, so that what happened around this row is unknown",
    " bits of surprise in what else happened around this time",
    " bit of surprise in what else happened around this time",
    "under ",
    "% of ",
    "none of ",
    *(f".{tenth})" for tenth in range(10)),
)
EMPTY, NEXT, AMOUNT, USUAL, AND, X, SEEN, NEVER_SEEN, REACHED, NEVER_REACHED, *_ = range(len(PHRASES))
NO_TIME, AROUND, AROUND_ONE, UNDER, OF, NONE_OF, TENTH, *_ = range(NEVER_REACHED + 1, len(PHRASES))
"""The numbers of these texts, the first of every glossary; TENTH is that of `.0)`, and the others follow."""


class Glossary:
    """Texts as they are collected: each gets the next number, after those of PHRASES."""

    def __init__(self) -> None:
        self._columns: list[tuple[str, pl.Series, str]] = []
        self.count = len(PHRASES)

    def add(self, texts: pl.Series, before: str = "", after: str = "") -> int:
        """The number of the first of these texts, which may be anything; before and after: what goes around each."""
        self._columns.append((before, texts, after))
        self.count += len(texts)
        return self.count - len(texts)

    def pool(self, numbers: Floats) -> Pool:
        """All of them, as they may stand in a reason, and numbers."""
        clean = plain(pl.concat([texts for _, texts, _ in self._columns]))
        found, start = [pl.Series(PHRASES)], 0
        for before, texts, after in self._columns:
            part = clean.slice(start, len(texts))
            found.append(before + part + after if before or after else part)
            start += len(texts)
        return Pool.of(pl.concat(found), numbers, ",.6g")


@dataclass(frozen=True)
class Topic:
    """One field with its facts, and the numbers of its texts.

    starts: where each row's facts begin, (n + 1,), or None where each row has one; order: the facts, the strangest of
    each row first, (t,), or None where no row has several; verb: what is said of a value shown before, followed
    by what is said of one never shown; usual: of one strange in combination only; value: the text of the first value;
    at: how far from it that of each fact is, (t,), or None where that is the fact's place.
    """

    facts: Facts
    starts: Ints | None
    order: Ints | None
    name: int
    missing: int
    verb: int
    usual: int
    value: int
    at: npt.NDArray[np.uint32] | None

    @property
    def most(self) -> int:
        """How many facts a sentence may hold."""
        return 1 if self.order is None else MAX_VALUES

    def place(self, rows: Ints, rank: int) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """Where the fact of this rank (0: the strangest) of each row stands, and whether there is one; (k,) each."""
        if self.starts is None:
            return rows, np.ones(len(rows), np.bool_)
        at = self.starts[rows] + rank
        known = at < self.starts[rows + 1]
        at = np.where(known, at, 0)
        return (at if self.order is None else self.order[at]), known

    def texts(self, facts: Ints) -> Ints:
        """The texts of the values of some facts."""
        return self.value + (facts if self.at is None else self.at[facts].astype(np.int64))


@dataclass(frozen=True)
class Names:
    """The texts that name a group, at the level of the peers what follows them, at the entity's what follows their
    number.

    first, stop: the numbers of those with a name; nameless: that of the one without; of_rows: which each row has, (n,).
    """

    first: int
    stop: int
    nameless: int
    of_rows: Ints


class Witness:
    """Says what is strange about the rows of a table, in numbers of the texts of `pool` (see texts.Pool.lines)."""

    def __init__(
        self,
        values: Values,
        facts: Sequence[Facts],
        spec: FeatureSpec,
        span: str,
        around: Floats | None,
        groups: Mapping[str, tuple[pl.Series, Ints]] = NOBODY,
    ) -> None:
        """span: how much past there is, in words; around: bits around each row, (n,), or None without a context;
        groups: per level of peers, names of groups and which of them each row has (see Generation.called)."""
        self._around = np.full(values.count, np.nan) if around is None else around
        glossary = Glossary()
        labels = pl.Series([field.label for field in spec.fields])
        name, missing = glossary.add(labels, after="="), glossary.add(labels, after=" is missing")
        self._whose = _whose(values, spec, span, glossary)
        self._groups = [_groups(peers, span, groups, glossary) for peers in spec.peers]
        self._which = _which(values, spec, self._groups) if spec.peers else None
        self._by_peers = np.array(
            [level.startswith(PEERS) and level not in spec.entities for level in spec.all_levels()]
        )
        self._parts = PARTS + (PEER_PARTS if spec.peers else 0)
        vocabularies = {field: glossary.add(tokens.values.texts) for field, tokens in values.tokens.items()}
        units = {field.unit: _with_unit(field.unit, glossary) for field in spec.fields if field.unit}
        numbers: list[Floats] = [np.zeros(0)]
        count = glossary.count
        self._topics = []
        for at, (field, found) in enumerate(zip(spec.fields, facts, strict=True)):
            starts, order = _by_row(found, values.count)
            if field.kind == "number":
                numbers.append(values.numbers[field.name][found.rows])
                verbs = units.get(field.unit, (REACHED, USUAL))
                self._topics.append(Topic(found, starts, order, name + at, missing + at, *verbs, count, None))
                count += len(found.rows)
            else:
                first, place = vocabularies[field.name], values.tokens[field.name].values.at
                self._topics.append(Topic(found, starts, order, name + at, missing + at, SEEN, USUAL, first, place))
        self.pool = glossary.pool(np.concatenate(numbers))
        self.width = max(topic.most for topic in self._topics) * (self._parts + 1) - 1

    @property
    def context(self) -> int:
        """The place of what stands around a row among the sources, which is the last, if it is there."""
        return len(self._topics)

    def quiet(self, rows: Ints) -> npt.NDArray[np.bool_]:
        """Whether next to nothing stands around each of k rows, which is no reason to find it strange, (k,)."""
        return self._around[rows] < LEAST_AROUND_BITS

    def say(self, source: int, rows: Ints) -> Ints:
        """The facts behind the contributions of one source to k rows, int64 (k, parts).

        source: its place in FeatureSpec.sources(). Values of which the same is told, one after the other, share it:
        `tag=a, b never seen`.
        """
        if source == self.context:
            return self._moment(rows)
        topic = self._topics[source]
        if not len(topic.facts.rows):
            return np.full((len(rows), 1), topic.missing)
        at, present = topic.place(rows, 0)
        found = [np.where(present[:, None], self._sentence(topic, rows, at), self._only(topic.missing))]
        for rank in range(1, topic.most):
            at, present = topic.place(rows, rank)
            speaks = present & (topic.facts.excess[at] > 0)
            more = np.where(speaks[:, None], self._sentence(topic, rows, at), EMPTY)
            same = (more[:, TOLD:] == found[-1][:, -self._parts + TOLD :]).all(axis=1)
            found[-1][same, -self._parts + TOLD :] = EMPTY
            more[same, 0] = EMPTY
            found += [np.where(speaks, AND, EMPTY)[:, None], more]
        return np.concatenate(found, axis=1)

    def _sentence(self, topic: Topic, rows: Ints, at: Ints) -> Ints:
        """What one fact of each row says, (k, parts). The level at which the value is strangest speaks."""
        times = topic.facts.times[at].astype(np.int64)
        speaks = topic.facts.excess[at] > 0
        known = speaks & (times > 0)
        parts = np.empty((len(rows), self._parts), np.int64)
        parts[:, 0], parts[:, 1] = topic.name, topic.texts(at)
        parts[:, 2] = np.where(speaks, np.where(known, topic.verb, topic.verb + 1), topic.usual)
        parts[:, 3], parts[:, 4] = np.where(known, whole(times), EMPTY), np.where(known, X, EMPTY)
        parts[:, 5] = np.where(speaks, self._whose[topic.facts.speaker[at], rows], EMPTY)
        if self._which is not None:
            parts[:, PARTS:] = np.where(speaks[:, None], self._of_peers(topic.facts, rows, at), EMPTY)
        return parts

    def _of_peers(self, facts: Facts, rows: Ints, at: Ints) -> Ints:
        """Which peers speak, or how many of its peers share what an entity shows, (k, PEER_PARTS)."""
        parts = np.full((len(rows), PEER_PARTS), EMPTY)
        if self._which is None or facts.peers is None or facts.holders is None:
            return parts
        which, peers, holders = self._which[facts.speaker[at], rows], facts.peers[at], facts.holders[at]
        some = peers > 0
        percent = np.rint(100.0 * holders / np.maximum(peers, 1)).astype(np.int64)
        few = (holders > 0) & (percent == 0)
        percent = np.where(few, 1, np.where(holders < peers, np.minimum(percent, 99), 100))
        parts[:, 0] = np.where(some, AND, np.where(self._by_peers[facts.speaker[at]], which, EMPTY))
        parts[:, 1] = np.where(some & few, UNDER, EMPTY)
        parts[:, 2] = np.where(some & (holders > 0), whole(percent), EMPTY)
        parts[:, 3] = np.where(some, np.where(holders > 0, OF, NONE_OF), EMPTY)
        parts[:, 4], parts[:, 5] = np.where(some, whole(peers), EMPTY), np.where(some, which, EMPTY)
        return parts

    def named_once(self, parts: Ints, event: Ints) -> None:
        """Let each event name a group of peers in the first reason that speaks of it only. parts: the reasons, (r, k),
        of each event the strongest first, changed in place; event: whose reason each is, ascending, (r,)."""
        for levels in self._groups:
            named = np.zeros(parts.shape, np.bool_)
            for names in levels.values():
                named |= (parts >= names.first) & (parts < names.stop)
            row, column = np.nonzero(named)
            again = np.zeros(len(row), np.bool_)
            again[1:] = event[row[1:]] == event[row[:-1]]
            for names in levels.values():
                those = again & (parts[row, column] >= names.first) & (parts[row, column] < names.stop)
                parts[row[those], column[those]] = names.nameless

    def _only(self, part: int) -> Ints:
        """A sentence of one part."""
        return np.array([part] + [EMPTY] * (self._parts - 1))

    def _moment(self, rows: Ints) -> Ints:
        """What stands around each row that is not silent, (k, 2)."""
        bits = self._around[rows]
        known = ~np.isnan(bits)
        number = np.rint(np.where(known, bits, 0)).astype(np.int64)
        around = np.where(number == 1, AROUND_ONE, AROUND)
        return np.stack([np.where(known, whole(number), NO_TIME), np.where(known, around, EMPTY)], axis=1)


def plain(texts: pl.Series) -> pl.Series:
    """Texts as they may stand in a reason: no separators, nothing but letters, not too long.

    >>> plain(pl.Series(["a;b\\nc", "x" * 65])).str.len_chars().to_list()
    [5, 64]
    """
    text = pl.col("text")
    short = pl.when(text.str.len_chars() > MAX_VALUE_LETTERS).then(text.str.slice(0, MAX_VALUE_LETTERS - 1) + "…")
    clean = short.otherwise(text).str.replace_many([*UNSHOWN, ";"], [" "] * len(UNSHOWN) + [","])
    return texts.to_frame("text").select(clean).to_series()


def _whose(values: Values, spec: FeatureSpec, span: str, glossary: Glossary) -> Ints:
    """Whose past speaks, by level and row: numbers of texts, (levels, n). Peers are named by their member."""
    end = f" in {span}"
    anyone = glossary.add(pl.Series(["anyone"]), " for ", end)
    found = [np.full(values.count, anyone)]
    for level in spec.all_levels()[1:]:
        if level in spec.entities:
            owner = values.owners[level]
            found.append(glossary.add(owner.texts, " for ", end) + owner.at.astype(np.int64))
        else:
            owner = values.owners[level.removeprefix(PEERS)]
            nameless = glossary.add(pl.Series(["peers"]), " for ")
            member = glossary.add(owner.texts, " for ", "'s peers") + owner.at.astype(np.int64)
            found.append(np.where(owner.codes == MISSING, nameless, member))
    return np.stack(found)


def _with_unit(unit: str, glossary: Glossary) -> tuple[int, int]:
    """What is said of a number with its unit before it: the texts of REACHED (NEVER_REACHED follows) and of USUAL."""
    reached, _, usual = (
        glossary.add(pl.Series([unit]), " ", PHRASES[verb]) for verb in (REACHED, NEVER_REACHED, USUAL)
    )
    return reached, usual


def _groups(
    peers: Peers, span: str, groups: Mapping[str, tuple[pl.Series, Ints]], glossary: Glossary
) -> Mapping[str, Names]:
    """The texts that name the groups of one kind of peers, for each of its two levels (see Names)."""
    texts, at = groups[peers.level]
    named = (texts != "").to_numpy()[at]

    def names(before: str, end: str) -> Names:
        nameless = glossary.add(pl.Series([""]), before, end)
        first = glossary.add(texts, f"{before} (", f"){end}")
        return Names(first, first + len(texts), nameless, np.where(named, first + at, nameless))

    return {peers.level: names("", f" in {span}"), peers.entity: names(" peers", "")}


def _which(values: Values, spec: FeatureSpec, groups: Sequence[Mapping[str, Names]]) -> Ints:
    """Which peers, by level and row: numbers of texts, (levels, n)."""
    found = {level: np.full(values.count, EMPTY) for level in spec.all_levels()}
    for told in groups:
        found |= {level: names.of_rows for level, names in told.items()}
    return np.stack([*found.values()])


def _by_row(facts: Facts, count: int) -> tuple[Ints | None, Ints | None]:
    """Where each row's facts begin, and their order (see Topic)."""
    each = np.bincount(facts.rows, minlength=count)
    if (each == 1).all():
        return None, None
    starts = np.concatenate([[0], np.cumsum(each)])
    return starts, np.lexsort((-facts.excess, facts.rows)) if (each > 1).any() else None
