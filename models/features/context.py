"""How strange the rest of the network has been: a decaying memory per scope, handed from chunk to chunk.

The context of a row is the surprise of the other entities in its moment (the same `_time`, such as a `bin` window) plus
their decayed surprise of all earlier moments. What an entity shows itself is no context of its own, and no entity adds
more than MOST_OF_ONE bits to that of the others: one loud scanner does not make a whole estate strange. Which bits are
an entity's own is known of the loudest entities of each scope (see features/carry.py); the others' are few.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.features.carry import LOUDEST, MAX_SCOPES, Memory, read_carry, write_carry
from models.features.context_kernels import remember
from models.features.hashing import Codes
from models.features.values import HOUR_S, Floats, Ints

DECAY_S = 1800.0
"""Time in which a memory falls to 1/e."""
MOST_OF_ONE = 200.0
"""Bits that one entity may have in a scope's memory."""
WARM_UP_WEIGHT = 0.3
"""What surprise counts while a scope warms up: detectors that are new there call everything new."""
LONG_AGO_S = 1e12
"""Before any time: the beginning of a scope that was forgotten."""

State = tuple[Floats, Floats, Codes, Floats]
"""Per scope: time, bits, its loudest entities and their bits."""


@dataclass(frozen=True)
class Context:
    """around: bits around each row, float64 (n,), NaN where time is missing; weight: what the row's surprise counts,
    0..1, float64 (n,); carry: at most 4 KB; out_of_order: rows that came before their time, so that the context saw
    only a part, or that have none, bool (n,)."""

    around: Floats
    weight: Floats
    carry: bytes
    out_of_order: npt.NDArray[np.bool_]


def with_context(
    surprise: Floats,
    time: Floats,
    scope: Codes,
    owners: Codes | None = None,
    carry: bytes = b"",
    warmup_h: float = 0.0,
) -> Context:
    """The context of each row, in chunk order. surprise: total bits per row (n,); time: epoch seconds (n,); owners:
    the main entity of each row, or None: each row stands for itself; warmup_h: hours after a scope's first row in which
    surprise counts WARM_UP_WEIGHT.

    Rows of a scope that run backwards are put in order first, and where they are older than the carry, they start
    afresh: their context holds this chunk only.
    """
    memories = read_carry(carry)
    around, weight = np.full(len(surprise), np.nan), np.ones(len(surprise))
    late = np.isnan(time)
    rows = np.flatnonzero(~late)
    if not len(rows):
        return Context(around, weight, write_carry(memories), late)
    scopes, number = np.unique(scope[rows], return_inverse=True)
    began = _beginnings(scopes, number, time[rows], memories)
    if warmup_h > 0:
        weight[rows] = np.where(time[rows] - began[number] < warmup_h * HOUR_S, WARM_UP_WEIGHT, 1.0)
    told = None if owners is None else owners[rows]
    found, state, afresh = _looked_back(surprise[rows] * weight[rows], time[rows], scopes, number, told, memories)
    around[rows] = found
    late[rows] = (afresh | _backwards(number, time[rows], len(scopes)))[number]
    here = dict(zip(scopes.tolist(), state[0].tolist(), strict=True))
    kept = {code: memory for code, memory in memories.items() if memory.time_s > here.get(code, -np.inf)}
    return Context(around, weight, write_carry(_memories(scopes, began, state) | kept), late)


def _beginnings(scopes: Codes, number: Ints, time: Floats, memories: Mapping[int, Memory]) -> Floats:
    """The time of each scope's first row, float64 (s,). A scope that is not carried where more are than fit may have
    been forgotten: it began long ago, so that a forgotten one never warms up again."""
    began = np.full(len(scopes), np.inf)
    np.minimum.at(began, number, time)
    for at, code in enumerate(scopes.tolist()):
        if code in memories:
            began[at] = memories[code].first_s
        elif len(memories) >= MAX_SCOPES:
            began[at] = -LONG_AGO_S
    return began


def _backwards(number: Ints, time: Floats, scopes: int) -> npt.NDArray[np.bool_]:
    """Which scopes have a row that is older than the one before it, bool (s,)."""
    order = np.argsort(number, kind="stable")
    back = (np.diff(number[order]) == 0) & (np.diff(time[order]) < 0)
    found = np.zeros(scopes, np.bool_)
    found[number[order][1:][back]] = True
    return found


def _looked_back(
    bits: Floats, time: Floats, scopes: Codes, number: Ints, owners: Codes | None, memories: Mapping[int, Memory]
) -> tuple[Floats, State, npt.NDArray[np.bool_]]:
    """The bits around each row, what each scope remembers then, and which scopes started afresh."""
    each = np.arange(len(bits), dtype=np.uint64) if owners is None else owners
    order = np.lexsort((each, time, number))
    differs = np.zeros(len(bits), np.bool_)
    for part in (number, time, each):
        differs[1:] |= part[order][1:] != part[order][:-1]
    differs[0] = True
    starts = np.flatnonzero(differs)
    head = order[starts]
    first = starts[np.searchsorted(number[head], np.arange(len(scopes)))]
    known = [memories.get(code) for code in scopes.tolist()]
    oldest = time[order[first]]
    afresh = np.array([m is not None and t < m.time_s for m, t in zip(known, oldest.tolist(), strict=True)])
    before = [None if new else memory for memory, new in zip(known, afresh, strict=True)]
    state = _state(before, oldest, 0 if owners is None else LOUDEST)
    most = np.inf if owners is None else MOST_OF_ONE
    sums = np.add.reduceat(bits[order], starts)
    found = remember(number[head], time[head], each[head], sums, *state, most, DECAY_S)
    around = np.empty(len(bits))
    around[order] = np.repeat(found, np.diff(np.r_[starts, len(bits)]))
    return around, state, afresh


def _state(memories: list[Memory | None], oldest: Floats, loudest: int) -> State:
    now, total = oldest.copy(), np.zeros(len(memories))
    names, shares = np.zeros((len(memories), loudest), np.uint64), np.zeros((len(memories), loudest))
    for at, memory in enumerate(memories):
        if memory is not None:
            now[at], total[at] = memory.time_s, memory.bits
            for place, (name, share) in enumerate(memory.loud[:loudest]):
                names[at, place], shares[at, place] = name, share
    return now, total, names, shares


def _memories(scopes: Codes, began: Floats, state: State) -> dict[int, Memory]:
    """What the strangest scopes remember, as many as are carried."""
    now, total, names, shares = state
    found = {}
    for at in np.argsort(-total, kind="stable")[:MAX_SCOPES]:
        loud = np.flatnonzero(shares[at] > 0)
        own = tuple(zip(names[at, loud].tolist(), shares[at, loud].tolist(), strict=True))
        found[int(scopes[at])] = Memory(float(now[at]), float(began[at]), float(total[at]), own)
    return found
