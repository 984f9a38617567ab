"""Reading `ai_contributions` and `ai_reasons` as a reader of the scored table would."""

import re

_PARTS = re.compile(r"; ")


def contributions_of(text: str) -> list[tuple[str, float]]:
    """The (field, margin units) pairs of `ai_contributions`, in their order.

    >>> contributions_of("dest:1.5; src:-0.25")
    [('dest', 1.5), ('src', -0.25)]
    """
    pairs = (part.rpartition(":") for part in _PARTS.split(text) if part)
    return [(name, float(amount)) for name, _, amount in pairs]


def reasons_of(text: str) -> list[str]:
    """The reasons of `ai_reasons`, strongest first.

    >>> reasons_of("dest=a never seen (+2.0); unusual hour (+0.4)")
    ['dest=a never seen (+2.0)', 'unusual hour (+0.4)']
    """
    return [part for part in _PARTS.split(text) if part]
