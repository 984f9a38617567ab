"""Array files with other heads, other kinds of numbers and other contents."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np

from models.arrays import array_bytes, read_array
from tests.reliability.bundles.edits import Edit, Files, array, content, head, named
from tests.reliability.bundles.foreign import MARK, contents

LOOKED_AT = ("forest.threshold.npy", "category.keys.npy", "warm.0.npy")
CODE = f"__import__('os').system('touch {MARK}')"


def chosen() -> list[tuple[str, Edit]]:
    """Each with its name."""
    return [one for name in LOOKED_AT for one in named(name, [*_heads(name), *_kinds(name), *_contents(name)])]


def random(chance: Random, files: Files) -> tuple[str, Edit]:
    """Some entries of some array with something odd in them."""
    name = chance.choice([name for name in sorted(files) if name.endswith(".npy")])
    numbers = read_array(files[name])
    what, edit = chance.choice(_edits(chance, numbers))
    return f"{name} {what}", array(name, edit)


def _edits(chance: Random, numbers: np.ndarray[Any, Any]) -> list[tuple[str, Any]]:
    at = chance.randrange(len(numbers))
    other = chance.randrange(len(numbers))
    if numbers.dtype.kind == "f":
        odd: Any = chance.choice((np.nan, np.inf, -np.inf, -1.0, 0.0, 1e308, -1e308, 5e-324, 0.5, 1e9))
    elif numbers.dtype.kind == "b":
        odd = not numbers[at]
    else:
        odd = chance.choice((0, 1, np.iinfo(numbers.dtype).min, np.iinfo(numbers.dtype).max, len(numbers), 17))

    def shuffled(a: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        order = list(range(len(a)))
        chance.shuffle(order)
        return a[order]

    return [
        (f"with [{at}] = {odd}", lambda a: a.__setitem__(at, odd)),
        (f"with [{at}:] = {odd}", lambda a: a.__setitem__(slice(at, None), odd)),
        (f"with [{at}] and [{other}] exchanged", lambda a: a.__setitem__([at, other], a[[other, at]])),
        (f"without [{at}]", lambda a: np.delete(a, at)),
        (f"with [{at}] twice", lambda a: np.insert(a, at, a[at])),
        ("shuffled", shuffled),
        ("with bits flipped", lambda a: _flipped(chance, a)),
    ]


def _flipped(chance: Random, numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    raw = bytearray(numbers.tobytes())
    for _ in range(3):
        bit = chance.randrange(8 * len(raw))
        raw[bit // 8] ^= 1 << bit % 8
    return np.frombuffer(bytes(raw), numbers.dtype)


def _heads(name: str) -> list[tuple[str, Edit]]:
    shapes = (
        "(-1,)", "(5, -1)", "()", "(1,)", "(9999999999,)", "(999999999999999,)", "(4294967296, 4294967296)",
        "(4611686018427387904, 4)", "(1e3,)", "('a',)", "(True,)", "None", "(2, 2)", f"({CODE},)",
        "(" * 2000 + ")" * 2000,
    )  # fmt: skip
    descrs = (
        "'|O'", "'O'", "'<U8'", "'|S8'", "'|V8'", "'<c16'", "'>f8'", "'<f2'", "'<f8,<f8'", "[('a', '<f8')]", "'<M8[s]'",
        "'<f8' ", "'=f8'", CODE, f"[('{CODE}', 'O')]", "'<f16'", "None", "'<i9'", "'|b8'", "('<f8', (2,))",
    )  # fmt: skip
    return [
        *((f"of shape {shape[:40]}", head(name, {"shape": shape})) for shape in shapes),
        *((f"of {descr[:40]}", head(name, {"descr": descr})) for descr in descrs),
        ("in Fortran's order", head(name, {"fortran_order": "True"})),
        *((f"of version {major}.{minor}", head(name, {}, (major, minor))) for major, minor in VERSIONS),
        ("with code for a head", head(name, {}, raw=CODE)),
        ("with one more key", head(name, {"run": CODE})),
        ("without a head", head(name, {}, raw=" ")),
        ("with a head of 60,000 letters", head(name, {"run": repr("x" * 60_000)})),
        ("with a head of half its length", _patched(name, 8, b"\x3b\x00")),
        ("with a head beyond the end", _patched(name, 8, b"\xff\xff")),
        ("with a head that has no end", lambda files: files.update({name: files[name][:60]})),
        ("shifted by one byte", lambda files: files.update({name: files[name][:127] + b" \n" + files[name][128:]})),
        ("cut short", lambda files: files.update({name: files[name][:-1]})),
        ("grown", lambda files: files.update({name: files[name] + b"\x00"})),
    ]  # fmt: skip


def _patched(name: str, at: int, new: bytes) -> Edit:
    return lambda files: files.update({name: files[name][:at] + new + files[name][at + len(new) :]})


VERSIONS = ((2, 0), (3, 0), (0, 0), (9, 9), (1, 1))


def _kinds(name: str) -> list[tuple[str, Edit]]:
    kinds = (np.float32, np.float64, np.int8, np.int32, np.int64, np.uint64, np.uint8, np.bool_, np.complex128, ">f8")
    return [
        *((f"as {np.dtype(kind)}", array(name, lambda a, kind=kind: a.astype(kind))) for kind in kinds),  # type: ignore[misc]
        ("in a column", array(name, lambda a: a.reshape(-1, 1))),
        ("in a row", array(name, lambda a: a.reshape(1, -1))),
        ("empty", array(name, lambda a: a[:0])),
        ("a thousand times", array(name, lambda a: np.tile(a, 1000 if len(a) < 1000 else 100))),
        ("of several fields", _raw(name, lambda a: np.zeros(len(a), [("a", "<f8"), ("b", "<i4")]))),
        ("of texts", _raw(name, lambda a: a.astype(str))),
        ("of dates", _raw(name, lambda a: np.zeros(len(a), "M8[s]"))),
    ]


def _raw(name: str, edit: Any) -> Edit:
    def alter(files: Files) -> None:
        files[name] = array_bytes(edit(read_array(files[name])))

    return alter


def _contents(name: str) -> list[tuple[str, Edit]]:
    return [(f"as {kind}", content(name, one)) for kind, one in sorted(contents().items())]
