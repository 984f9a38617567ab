"""Facts from a model's JSON: each is of the kind, the length and the range it was written in, or refused by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.arrays import Buffer
from models.errors import DataError

MOST_BYTES = 16 << 20
"""A JSON file of a model; a larger one would take gigabytes once it is read."""
MOST_LETTERS = 10_000
MOST_ENTRIES = 10_000
"""Names in a list, such as fields: as many as a body of events may have columns."""
MOST_ROWS = 2**53
"""Counts are whole numbers that float64 holds exactly."""
HUGE = 1e12
"""No number that a model computes with is larger, so that none of its sums can overflow."""


def refused(what: str) -> DataError:
    """The error for a file that does not hold what a fit writes."""
    return DataError(what, field="model", mend="fit the model again with this version")


def json_in(files: Mapping[str, Buffer], name: str) -> object:
    """What one of a set of files holds."""
    if name not in files:
        raise refused(f"{name} is missing")
    if len(files[name]) > MOST_BYTES:
        raise refused(f"{name} has more than {MOST_BYTES} bytes")
    try:
        return json.loads(bytes(files[name]))
    except (RecursionError, ValueError) as error:
        raise refused(f"{name} is no JSON ({type(error).__name__})") from None


@dataclass(frozen=True)
class Written:
    """An object of a JSON file. place: where it stands, for people.

    >>> Written.of("scale", {"sigma": -1.0}).number("sigma", 0.0)
    Traceback (most recent call last):
    models.errors.DataError: scale.sigma is no number from 0 to 1e+12 (model): fit the model again with this version
    """

    place: str
    found: Mapping[str, Any]

    @classmethod
    def of(cls, place: str, value: object) -> Written:
        """DataError when the value is no object."""
        if not isinstance(value, Mapping):
            raise refused(f"{place} is no object")
        return cls(place, value)

    @classmethod
    def read(cls, files: Mapping[str, Buffer], name: str) -> Written:
        """The object that one of a set of files holds."""
        return cls.of(name, json_in(files, name))

    def has(self, name: str) -> bool:
        """Whether there is anything but null."""
        return self.found.get(name) is not None

    def part(self, name: str) -> Written:
        """An object within."""
        return Written.of(f"{self.place}.{name}", self._value(name))

    def parts(self, name: str, most: int = MOST_ENTRIES) -> list[Written]:
        """A list of objects."""
        return [Written.of(f"{self.place}.{name}[{at}]", value) for at, value in enumerate(self.entries(name, most))]

    def text(self, name: str, least: int = 0) -> str:
        """A text of `least` letters at least, which can be written as UTF-8."""
        return _text(f"{self.place}.{name}", self._value(name), least)

    def texts(self, name: str, least: int = 0) -> tuple[str, ...]:
        """Texts, no two alike."""
        place = f"{self.place}.{name}"
        found = tuple(_text(place, value, least) for value in self.entries(name))
        if len(set(found)) < len(found):
            raise refused(f"{place} names one thing twice")
        return found

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._value(name)
        if not isinstance(value, bool):
            raise refused(f"{self.place}.{name} is neither true nor false")
        return value

    def number(self, name: str, low: float = -HUGE, high: float = HUGE) -> float:
        """A number from low to high, and so a finite one."""
        value = self._value(name)
        if type(value) not in (int, float) or not low <= value <= high:
            raise refused(f"{self.place}.{name} is no number from {low:g} to {high:g}")
        return float(value)

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from low to high."""
        value = self._value(name)
        if type(value) is not int or not low <= value <= high:
            raise refused(f"{self.place}.{name} is no whole number from {low} to {high}")
        return value

    def numbers(
        self, name: str, low: float = -HUGE, high: float = HUGE, least: int = 1, most: int = MOST_ENTRIES
    ) -> npt.NDArray[np.float64]:
        """Numbers from low to high, float64 (n,), n from least to most."""
        values = self.entries(name, most)
        if len(values) < least or not {*map(type, values)} <= {int, float}:
            raise refused(f"{self.place}.{name} is no list of {least} to {most} numbers")
        if not all(low <= value <= high for value in values):
            raise refused(f"{self.place}.{name} holds what is no number from {low:g} to {high:g}")
        return np.asarray(values, np.float64)

    def wholes(self, name: str, low: int, high: int, most: int = MOST_ENTRIES) -> list[int]:
        """Whole numbers from low to high."""
        values = self.entries(name, most)
        if not {*map(type, values)} <= {int} or not all(low <= value <= high for value in values):
            raise refused(f"{self.place}.{name} holds what is no whole number from {low} to {high}")
        return values

    def entries(self, name: str, most: int = MOST_ENTRIES) -> list[Any]:
        """A list, of whatever."""
        value = self._value(name)
        if not isinstance(value, list | tuple):
            raise refused(f"{self.place}.{name} is no list")
        if len(value) > most:
            raise refused(f"{self.place}.{name} has more than {most} entries")
        return list(value)

    def _value(self, name: str) -> Any:
        if name not in self.found:
            raise refused(f"{self.place}.{name} is missing")
        return self.found[name]


def _text(place: str, value: object, least: int) -> str:
    if not isinstance(value, str) or not least <= len(value) <= MOST_LETTERS:
        raise refused(f"{place} is no text of {least} to {MOST_LETTERS} letters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise refused(f"{place} holds half a letter") from None
    return value
