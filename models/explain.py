"""Contributions as text, and the reasons in an analyst's words."""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from models.text_kernels import ranked
from models.texts import Floats, Ints, Pool, tenths_of, whole
from models.words import AMOUNT, EMPTY, NEXT, TENTH, Witness

MAX_REASONS = 5
LEAST_SHARE = 0.05
"""A contribution below this share of the positive ones is no reason."""
LEAST_AMOUNT = 0.05
"""Nor is a smaller one, which would read 0.0."""
_SPECIAL = re.compile(r"[\\;:\n\r]")
_ESCAPES = {"\n": "\\n", "\r": "\\r"}


def escape(text: str) -> str:
    """A name or value as it may stand between separators: `\\`, `;` and `:` get a backslash, line ends become letters.

    >>> escape("C:\\\\x; y")
    'C\\\\:\\\\\\\\x\\\\; y'
    """
    return _SPECIAL.sub(lambda found: _ESCAPES.get(found[0], "\\" + found[0]), text)


def contribution_texts(phi: Floats, sources: tuple[str, ...]) -> pl.Series:
    """`field:value` pairs in margin units, strongest first by size. phi: float64 (n, sources).

    >>> contribution_texts(np.array([[0.5, -1.25]]), ("dest", "app")).to_list()
    ['app:-1.25; dest:+0.5']
    """
    count, width = phi.shape
    names = [f"{escape(source)}:" for source in sources]
    pool = Pool.of(pl.Series([*names, *("; " + name for name in names)]), phi.ravel(), "+.6g")
    order = ranked(np.abs(phi), width)
    parts = np.empty((count, width, 2), np.int64)
    parts[:, :, 0] = order + width
    parts[:, 0, 0] -= width
    parts[:, :, 1] = order + (2 * width + width * np.arange(count))[:, None]
    return pool.lines(parts.reshape(count, -1))


def reason_texts(phi: Floats, rows: Ints, witness: Witness) -> pl.Series:
    """The strongest reasons of some rows, `; ` between; empty where nothing speaks for strangeness.

    A quiet moment around a row is none.

    phi: float64 (k, sources), the contributions to the rows, (k,).
    """
    positive = np.maximum(phi, 0.0)
    least = LEAST_SHARE * positive.sum(axis=1, keepdims=True)
    positive[witness.quiet(rows), witness.context :] = 0.0
    order = ranked(positive, min(MAX_REASONS, phi.shape[1]))
    amounts = np.take_along_axis(positive, order, axis=1)
    given = (amounts > least) & (amounts >= LEAST_AMOUNT)
    at, rank = np.nonzero(given)
    source, tenths = order[given], tenths_of(amounts[given])
    parts = np.full((len(at), witness.width + 4), EMPTY)
    parts[rank > 0, 0] = NEXT
    for one in range(phi.shape[1]):
        chosen = np.flatnonzero(source == one)
        said = witness.say(one, rows[at[chosen]])
        parts[chosen, 1 : 1 + said.shape[1]] = said
    witness.named_once(parts, at)
    parts[:, -3], parts[:, -2], parts[:, -1] = AMOUNT, whole(tenths // 10), TENTH + tenths % 10
    return witness.pool.lines(parts, np.cumsum(given.sum(axis=1)))
