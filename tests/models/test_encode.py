"""Encoding: what is looked up, and how often."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from models.features.baseline import Generation
from models.features.encode import encode
from models.features.level import CategoryLevel
from models.features.partition import learn
from models.features.spec import FeatureSpec, Field
from models.features.values import read_values

SPEC = FeatureSpec((Field("dest", "category"),), ("user",))


@pytest.mark.parametrize(("start", "stop", "everyone"), [(0, 1000, 10), (0, 4, 4)])
def test_everyone_is_asked_once_a_value_and_never_more_often_than_there_are_rows(
    monkeypatch: pytest.MonkeyPatch, start: int, stop: int, everyone: int
) -> None:
    """A slice of a long history knows the values of all of it."""
    table = pl.DataFrame({"dest": [f"host{n % 10}" for n in range(1000)], "user": [f"u{n % 7}" for n in range(1000)]})
    values = read_values(table, SPEC)
    generation = Generation.publish(learn(values, SPEC, np.ones(1000, np.bool_)).fold(SPEC), SPEC)
    asked: list[int] = []
    original = CategoryLevel.look

    def look(level: CategoryLevel, at: Any, owners: Any, codes: Any, above: Any) -> Any:
        asked.append(len(codes))
        return original(level, at, owners, codes, above)

    monkeypatch.setattr(CategoryLevel, "look", look)
    found = encode(values.slice(start, stop), SPEC, generation)
    assert asked == [everyone, stop - start]
    alone = encode(read_values(table[start:stop], SPEC), SPEC, generation)
    assert np.array_equal(found.matrix, alone.matrix, equal_nan=True)
