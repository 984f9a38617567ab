"""A learned day read back: whatever its files say, it is a day that was counted or a refusal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.arrays import array_bytes, read_array
from models.errors import DataError
from models.features.partition import Partition, learn
from models.features.spec import FeatureSpec, Field, Peers
from models.features.values import read_values
from tests.models.tables import sign_ins

SPEC = FeatureSpec((Field("dest", "category"), Field("bytes", "number")), ("user",), "_time")
Files = dict[str, bytes]


def day(spec: FeatureSpec = SPEC) -> Partition:
    values = read_values(sign_ins(days=1), spec)
    return learn(values, spec, np.ones(values.count, np.bool_))


def array(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Files], Files]:
    return lambda files: {**files, f"{name}.npy": array_bytes(change(read_array(files[f"{name}.npy"]).copy()))}


def told(**facts: Any) -> Callable[[Files], Files]:
    return lambda files: {**files, "partition.json": json.dumps(json.loads(files["partition.json"]) | facts).encode()}


def put(array: np.ndarray, at: int, value: int) -> np.ndarray:
    array[at] = value
    return array


def cells_without_end(files: Files) -> Files:
    """More cells of nobody than any memory holds."""
    return {**told(entities=[], cells=2**50)(files), "cells.npy": array_bytes(np.zeros(0, np.uint64))}


DAMAGED: dict[str, tuple[str, Callable[[Files], Files]]] = {
    "no such file": ("no array", lambda files: {n: f for n, f in files.items() if n != "cells.npy"}),
    "signed counts": ("no counts or codes", array("counts", lambda a: a.astype(np.int64))),
    "cells in few bits": ("no codes", array("cells", lambda a: a.astype(np.uint32))),
    "cells that do not ascend": ("cells that do not ascend", array("cells", lambda a: a[::-1])),
    "one cell twice": ("cells that do not ascend", array("cells", lambda a: put(a, 1, a[0]))),
    "cells without end": ("of different length", cells_without_end),
    "fewer cells": ("of different length", told(cells=7)),
    "no rows": ("counts no rows", told(tables=[["dest", 1]])),
    "a field twice": ("a field twice", told(tables=[["", 8], ["dest", 9], ["dest", 9]])),
    "no list of tables": ("no list of tables", told(tables=[[""]])),
    "codes of no cell": ("spreads its codes", array("spread", lambda a: put(a, 0, a[0] + 1))),
    "codes that do not ascend": ("codes that do not ascend", array("codes", lambda a: put(a, 9, 0))),
    "nothing shown": ("a count that is none", array("counts", lambda a: put(a, 3, 0))),
    "shown without end": ("a count that is none", array("counts", lambda a: put(a.astype(np.uint64), 3, 2**60))),
    "more than a day has": ("more than any day has", array("counts", lambda a: a.astype(np.uint64) + np.uint64(2**33))),
}


@pytest.mark.parametrize(("words", "damage"), DAMAGED.values(), ids=DAMAGED.keys())
def test_what_no_day_was_counted_as_is_refused(words: str, damage: Callable[[Files], Files]) -> None:
    files = day().files()
    assert Partition.from_files(files).files() == files
    with pytest.raises(DataError, match=words):
        Partition.from_files(damage(files))


def test_counts_may_be_wider_than_they_need_be() -> None:
    files = day().files()
    for name in ("spread", "counts"):
        wide = array(name, lambda a: a.astype(np.uint64))(files)
        assert Partition.from_files(wide).files() == files


@pytest.mark.parametrize(
    "other",
    [
        replace(SPEC, entities=("dest",)),
        replace(SPEC, fields=(*SPEC.fields, Field("app", "category"))),
        replace(SPEC, peers=(Peers("user", "app"),)),
    ],
)
def test_a_day_of_another_fit_is_refused(other: FeatureSpec) -> None:
    with pytest.raises(DataError, match="other fields"):
        day().fold(other)
