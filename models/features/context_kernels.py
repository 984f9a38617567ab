"""The inner loop over the moments of a context, compiled. It releases the GIL and calls nothing outside this file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def remember(
    scope: Any, time: Any, owner: Any, bits: Any, now: Any, total: Any, names: Any, shares: Any, most: Any, decay_s: Any
) -> Any:
    """The bits around each group of rows that share a moment and an owner, float64 (g,).

    scope: number of the scope, int64 (g,); time: epoch seconds; owner: uint64; bits: float64; the groups stand in
    order of scope, then time. now, total: what each scope remembers, float64 (s,); names, shares: its loudest owners
    and their bits, (s, l), a share of 0 being free; all four are written anew. most: what one owner may add. With l = 0
    owners are not told apart, and each group is its own.
    """
    around, own = np.empty(len(bits)), np.empty(len(bits))
    first = 0
    while first < len(bits):
        at, moment = scope[first], time[first]
        faded = np.exp(-max(moment - now[at], 0.0) / decay_s)
        total[at] *= faded
        shares[at] *= faded
        now[at] = moment
        end = first
        while end < len(bits) and scope[end] == at and time[end] == moment:
            before = 0.0
            quietest, place = np.inf, -1
            for number in range(shares.shape[1]):
                if shares[at, number] > 0.0 and names[at, number] == owner[end]:
                    before, place = shares[at, number], number
                    break
                if shares[at, number] < quietest:
                    quietest, place = shares[at, number], number
            own[end] = max(min(before + bits[end], most), before)
            total[at] += own[end] - before
            if place >= 0 and own[end] > shares[at, place]:
                names[at, place], shares[at, place] = owner[end], own[end]
            end += 1
        for group in range(first, end):
            around[group] = max(total[at] - own[group], 0.0)
        first = end
    return around
