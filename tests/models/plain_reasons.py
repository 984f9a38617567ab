"""The texts of reasons and contributions, written row by row in plain Python: what the fast way must equal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from unicodedata import bidirectional, category

import numpy as np
import polars as pl

from models.explain import LEAST_SHARE, MAX_REASONS, escape
from models.features.baseline import ALL, Generation, Standing
from models.features.encode import CATEGORY_CLIP_BITS, NUMBER_CLIP_BITS
from models.features.partition import observations, owners_of
from models.features.spec import CONTEXT, EVERYONE, FeatureSpec, Field, Peers
from models.features.values import SEVERAL, Floats, Values, read_numbers, read_values, texts, token_texts, with_derived
from models.words import MAX_VALUE_LETTERS, MAX_VALUES

_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
_PLAIN = {
    point: " "
    for point in range(0x3000)
    if category(chr(point)) in ("Cc", "Zl", "Zp")
    or bidirectional(chr(point)) in _TURNING
    or point in (0x200E, 0x200F, 0x61C)
} | {ord(";"): ","}


def amount(number: float) -> str:
    """A number as a reason says it: six digits, from a million on the nearest whole number, up to fifteen digits."""
    short = f"{number:,.6g}"
    exponent = int(short.partition("e+")[2] or 0)
    return f"{number:,.0f}" if 6 <= exponent < 15 else short


def contribution_texts(phi: Floats, sources: tuple[str, ...]) -> list[str]:
    names = [escape(source) for source in sources]
    order = np.argsort(-np.abs(phi), axis=1, kind="stable")
    return ["; ".join(f"{names[at]}:{row[at]:+.6g}" for at in by) for row, by in zip(phi, order, strict=True)]


def reason_texts(phi: Floats, sources: tuple[str, ...], witness: Witness) -> list[str]:
    found = []
    for row, values in enumerate(phi):
        positive = np.maximum(values, 0.0)
        least = LEAST_SHARE * positive.sum()
        order = [at for at in np.argsort(-positive, kind="stable") if not witness.is_quiet(row, sources[at])]
        told = {at: f"{positive[at]:.1f}" for at in order[:MAX_REASONS] if positive[at] > least}
        said = [f"{witness.say(row, sources[at])} (+{told[at]})" for at in told if told[at] != "0.0"]
        found.append(_named_once("; ".join(said)))
    return found


def _named_once(text: str) -> str:
    """The reasons of an event, in which each group that is marked (see Witness._called) keeps its first name only."""
    named: set[str] = set()

    def first(found: re.Match[str]) -> str:
        known = found[1] in named
        named.add(found[1])
        return "" if known else found[2]

    return re.sub("\x01(.*?)\x02(.*?)\x03", first, text)


@dataclass(frozen=True)
class Testimony:
    """One field's observations: per level, bits and how often the owner showed the value."""

    field: Field
    bits: dict[str, Floats]
    seen: dict[str, Floats]
    excess: Floats
    values: list[str]
    starts: np.ndarray
    codes: np.ndarray


