"""Sees what is parsed: every reader of JSON, arrays and pickles tells what it was given."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np

READERS: tuple[tuple[Any, str], ...] = (
    (json, "loads"),
    (json, "load"),
    (np, "load"),
    (np, "frombuffer"),
    (np.lib.format, "read_array"),
    (np.lib.format, "read_magic"),
    (pickle, "loads"),
    (pickle, "load"),
    (pickle, "Unpickler"),
)


@contextmanager
def watched() -> Iterator[list[bytes]]:
    """What readers are given from now on."""
    seen: list[bytes] = []
    with ExitStack() as stack:
        for place, name in READERS:
            stack.enter_context(patch.object(place, name, _telling(getattr(place, name), seen)))
        yield seen


def _telling(reader: Callable[..., Any], seen: list[bytes]) -> Callable[..., Any]:
    def read(given: Any, *rest: Any, **named: Any) -> Any:
        seen.append(bytes(given) if isinstance(given, bytes | bytearray | memoryview) else repr(given).encode())
        return reader(given, *rest, **named)

    return read
