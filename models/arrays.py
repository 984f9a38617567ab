"""Arrays as .npy bytes and back, without ever unpickling."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import DataError

Buffer = bytes | memoryview


def array_bytes(array: npt.NDArray[Any]) -> bytes:
    """An array in .npy format 1.0 or later, little-endian as it is."""
    out = io.BytesIO()
    np.save(out, np.ascontiguousarray(array), allow_pickle=False)
    return out.getvalue()


def read_array(content: Buffer) -> npt.NDArray[Any]:
    """An array over the bytes of a .npy file: no copy, read-only, objects refused.

    >>> read_array(array_bytes(np.arange(3))).tolist()
    [0, 1, 2]
    """
    head = io.BytesIO(bytes(content[:4096]))
    try:
        version = np.lib.format.read_magic(head)
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = reader(head)
    except ValueError as error:
        raise DataError(f"not an array file: {error}", field="bundle", mend="fit the model again") from None
    if dtype.hasobject or fortran:
        raise DataError("the array file holds objects", field="bundle", mend="fit the model again")
    count = int(np.prod(shape))
    if len(content) < head.tell() + count * dtype.itemsize:
        raise DataError("the array file is cut short", field="bundle", mend="fit the model again")
    found = np.frombuffer(content, dtype=dtype, count=count, offset=head.tell()) if count else np.zeros(0, dtype)
    return found.reshape(shape)
