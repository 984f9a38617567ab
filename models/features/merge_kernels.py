"""The inner loops that merge sorted counts, compiled. They release the GIL and call nothing outside this file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def merged(owners: Any, codes: Any, counts: Any, other_owners: Any, other_codes: Any, other_counts: Any) -> Any:
    """The sum of two runs of counts, each sorted by owner, then code, without equals: owners, codes and counts.

    One pass tells the length, so that nothing is allocated beside the result; the next fills it.
    """
    nothing = np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.int64)
    length = _walk(owners, codes, counts, other_owners, other_codes, other_counts, *nothing)
    found = np.empty(length, np.uint64), np.empty(length, np.uint64), np.empty(length, np.int64)
    _walk(owners, codes, counts, other_owners, other_codes, other_counts, *found)
    return found


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _walk(
    owners: Any,
    codes: Any,
    counts: Any,
    other_owners: Any,
    other_codes: Any,
    other_counts: Any,
    into_owners: Any,
    into_codes: Any,
    into_counts: Any,
) -> Any:
    """Walk along both runs at once and write their sum into arrays that hold it, or that are empty; its length."""
    one, other, at = 0, 0, 0
    while one < len(owners) or other < len(other_owners):
        if other >= len(other_owners):
            order = -1
        elif one >= len(owners):
            order = 1
        elif owners[one] != other_owners[other]:
            order = -1 if owners[one] < other_owners[other] else 1
        elif codes[one] != other_codes[other]:
            order = -1 if codes[one] < other_codes[other] else 1
        else:
            order = 0
        if len(into_owners):
            into_owners[at] = owners[one] if order <= 0 else other_owners[other]
            into_codes[at] = codes[one] if order <= 0 else other_codes[other]
            into_counts[at] = (counts[one] if order <= 0 else 0) + (other_counts[other] if order >= 0 else 0)
        at += 1
        one += order <= 0
        other += order >= 0
    return at
