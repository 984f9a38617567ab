"""Which fields are taken when nobody says so."""

from __future__ import annotations

import polars as pl
import pytest

from models.errors import DataError
from models.features.infer import MAX_FIELDS, infer_fields

ROWS = 200
TABLE = pl.DataFrame(
    {
        "_time": [str(n) for n in range(ROWS)],
        "user": [f"u{n % 7}" for n in range(ROWS)],
        "port": [str((22, 80, 443)[n % 3]) for n in range(ROWS)],
        "size": [str(n * 37) for n in range(ROWS)],
        "ratio": [("0.5", "1.5")[n % 2] for n in range(ROWS)],
        "kinds": ["a\nb" if n % 2 else "c" for n in range(ROWS)],
        "session": [f"s{n}" for n in range(ROWS)],
        "fixed": ["x"] * ROWS,
        "nothing": [""] * ROWS,
        "mixed": [str(n * 1000) if n % 2 else f"v{n % 5}" for n in range(ROWS)],
        "punct": [("--", "..")[n % 2] for n in range(ROWS)],
        "ai_score": [("0.1", "0.2")[n % 2] for n in range(ROWS)],
    }
)


def test_kinds_are_inferred_and_useless_columns_left_out_with_the_reason() -> None:
    fields, left_out = infer_fields(TABLE, (), ["_time"])
    assert {field.name: field.kind for field in fields} == {
        "user": "category",
        "port": "category",
        "size": "number",
        "ratio": "number",
        "kinds": "multivalue",
        "mixed": "category",
    }
    assert left_out == ["session: unique per row", "fixed: constant", "nothing: empty"]


def test_a_named_field_is_kept_though_doubtful_and_that_is_told() -> None:
    fields, doubtful = infer_fields(TABLE, ("user", "fixed", "session", "nothing"), ())
    assert [field.name for field in fields] == ["user", "fixed", "session"]
    assert doubtful == [
        "fixed: constant, but kept as it was asked for",
        "session: unique per row, but kept as it was asked for",
        "nothing: empty",
    ]


def test_a_kind_can_be_named() -> None:
    fields, left_out = infer_fields(TABLE, ("port:number", "session:category"), ())
    assert [field.kind for field in fields] == ["number", "category"] and left_out == []


@pytest.mark.parametrize(
    ("wanted", "field", "words"),
    [
        (("absent",), "absent", "not in the data"),
        (("fixed",), "fields", "no usable field"),
        (("user:text",), "fields", "unknown kind"),
    ],
)
def test_errors_name_the_field_and_the_mend(wanted: tuple[str, ...], field: str, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        infer_fields(TABLE, wanted, ())
    assert caught.value.field == field and caught.value.mend


def test_too_many_columns_is_an_error_that_says_what_to_do() -> None:
    wide = pl.DataFrame({f"c{n}": ["a", "b"] for n in range(MAX_FIELDS + 1)})
    with pytest.raises(DataError, match=f"{MAX_FIELDS + 1} fields") as caught:
        infer_fields(wide, (), ())
    assert "name the ones" in caught.value.mend
