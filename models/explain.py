"""Contributions as text, and the reasons in an analyst's words."""

from __future__ import annotations

import re

import numpy as np

from models.detectors.base import Floats
from models.words import Witness

MAX_REASONS = 5
LEAST_SHARE = 0.05
"""A contribution below this share of the positive ones is no reason."""
_SPECIAL = re.compile(r"[\\;:\n\r]")
_ESCAPES = {"\n": "\\n", "\r": "\\r"}


def escape(text: str) -> str:
    """A name or value as it may stand between separators: `\\`, `;` and `:` get a backslash, line ends become letters.

    >>> escape("C:\\\\x; y")
    'C\\\\:\\\\\\\\x\\\\; y'
    """
    return _SPECIAL.sub(lambda found: _ESCAPES.get(found[0], "\\" + found[0]), text)


def contribution_texts(phi: Floats, sources: tuple[str, ...]) -> list[str]:
    """`field:value` pairs in margin units, strongest first by size. phi: float64 (n, sources).

    >>> contribution_texts(np.array([[0.5, -1.25]]), ("dest", "app"))
    ['app:-1.25; dest:+0.5']
    """
    names = [escape(source) for source in sources]
    order = np.argsort(-np.abs(phi), axis=1, kind="stable")
    return ["; ".join(f"{names[at]}:{row[at]:+.6g}" for at in by) for row, by in zip(phi, order, strict=True)]


def reason_texts(phi: Floats, sources: tuple[str, ...], witness: Witness) -> list[str]:
    """The strongest reasons of each row, `; ` between; empty where nothing speaks for strangeness."""
    found = []
    for row, values in enumerate(phi):
        positive = np.maximum(values, 0.0)
        least = LEAST_SHARE * positive.sum()
        order = [at for at in np.argsort(-positive, kind="stable")[:MAX_REASONS] if positive[at] > least]
        found.append("; ".join(f"{witness.say(row, sources[at])} (+{positive[at]:.1f})" for at in order))
    return found
