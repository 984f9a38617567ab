"""Which fields a table offers and of what kind, when nobody says so."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from models.errors import DataError
from models.features.spec import Asked, Field, Kind, parse_field
from models.features.values import is_multivalue, texts

NUMBER_SHARE = 0.95
"""A field is a number where at least this share of its filled cells parse as one."""
MIN_DISTINCT_NUMBERS = 20
"""Whole numbers with fewer distinct values than this are names (ports, codes), not sizes."""
UNIQUE_SHARE = 0.95
MIN_ROWS_FOR_UNIQUE = 100
MAX_FIELDS = 500
SPLUNK_INTERNAL = frozenset(
    [
        "punct",
        "linecount",
        "splunk_server",
        "splunk_server_group",
        "timestartpos",
        "timeendpos",
        "eventtype",
        "tag",
        "date_hour",
        "date_mday",
        "date_minute",
        "date_month",
        "date_second",
        "date_wday",
        "date_year",
        "date_zone",
    ]
)


def infer_fields(table: pl.DataFrame, wanted: Iterable[str], reserved: Iterable[str]) -> tuple[list[Field], list[str]]:
    """The usable fields of a table and a sentence for each doubtful one: left out, or kept because it was named.

    wanted: fields as in `fields=` (see parse_field); empty for every column that is neither reserved (time, entities,
    label) nor internal to Splunk. Raises DataError when a wanted field is absent, or nothing usable remains.
    """
    asked = [parse_field(text) for text in wanted]
    candidates = asked or [Asked(name, None) for name in offered(table, frozenset(reserved))]
    if len(candidates) > MAX_FIELDS:
        raise DataError(
            f"{len(candidates)} fields are more than {MAX_FIELDS}",
            field="fields",
            mend="name the ones that matter",
        )
    fields, left_out, useful = [], [], False
    for one in candidates:
        name, kind = one.name, one.kind
        for source in one.of or (name,):
            _require(table, source)
        reason = "" if kind else _useless(table, name)
        useful = useful or not reason
        if reason and not asked or reason == "empty":
            left_out.append(f"{name}: {reason}")
        else:
            fields.append(Field(name, kind or kind_of(table, name), how=one.how, of=one.of))
            left_out += [f"{name}: {reason}, but kept as it was asked for"] if reason else []
    if not useful:
        raise DataError(
            "no usable field: " + "; ".join(left_out)[:400],
            field="fields",
            mend="name fields whose values vary",
        )
    return fields, left_out


def offered(table: pl.DataFrame, reserved: frozenset[str]) -> list[str]:
    """The columns that may be inputs: neither reserved nor internal."""
    hidden = reserved | SPLUNK_INTERNAL
    return [name for name in table.columns if name not in hidden and not name.startswith(("_", "ai_", "orig_ai_"))]


def _require(table: pl.DataFrame, name: str) -> None:
    if name not in table.columns:
        raise DataError(
            "the field is not in the data", field=name, mend="check its spelling, or leave it out of fields="
        )


def _useless(table: pl.DataFrame, name: str) -> str:
    filled = texts(table, name).filter(texts(table, name) != "")
    distinct = filled.n_unique()
    if distinct <= 1:
        return "constant" if len(filled) else "empty"
    many = len(filled) >= MIN_ROWS_FOR_UNIQUE and distinct > UNIQUE_SHARE * len(filled)
    if many and kind_of(table, name) != "number":
        return "unique per row"
    return ""


def kind_of(table: pl.DataFrame, name: str, number_share: float = NUMBER_SHARE) -> Kind:
    """The kind that a field's values are of; a number where at least number_share of the filled cells parse as one."""
    if is_multivalue(table, name):
        return "multivalue"
    filled = texts(table, name).filter(texts(table, name) != "")
    parsed = filled.cast(pl.Float64, strict=False).drop_nulls()
    parsed = parsed.filter(parsed.is_finite())
    if not len(filled) or len(parsed) < number_share * len(filled):
        return "category"
    fractions = bool((parsed != parsed.floor()).any())
    return "number" if fractions or parsed.n_unique() > MIN_DISTINCT_NUMBERS else "category"
