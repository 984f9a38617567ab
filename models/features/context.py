"""How strange the rest of the network has been: a decaying memory per scope, handed from chunk to chunk.

The context of a row is the surprise of the other rows of its moment (the same `_time`, such as a `bin` window) plus the
decayed surprise of all earlier ones. The memory is a value, never a state of the service: it leaves with one chunk's
reply and comes back with the next chunk, so the same ordered chunks give the same scores again.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.errors import DataError
from models.features.hashing import Codes
from models.features.values import Floats

DECAY_S = 1800.0
"""Time in which a memory falls to 1/e."""
MAX_SCOPES = 100
"""Scopes carried at most, the strangest first: 100 records of 32 bytes stay below 4 KB."""
_RECORD = struct.Struct("<Qddd")
_MAGIC = b"AC1\0"


@dataclass(frozen=True)
class Memory:
    """What one scope remembers at `time_s` (epoch): `past` bits of earlier moments, `moment` bits of this one."""

    time_s: float
    past: float
    moment: float

    def past_at(self, time_s: float) -> float:
        """The decayed bits of all moments before `time_s`."""
        if time_s == self.time_s:
            return self.past
        return (self.past + self.moment) * float(np.exp(-(time_s - self.time_s) / DECAY_S))


@dataclass(frozen=True)
class Context:
    """around: bits around each row, float64 (n,), NaN where time is missing; carry: at most 4 KB; out_of_order: rows
    that came before their time, so that the context saw only a part, or that have none, bool (n,)."""

    around: Floats
    carry: bytes
    out_of_order: npt.NDArray[np.bool_]


def with_context(surprise: Floats, time: Floats, scope: Codes, carry: bytes = b"") -> Context:
    """The context of each row, in chunk order. surprise: total bits per row (n,); time: epoch seconds (n,).

    Rows of a scope that run backwards are put in order first, and where they are older than the carry, they start
    afresh: their context holds this chunk only.
    """
    memories = read_carry(carry)
    around = np.full(len(surprise), np.nan)
    late = np.isnan(time)
    order = np.argsort(scope, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(scope[order])) + 1):
        rows = rows[~np.isnan(time[rows])]
        if len(rows):
            code = int(scope[rows[0]])
            memory = memories.get(code)
            ascending = rows[np.argsort(time[rows], kind="stable")]
            older = memory is not None and time[ascending[0]] < memory.time_s
            late[rows] = older or not np.array_equal(ascending, rows)
            found, newest = _one_scope(surprise[ascending], time[ascending], None if older else memory)
            around[ascending] = found
            memories[code] = memory if older and memory and memory.time_s > newest.time_s else newest
    return Context(around, write_carry(memories), late)


def _one_scope(surprise: Floats, time: Floats, memory: Memory | None) -> tuple[Floats, Memory]:
    memory = memory or Memory(float(time[0]), 0.0, 0.0)
    starts = np.flatnonzero(np.r_[True, np.diff(time) > 0])
    sums = np.add.reduceat(surprise, starts)
    past = np.empty(len(starts))
    for at, (moment_s, bits) in enumerate(zip(time[starts].tolist(), sums.tolist(), strict=True)):
        before = memory.moment if moment_s == memory.time_s else 0.0
        past[at] = memory.past_at(moment_s) + before
        memory = Memory(moment_s, memory.past_at(moment_s), before + bits)
    moments = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(time)]))
    return past[moments] + sums[moments] - surprise, memory


def write_carry(memories: dict[int, Memory]) -> bytes:
    """The memories as bytes, the strangest scopes first where there are more than fit."""
    kept = sorted(memories.items(), key=lambda item: (-(item[1].past + item[1].moment), item[0]))[:MAX_SCOPES]
    records = (_RECORD.pack(code, m.time_s, m.past, m.moment) for code, m in kept)
    return _MAGIC + b"".join(records)


def read_carry(carry: bytes) -> dict[int, Memory]:
    """The memories back from bytes; empty bytes are a fresh start.

    >>> read_carry(write_carry({5: Memory(60.0, 1.5, 0.0)}))
    {5: Memory(time_s=60.0, past=1.5, moment=0.0)}
    """
    if not carry:
        return {}
    body = carry[len(_MAGIC) :]
    if not carry.startswith(_MAGIC) or len(body) % _RECORD.size or len(body) > MAX_SCOPES * _RECORD.size:
        raise DataError("the carry is not one of ours", field="carry", mend="leave it out")
    found = {code: Memory(*rest) for code, *rest in _RECORD.iter_unpack(body)}
    if not all(np.isfinite((m.time_s, m.past, m.moment)).all() and m.past >= 0 <= m.moment for m in found.values()):
        raise DataError("the carry holds impossible values", field="carry", mend="leave it out")
    return found
