"""Reading `ai_contributions` and `ai_reasons` as any reader of the scored table would."""

import re

_PART = re.compile(r"(?:\\.|[^\\;])+", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r"}


def contributions_of(text: str) -> list[tuple[str, float]]:
    """The (field, margin units) pairs of `ai_contributions`, in their order; a backslash keeps what follows
    it.

    >>> contributions_of(r"dest:+1.5; a\\; b:-0.25")
    [('dest', 1.5), ('a; b', -0.25)]
    """
    pairs = (part.lstrip().rpartition(":") for part in _PART.findall(text))
    return [(_plain(name), float(amount)) for name, _, amount in pairs]


def reasons_of(text: str) -> list[str]:
    """The reasons of `ai_reasons`, strongest first.

    >>> reasons_of("dest=a never seen (+2.0); unusual hour (+0.4)")
    ['dest=a never seen (+2.0)', 'unusual hour (+0.4)']
    """
    return [part for part in text.split("; ") if part]


def _plain(name: str) -> str:
    return _ESCAPED.sub(lambda found: _LETTERS.get(found[1], found[1]), name)
