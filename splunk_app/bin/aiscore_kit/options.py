"""Validators of the commands' options. Each says in `expected` what it takes; the commands' errors show it."""

import re

from splunklib.searchcommands.validators import Validator


class Pattern(Validator):
    """Text that matches a regular expression as a whole."""

    def __init__(self, pattern, expected):
        self._pattern = re.compile(pattern)
        self.expected = expected

    def __call__(self, value):
        if value is not None and self._pattern.fullmatch(value) is None:
            raise ValueError(self.expected)
        return value

    def format(self, value):
        return value


class Unwrapped(Pattern):
    """Text as Pattern takes it; parentheses and quotes around it, which a subsearch may write, are dropped.

    >>> Unwrapped("[a-z]+", "letters")('("abc")')
    'abc'
    """

    def __call__(self, value):
        return Pattern.__call__(self, value if value is None else value.strip('()" '))


class OneOf(Validator):
    """One word of a few.

    >>> OneOf("label", "fail").expected
    'label or fail'
    """

    def __init__(self, *words):
        self._words = words
        self.expected = ", ".join(words[:-1]) + " or " + words[-1]

    def __call__(self, value):
        if value is not None and value not in self._words:
            raise ValueError(self.expected)
        return value

    def format(self, value):
        return value


class Whole(Validator):
    """A whole number from `low` to `high`."""

    def __init__(self, low, high):
        self._low, self._high = low, high
        self.expected = "a whole number from %d to %d" % (low, high)

    def __call__(self, value):
        if value is None or isinstance(value, int):
            return value
        if re.fullmatch(r"\d{1,12}", value) is None or not self._low <= int(value) <= self._high:
            raise ValueError(self.expected)
        return int(value)

    def format(self, value):
        return None if value is None else str(value)


class Decimal(Pattern):
    """A number above 0 and up to `high`, as 0.001, 12.5 or 1e-4; kept as it was written.

    >>> Decimal(1.0)("1e-4")
    '1e-4'
    """

    def __init__(self, high):
        Pattern.__init__(self, r"\d{0,9}(\.\d{1,12})?(e-\d{1,2})?", "a number above 0 and up to %g, as 0.001" % high)
        self._high = high

    def __call__(self, value):
        if value is None:
            return None
        Pattern.__call__(self, value)
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if not 0 < number <= self._high:
            raise ValueError(self.expected)
        return value


class Truth(Validator):
    """true or false, also t, f, 1 and 0; kept as `true` or `false`."""

    expected = "true or false"

    def __call__(self, value):
        if value is None:
            return None
        if value.lower() in ("true", "t", "1"):
            return "true"
        if value.lower() in ("false", "f", "0"):
            return "false"
        raise ValueError(self.expected)

    def format(self, value):
        return value


def model_name():
    """A model's name."""
    return Pattern(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", "letters, digits, _ . and -, at most 64")


def fields():
    """One or more field names, commas between."""
    return Pattern(r"[^\s,][^,\r\n]*(,\s*[^\s,][^,\r\n]*)*", 'field names with commas between, in quotes: "a, b"')


def field():
    """One field name."""
    return Pattern(r"[^\s,][^,\r\n]*", "one field name")


def heads():
    """Heads of the ledger as | aiaudit action=head gives them, or `none`."""
    one = "[1-9][0-9]{0,14}:[0-9a-f]{64}"
    return Unwrapped("none|%s([, ]+%s){0,199}" % (one, one), "none, or at most 200 of NUMBER:HASH with commas between")


def names():
    """Entities, commas between; what a subsearch writes around them is dropped."""
    return Unwrapped(r"[^\r\n]*", "names with commas between, in quotes")


def entity():
    """One entity, as it stands in the events."""
    return Pattern(r"[^\r\n]{1,1000}", "one entity, as it stands in the events")


def day():
    """A day or a moment, UTC."""
    return Pattern(
        r"\d{4}-\d\d-\d\d([T ][0-9:.]+(Z|[+-]\d\d:\d\d)?)?|\d{1,10}(\.\d{1,6})?",
        "2026-01-31, 2026-01-31T08:00:00Z or epoch seconds",
    )


def version():
    """A bundle's version as | aimodels shows it."""
    return Pattern(r"[0-9a-f]{12,64}", "12 or more letters of a version, as | aimodels model=NAME shows them")
