"""Small tools to alter the files of a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from models.arrays import array_bytes, read_array

Files = dict[str, bytes]
Edit = Callable[[Files], object]


def facts(name: str, edit: Callable[[Any], object]) -> Edit:
    """Edit what a JSON file says."""

    def alter(files: Files) -> None:
        found = json.loads(files[name])
        edit(found)
        files[name] = json.dumps(found).encode()

    return alter


def fact(name: str, *path: str | int, to: Any) -> Edit:
    """Set one fact of a JSON file."""

    def edit(found: Any) -> None:
        for step in path[:-1]:
            found = found[step]
        found[path[-1]] = to

    return facts(name, edit)


def array(name: str, edit: Callable[[np.ndarray[Any, Any]], object]) -> Edit:
    """Edit an array: in place, or by giving another."""

    def alter(files: Files) -> None:
        found = read_array(files[name]).copy()
        with np.errstate(all="ignore"):
            new = edit(found)
        files[name] = array_bytes(new if isinstance(new, np.ndarray) else found)

    return alter


def put(name: str, value: Any, at: int | slice = 0) -> Edit:
    """Set entries of an array."""
    return array(name, lambda found: found.__setitem__(at, value))


def arrays(**contents: np.ndarray[Any, Any]) -> Edit:
    """Replace the arrays of the forest."""
    return lambda files: files.update({f"forest.{part}.npy": array_bytes(one) for part, one in contents.items()})


def content(name: str, new: bytes) -> Edit:
    """Replace a file."""
    return lambda files: files.update({name: new})


def without(name: str) -> Edit:
    """Take a file away."""
    return lambda files: files.pop(name)


def all_of(*edits: Edit) -> Edit:
    """Several, one after the other."""
    return lambda files: [edit(files) for edit in edits]


def head(name: str, new: Mapping[str, Any], version: tuple[int, int] = (1, 0), raw: str = "") -> Edit:
    """Write another head before an array's numbers. new: what differs, as it stands in the text."""

    def alter(files: Files) -> None:
        old = read_array(files[name])
        said = {"descr": repr(old.dtype.str), "fortran_order": "False", "shape": f"({len(old)},)", **new}
        text = raw or "{" + "".join(f"'{key}': {value}, " for key, value in said.items()) + "}"
        size = 2 if version == (1, 0) else 4
        text += " " * (-(8 + size + len(text) + 1) % 64) + "\n"
        start = b"\x93NUMPY" + bytes(version) + len(text).to_bytes(size, "little")
        files[name] = start + text.encode() + old.tobytes()

    return alter


def named(what: str, edits: Sequence[tuple[str, Edit]]) -> list[tuple[str, Edit]]:
    """Edits with what they have in common before their names."""
    return [(f"{what} {name}", edit) for name, edit in edits]
