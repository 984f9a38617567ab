"""Arrays as .npy bytes and back: nothing in them is unpickled, and not even the header is evaluated."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import DataError

Buffer = bytes | memoryview

HEAD = re.compile(
    rb"\x93NUMPY\x01\x00(?s:(..))\{'descr': '([<|][biuf]\d)', 'fortran_order': False, "
    rb"'shape': \((\d{1,15}(?:, \d{1,15})*)?,?\), \} *\n"
)
"""The head of an array file as numpy writes it for the arrays of a model."""
MOST_HEAD_BYTES = 256
ALIGNED_BYTES = 64
DTYPES: Mapping[bytes, Any] = {
    np.dtype(kind).str.encode(): np.dtype(kind)
    for kind in (np.bool_, np.uint8, np.uint16, np.uint32, np.uint64, np.int32, np.int64, np.float32, np.float64)
}
"""What an array may hold, by the name that its head gives."""


def array_bytes(array: npt.NDArray[Any]) -> bytes:
    """An array in .npy format 1.0, little-endian as it is."""
    out = io.BytesIO()
    np.save(out, np.ascontiguousarray(array), allow_pickle=False)
    return out.getvalue()


def read_array(content: Buffer, name: str = "the array file") -> npt.NDArray[Any]:
    """An array over the bytes of a .npy file: no copy, read-only, plain numbers only. name: what to call it.

    >>> read_array(array_bytes(np.arange(3))).tolist()
    [0, 1, 2]
    """
    dtype, shape, start = _head(content, name)
    count = math.prod(shape)
    size = len(content) - start
    if size != count * dtype.itemsize:
        raise _refused(name, "is cut short" if size < count * dtype.itemsize else "has more bytes than its shape says")
    found = np.frombuffer(content, dtype, count, start) if count else _nothing(dtype)
    if dtype == np.bool_ and count and found.view(np.uint8).max() > 1:
        raise _refused(name, "holds what is neither true nor false")
    return found.reshape(shape)


def array_in(files: Mapping[str, Buffer], name: str, *dtypes: Any) -> npt.NDArray[Any]:
    """One of a set of files as an array of one dimension, (n,). DataError unless it holds one of these kinds of
    numbers."""
    if name not in files:
        raise _refused(name, "is missing")
    found = read_array(files[name], name)
    if found.ndim != 1 or found.dtype not in dtypes:
        kinds = " or ".join(np.dtype(each).name for each in dtypes)
        raise _refused(name, f"is no array of {kinds} of one dimension")
    return found


def ascending(array: npt.NDArray[Any], *, strictly: bool = True, block: int = 1 << 20) -> bool:
    """Whether each entry is larger than the one before (not strictly: or as large). Looks at a block at a time, as the
    array may be large.

    >>> ascending(np.array([1, 2, 5])), ascending(np.array([1, 1]))
    (True, False)
    """
    above = np.greater if strictly else np.greater_equal
    blocks = (array[start : start + block + 1] for start in range(0, len(array), block))
    return all(bool(above(part[1:], part[:-1]).all()) for part in blocks)


def _head(content: Buffer, name: str) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """The kind of numbers, the shape, and where the numbers begin."""
    head = HEAD.match(bytes(content[:MOST_HEAD_BYTES]))
    if head is None or head[2] not in DTYPES:
        raise _refused(name, "is no array of plain numbers")
    if head.end() % ALIGNED_BYTES or head.end() != 10 + int.from_bytes(head[1], "little"):
        raise _refused(name, "has a head of another length than it says")
    return DTYPES[head[2]], tuple(int(length) for length in (head[3] or b"").split(b",") if length), head.end()


def _nothing(dtype: Any) -> npt.NDArray[Any]:
    empty = np.zeros(0, dtype)
    empty.setflags(write=False)  # as those with content: else it were another kind to the compiler
    return empty


def _refused(name: str, what: str) -> DataError:
    return DataError(f"{name} {what}", field="bundle", mend="fit the model again")