class Witness:
    """Reads the rows of a table by itself and looks each observation up at each level."""

    def __init__(self, table: pl.DataFrame, spec: FeatureSpec, generation: Generation, around: Floats | None) -> None:
        self._spec, self._generation, self._around = spec, generation, around
        self._values = read_values(table, spec)
        self._owners = {entity: texts(table, entity).to_list() for entity in spec.entities}
        self._groups = {peers.entity: texts(table, peers.field).to_list() for peers in spec.peers if peers.field}
        table = with_derived(table, spec.fields)
        self._fields = {field.name: self._testimony(table, field) for field in spec.fields}

    def is_quiet(self, row: int, source: str) -> bool:
        """Whether the source is what stands around the row, and that is next to nothing."""
        return source == CONTEXT and self._around is not None and self._around[row] < 1

    def say(self, row: int, source: str) -> str:
        if source == CONTEXT:
            return _around(np.nan if self._around is None else float(self._around[row]))
        found = self._fields[source]
        label = _plain(found.field.label)
        at = range(int(found.starts[row]), int(found.starts[row + 1]))
        if not len(at):
            return f"{label} is missing"
        ranked = sorted(at, key=lambda position: -found.excess[position])
        speaking = [position for position in ranked[:MAX_VALUES] if found.excess[position] > 0]
        if not speaking:
            return f"{label}={found.values[ranked[0]]}{_unit(found.field)} in this combination"
        if found.field.kind not in SEVERAL:
            speaking = speaking[:1]
        told = [(found.values[at] + _unit(found.field), self._told(row, found, at)) for at in speaking]
        runs = [(list(values), end) for end, values in groupby(told, key=lambda one: one[1])]
        return ", ".join(f"{label}={', '.join(value for value, _ in values)}{end}" for values, end in runs)

    def _told(self, row: int, found: Testimony, position: int) -> str:
        """What is told of one value, from the blank after it on."""
        bits = {level: found.bits[level][position] for level in self._spec.levels(found.field)}
        level = max(bits, key=lambda name: np.nan_to_num(bits[name], nan=-1.0))
        if bits[EVERYONE] >= bits[level] - 1e-9:
            level = EVERYONE
        who = self._who(level, row)
        verb = "reached" if found.field.kind == "number" else "seen"
        times = found.seen[level][position]
        how_often = f"{verb} {times:.0f}x" if times else f"never {verb}"
        told = f" {how_often} for {who} in {self._generation.span}"
        return told + self._shared(row, found.field, level, found.codes[position], times > 0)

    def _who(self, level: str, row: int) -> str:
        if level in self._owners:
            return _plain(self._owners[level][row])
        if not level:
            return "anyone"
        peers = next(peers for peers in self._spec.peers if peers.level == level)
        owner = _plain(self._owners[peers.entity][row])
        return (f"{owner}'s peers" if owner else "peers") + self._called(peers, row)

    def _called(self, peers: Peers, row: int) -> str:
        if peers.field:
            name = _plain(self._groups[peers.entity][row])
        else:
            names, group = self._generation.groups[peers.entity].names, self._group(peers, row)
            name = names[group] if 0 <= group < len(names) else ""
        return f"\x01{peers.entity}\x02 ({name})\x03" if name else ""

    def _group(self, peers: Peers, row: int) -> int:
        return int(self._standing(peers.level).at[row])

    def _standing(self, level: str) -> Standing:
        values, generation = self._values, self._generation
        for peers in self._spec.peers:
            if peers.level == level:
                return generation.company(peers, values.entities.get(level), self._standing(peers.entity))
        return generation.standing(level, owners_of(values, level))

    def _has_past(self, level: str) -> np.ndarray:
        """Of peers: which rows' own entity speaks for itself, bool (n,); at other levels none."""
        entity = next((peers.entity for peers in self._spec.peers if peers.level == level), None)
        return np.zeros(self._values.count, np.bool_) if entity is None else self._standing(entity).warm

    def _shared(self, row: int, field: Field, level: str, code: int, has: bool) -> str:
        """How many of the others in the group of the entity that speaks have shown the value."""
        peers = self._spec.peers_of(level)
        if peers is None or peers.level not in self._spec.levels(field) or self._group(peers, row) < 0:
            return ""
        group = np.array([self._group(peers, row)])
        owner = self._generation.rosters[peers.level][group]
        history, codes = self._generation.levels[peers.holders, field.name], np.array([code], np.uint64)
        holders = int(history.look(group, owner, codes, np.ones(1)).seen[0])
        groups, place = self._generation.groups[peers.entity], int(self._standing(level).at[row])
        others = int((groups.at == group[0]).sum())
        if place >= 0 and groups.at[place] == group[0]:
            others, holders = others - 1, holders - int(has)
        percent = f"{min(round(100 * holders / others), 99)}" if holders < others else "100"
        percent = "under 1" if percent == "0" else percent
        return f", {f'{percent}%' if holders else 'none'} of {others} peers{self._called(peers, row)}"

    def _testimony(self, table: pl.DataFrame, field: Field) -> Testimony:
        values, generation = self._values, self._generation
        rows, codes = observations(values, field)
        clip = NUMBER_CLIP_BITS if field.kind == "number" else CATEGORY_CLIP_BITS
        found = Testimony(
            field,
            {},
            {},
            np.zeros(len(rows)),
            _value_texts(table, field, values),
            np.searchsorted(rows, np.arange(values.count + 1)),
            codes,
        )
        shares: dict[str, Floats] = {}
        for level in self._spec.levels(field):
            standing = self._standing(level)
            roster = ALL if level == EVERYONE else generation.rosters[level]
            owners = np.where(standing.at >= 0, roster[standing.at], 0).astype(np.uint64)
            above = shares.get(self._spec.above(field, level)) if level else None
            told = generation.levels[level, field.name].look(standing.at[rows], owners[rows], codes, above)
            shares[level] = told.share
            heard = standing.warm[rows] & ~self._has_past(level)[rows]
            found.bits[level] = np.where(heard, -np.log2(told.share), np.nan)
            found.seen[level] = told.seen
            np.fmax(found.excess, found.bits[level] - clip, out=found.excess)
        return found


def _around(bits: float) -> str:
    if np.isnan(bits):
        return "no time, so that what happened around this row is unknown"
    count = f"{bits:.0f}"
    return f"{count} bit{'s' * (count != '1')} of surprise in what else happened around this time"


def _unit(field: Field) -> str:
    return f" {_plain(field.unit)}" if field.unit and field.kind == "number" else ""


def _plain(text: str) -> str:
    short = text if len(text) <= MAX_VALUE_LETTERS else text[: MAX_VALUE_LETTERS - 1] + "…"
    return short.translate(_PLAIN)


def _value_texts(table: pl.DataFrame, field: Field, values: Values) -> list[str]:
    if field.kind == "number":
        numbers = read_numbers(table, field.name)
        return [amount(number) for number in numbers[~np.isnan(numbers)]]
    if field.kind == "week_hour":
        days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
        hours = [int(code) - 1 for code in values.tokens[field.name].codes]
        return [f"{days[hour // 24]} {hour % 24:02d}:00" for hour in hours]
    if field.kind == "hour":
        return [f"{int(code) - 1:02d}:00" for code in values.tokens[field.name].codes]
    return [_plain(value) for value in token_texts(table, field)["value"]]
