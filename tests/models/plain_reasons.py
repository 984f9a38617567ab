"""The texts of reasons and contributions, written row by row in plain Python: what the fast way must equal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.explain import LEAST_SHARE, MAX_REASONS, escape
from models.features.baseline import Generation
from models.features.encode import CATEGORY_CLIP_BITS, NUMBER_CLIP_BITS
from models.features.partition import observations, owners_of
from models.features.spec import CONTEXT, EVERYONE, FeatureSpec, Field
from models.features.values import Floats, Values, read_numbers, read_values, texts, token_texts, with_derived
from models.words import MAX_VALUE_LETTERS, MAX_VALUES

_PLAIN = str.maketrans({"\n": " ", "\r": " ", ";": ","})


def contribution_texts(phi: Floats, sources: tuple[str, ...]) -> list[str]:
    names = [escape(source) for source in sources]
    order = np.argsort(-np.abs(phi), axis=1, kind="stable")
    return ["; ".join(f"{names[at]}:{row[at]:+.6g}" for at in by) for row, by in zip(phi, order, strict=True)]


def reason_texts(phi: Floats, sources: tuple[str, ...], witness: Witness) -> list[str]:
    found = []
    for row, values in enumerate(phi):
        positive = np.maximum(values, 0.0)
        least = LEAST_SHARE * positive.sum()
        order = [at for at in np.argsort(-positive, kind="stable")[:MAX_REASONS] if positive[at] > least]
        found.append("; ".join(f"{witness.say(row, sources[at])} (+{positive[at]:.1f})" for at in order))
    return found


@dataclass(frozen=True)
class Testimony:
    """One field's observations: per level, bits and how often the owner showed the value."""

    field: Field
    bits: dict[str, Floats]
    seen: dict[str, Floats]
    excess: Floats
    values: list[str]
    starts: np.ndarray


class Witness:
    """Reads the rows of a table by itself and looks each observation up at each level."""

    def __init__(self, table: pl.DataFrame, spec: FeatureSpec, generation: Generation, around: Floats | None) -> None:
        self._spec, self._generation, self._around = spec, generation, around
        self._values = read_values(table, spec)
        self._owners = {entity: texts(table, entity).to_list() for entity in spec.entities}
        table = with_derived(table, spec.fields)
        self._fields = {field.name: self._testimony(table, field) for field in spec.fields}

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
        if found.field.kind != "multivalue":
            speaking = speaking[:1]
        return ", ".join(self._sentence(row, found, label, position) for position in speaking)

    def _sentence(self, row: int, found: Testimony, label: str, position: int) -> str:
        bits = {level: found.bits[level][position] for level in self._spec.levels(found.field)}
        level = max(bits, key=lambda name: np.nan_to_num(bits[name], nan=-1.0))
        if bits[EVERYONE] >= bits[level] - 1e-9:
            level = EVERYONE
        who = _plain(self._owners[level][row]) if level else "anyone"
        verb = "reached" if found.field.kind == "number" else "seen"
        times = found.seen[level][position]
        how_often = f"{verb} {times:.0f}x" if times else f"never {verb}"
        value = found.values[position] + _unit(found.field)
        return f"{label}={value} {how_often} for {who} in {self._generation.span}"

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
        )
        above = None
        for level in self._spec.levels(field):
            owners = owners_of(values, level)
            standing = generation.standing(level, owners)
            told = generation.levels[level, field.name].look(standing.at[rows], owners[rows], codes, above)
            above = told.share if level == EVERYONE else above
            found.bits[level] = np.where(standing.warm[rows], -np.log2(told.share), np.nan)
            found.seen[level] = told.seen
            np.fmax(found.excess, found.bits[level] - clip, out=found.excess)
        return found


def _around(bits: float) -> str:
    if np.isnan(bits):
        return "no time, so that what happened around this row is unknown"
    return "a quiet moment" if bits < 1 else f"{bits:.0f} bits of surprise around this row, fading over half an hour"


def _unit(field: Field) -> str:
    return f" {_plain(field.unit)}" if field.unit and field.kind == "number" else ""


def _plain(text: str) -> str:
    short = text if len(text) <= MAX_VALUE_LETTERS else text[: MAX_VALUE_LETTERS - 1] + "…"
    return short.translate(_PLAIN)


def _value_texts(table: pl.DataFrame, field: Field, values: Values) -> list[str]:
    if field.kind == "number":
        numbers = read_numbers(table, field.name)
        return [f"{number:,.6g}" for number in numbers[~np.isnan(numbers)]]
    if field.kind == "hour":
        return [f"{int(code) - 1:02d}:00" for code in values.tokens[field.name].codes]
    return [_plain(value) for value in token_texts(table, field)["value"]]
