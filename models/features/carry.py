"""What each scope remembers between two chunks, as bytes of at most 4 KB.

The memory is a value, never a state of the service: it leaves with one chunk's reply and comes back with the next
chunk, so the same ordered chunks give the same scores again.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from models.errors import DataError

MAX_SCOPES = 100
"""Scopes carried at most, the strangest first."""
LOUDEST = 16
"""Entities of a scope whose own share of its memory is known, at most."""
MOST_BITS = 1e12
"""More than any memory holds."""
MOST_BYTES = 4096
_MAGIC = b"AC2\0"
_SCOPE = struct.Struct("<Qddd")
_LOUD = struct.Struct("<HQd")
_COUNT = struct.Struct("<H")


@dataclass(frozen=True)
class Memory:
    """What one scope remembers at `time_s` (epoch): `bits` of all rows so far, decayed; `first_s`, the time of its
    first row; and of its loudest entities, by code, the bits that are their own."""

    time_s: float
    first_s: float
    bits: float
    loud: tuple[tuple[int, float], ...] = ()


def write_carry(memories: dict[int, Memory]) -> bytes:
    """The memories as bytes, the strangest scopes first where there are more than fit, then the loudest entities."""
    kept = sorted(memories.items(), key=lambda item: (-item[1].bits, item[0]))[:MAX_SCOPES]
    scopes = b"".join(_SCOPE.pack(code, m.time_s, m.first_s, m.bits) for code, m in kept)
    head = _MAGIC + _COUNT.pack(len(kept)) + scopes
    loud = [(-bits, number, owner) for number, (_, memory) in enumerate(kept) for owner, bits in memory.loud]
    room = (MOST_BYTES - len(head)) // _LOUD.size
    return head + b"".join(_LOUD.pack(number, owner, -bits) for bits, number, owner in sorted(loud)[:room])


def read_carry(carry: bytes) -> dict[int, Memory]:
    """The memories back from bytes; empty bytes are a fresh start. Raises DataError where they are none of ours.

    >>> read_carry(write_carry({5: Memory(60.0, 0.0, 1.5, ((7, 1.0),))}))
    {5: Memory(time_s=60.0, first_s=0.0, bits=1.5, loud=((7, 1.0),))}
    """
    if not carry:
        return {}
    start = len(_MAGIC) + _COUNT.size
    if not carry.startswith(_MAGIC) or not start <= len(carry) <= MOST_BYTES:
        raise _refused("is not one of ours")
    (count,) = _COUNT.unpack_from(carry, len(_MAGIC))
    end = start + count * _SCOPE.size
    if count > MAX_SCOPES or end > len(carry) or (len(carry) - end) % _LOUD.size:
        raise _refused("is not one of ours")
    scopes = list(_SCOPE.iter_unpack(carry[start:end]))
    loud: list[list[tuple[int, float]]] = [[] for _ in scopes]
    for number, owner, bits in _LOUD.iter_unpack(carry[end:]):
        if number >= count or len(loud[number]) >= LOUDEST or not 0 <= bits <= MOST_BITS:
            raise _refused("holds impossible values")
        loud[number].append((owner, bits))
    for _, time_s, first_s, bits in scopes:
        if not (np.isfinite((time_s, first_s)).all() and first_s <= time_s and 0 <= bits <= MOST_BITS):
            raise _refused("holds impossible values")
    found = zip(scopes, loud, strict=True)
    return {code: Memory(time_s, first_s, bits, tuple(own)) for (code, time_s, first_s, bits), own in found}


def _refused(what: str) -> DataError:
    return DataError(f"the carry {what}", field="carry", mend="leave it out")
