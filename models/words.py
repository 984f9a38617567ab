"""What an analyst reads: the fact behind a contribution, said of the value, its owner and its past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from models.features.baseline import Generation
from models.features.encode import Observed, observe, standings_of
from models.features.spec import CONTEXT, EVERYONE, FeatureSpec, Field
from models.features.values import Floats, Values, read_numbers, read_values, texts, token_texts

MAX_VALUE_LETTERS = 64
MAX_VALUES = 3
_PLAIN = str.maketrans({"\n": " ", "\r": " ", ";": ","})


@dataclass(frozen=True)
class Testimony:
    """The observations of one field with their texts. starts: where each row's observations begin, (n + 1,)."""

    field: Field
    observed: Observed
    values: list[str]
    starts: npt.NDArray[np.int64]


class Witness:
    """Says what is strange about the rows of a small table, against a baseline."""

    def __init__(self, table: pl.DataFrame, spec: FeatureSpec, generation: Generation, around: Floats | None) -> None:
        """around: bits around each row, float64 (n,), or None where the model keeps no context."""
        self._spec, self._generation, self._around = spec, generation, around
        self._values = read_values(table, spec)
        self._owners = {entity: texts(table, entity).to_list() for entity in spec.entities}
        self._standings = standings_of(self._values, spec, generation)
        self._fields = {field.name: self._testimony(table, field) for field in spec.fields}

    def say(self, row: int, source: str) -> str:
        """The fact behind a row's contribution of one source."""
        if source == CONTEXT:
            return _around(np.nan if self._around is None else float(self._around[row]))
        found = self._fields[source]
        at = range(int(found.starts[row]), int(found.starts[row + 1]))
        if not len(at):
            return f"{found.field.label} is missing"
        ranked = sorted(at, key=lambda position: -found.observed.excess[position])
        speaking = [position for position in ranked[:MAX_VALUES] if found.observed.excess[position] > 0]
        if not speaking:
            return f"{self._shown(found, ranked[0])} in this combination"
        if found.field.kind == "multivalue":
            return ", ".join(self._sentence(row, found, position) for position in speaking)
        return self._sentence(row, found, speaking[0])

    def _testimony(self, table: pl.DataFrame, field: Field) -> Testimony:
        observed = observe(self._values, self._spec, self._generation, field, self._standings)
        starts = np.searchsorted(observed.rows, np.arange(self._values.count + 1))
        return Testimony(field, observed, _value_texts(table, field, self._values), starts)

    def _sentence(self, row: int, found: Testimony, position: int) -> str:
        """The level at which the value is strangest speaks."""
        bits = {level: found.observed.bits[level][position] for level in self._spec.levels(found.field)}
        level = max(bits, key=lambda name: np.nan_to_num(bits[name], nan=-1.0))
        if bits[EVERYONE] >= bits[level] - 1e-9:
            level = EVERYONE
        who = _plain(self._owners[level][row]) if level else "anyone"
        shown = self._shown(found, position)
        verb = "reached" if found.field.kind == "number" else "seen"
        times = found.observed.seen[level][position]
        how_often = f"{verb} {times:.0f}x" if times else f"never {verb}"
        return f"{shown} {how_often} for {who} in {self._generation.span}"

    def _shown(self, found: Testimony, position: int) -> str:
        return f"{found.field.label}={found.values[position]}"


def _around(bits: float) -> str:
    """What stands around a row.

    >>> _around(41.2), _around(0.3)
    ('41 bits of surprise around this row, fading over half an hour', 'a quiet moment')
    """
    if np.isnan(bits):
        return "no time, so that what happened around this row is unknown"
    return "a quiet moment" if bits < 1 else f"{bits:.0f} bits of surprise around this row, fading over half an hour"


def _plain(text: str) -> str:
    """A value as it may stand in a reason: no separators, no line ends, not too long."""
    short = text if len(text) <= MAX_VALUE_LETTERS else text[: MAX_VALUE_LETTERS - 1] + "…"
    return short.translate(_PLAIN)


def _value_texts(table: pl.DataFrame, field: Field, values: Values) -> list[str]:
    if field.kind == "number":
        numbers = read_numbers(table, field.name)
        return [f"{number:,.6g}" for number in numbers[~np.isnan(numbers)]]
    if field.kind == "hour":
        return [f"{int(code) - 1:02d}:00" for code in values.tokens[field.name].codes]
    return [_plain(value) for value in token_texts(table, field)["value"]]
