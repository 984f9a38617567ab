"""What a field shows, in the form that every check reads: from values that are read already, not from text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.features.spec import FeatureSpec, Field
from models.features.values import Floats, Ints, Tokens, Values

Mask = npt.NDArray[np.bool_]
TIMED = frozenset({"hour", "week_hour"})
"""Kinds that are made of a time alone. What is wrong with the events' own time is told of the events."""


@dataclass(frozen=True)
class Shown:
    """One field. rows: where it has a value, ascending, a row once for each of its values, int64 (t,); of a category,
    numbers is None and `code` (t,) and `texts` number its values; of a number, numbers (t,) are its values."""

    field: Field
    height: int
    rows: Ints
    tokens: Tokens | None
    numbers: Floats | None

    @classmethod
    def of(cls, field: Field, values: Values) -> Shown:
        if field.name in values.numbers:
            numbers = values.numbers[field.name]
            rows = np.flatnonzero(~np.isnan(numbers))
            return cls(field, values.count, rows, None, numbers[rows])
        tokens = values.tokens[field.name]
        return cls(field, values.count, tokens.rows, tokens, None)

    @cached_property
    def filled(self) -> Ints:
        """The rows that have a value, each once."""
        if not len(self.rows):
            return self.rows
        return self.rows[np.r_[True, self.rows[1:] != self.rows[:-1]]]

    @property
    def coverage(self) -> float:
        """The share of the rows that have a value, 0..1."""
        return len(self.filled) / max(self.height, 1)

    @cached_property
    def code(self) -> Ints:
        """A small number for each value, the same for equal ones, int64 (t,)."""
        if self.tokens is not None:
            return self.tokens.values.at.astype(np.int64)
        numbers = np.zeros(0) if self.numbers is None else self.numbers
        return np.unique(numbers, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def counts(self) -> Ints:
        """How often each code occurs; 0 for those of other rows."""
        return np.bincount(self.code)

    @cached_property
    def distinct(self) -> int:
        """How many different values there are."""
        return int((self.counts > 0).sum())

    def text(self, at: int) -> str:
        """The value at a place, for people."""
        if self.tokens is not None:
            return str(self.tokens.values.texts[int(self.tokens.values.at[at])])
        return f"{self.numbers[at]:.6g}" if self.numbers is not None else ""


def shown_in(values: Values, spec: FeatureSpec) -> list[Shown]:
    """The fields that can be looked at one by one."""
    return [Shown.of(f, values) for f in spec.fields if f.kind not in TIMED or f.name != spec.time]
