"""Stash: the text of summary, risk and notable events, `<time>, key="value", key="value"`, and how a search reads it.

What is written follows two public sources. `collect` in Splunk's Search Reference: the time is the first found of
info_min_time, _time and now; rows that have a _raw leave as that text alone. And the Common Action Model's stash
writer, used by Enterprise Security's actions: backslash and quote are escaped by a backslash, a multivalue field is
its key several times, an empty value is left out, internal fields stay behind, and fields that would be mistaken for
the new event's own (host, source, index, ...) are called orig_*.

What is read follows transforms.conf: pairs with DELIMS, MV_ADD, CLEAN_KEYS off, KEEP_EMPTY_VALS off.

Assumed, not found in public: that reading undoes the escaped backslash, as it does the escaped quote; that line feeds
and blanks inside the quotes survive; and that `collect` writes a multivalue field as the actions do. The last can be
chosen: joined by line feeds is the other possibility.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import polars as pl

from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.values import text

Several = Literal["repeated", "joined"]
"""How a multivalue field is written: its key several times, or once with line feeds between the values."""

SOURCETYPE = "stash"
ORIGINAL = {
    "splunk_server", "index", "source", "sourcetype", "host", "linecount", "timestartpos", "timeendpos",
    "eventtype", "tag", "search_name", "event_hash", "event_id",
}  # fmt: skip
"""Fields that are called orig_* in the new event."""
ORIGINAL_INTERNAL = {"_time": "orig_time", "_raw": "orig_raw", "_bkt": "orig_bkt", "_cd": "orig_cd"}
DROPPED = {"punct", "sid", "rid", "orig_sid", "orig_rid"}

_PAIR = re.compile(r'([^\s=,"]+)=(?:"((?:[^"\\]|\\.)*)"|([^,"]*))', re.DOTALL)
_NAME = re.compile(r'[^\s=,"]+')


def written(
    rows: pl.DataFrame,
    times: pl.Series,
    constants: Mapping[str, str],
    *,
    internal: bool = False,
    several: Several = "repeated",
) -> pl.Series:
    """The text of each row. `constants` are the same in every event and stand first; `internal` keeps orig_time etc."""
    parts = [text(times).alias("")]
    names = _names(rows.columns, internal)
    parts += [pl.repeat(_pair(name, value), rows.height, eager=True).alias("") for name, value in constants.items()]
    for field, name in names.items():
        if name not in constants:
            parts.append(_pairs(name, rows[field], several))
    if rows.is_empty():
        return pl.Series("_raw", [], dtype=pl.String)
    frame = pl.DataFrame([part.alias(str(number)) for number, part in enumerate(parts)])
    return frame.select(pl.concat_str(pl.all(), ignore_nulls=True).alias("_raw")).to_series()


def _names(fields: list[str], internal: bool) -> dict[str, str]:
    """Each field that is written and the name it gets, in the order of the names."""
    found: dict[str, str] = {}
    for field in sorted(fields):
        if field in ORIGINAL_INTERNAL:
            if internal:
                found[field] = ORIGINAL_INTERNAL[field]
        elif field in ORIGINAL or field.startswith("tag::"):
            found[field] = f"orig_{field}"
        elif not field.startswith(("_", "date_")) and field not in DROPPED:
            found[field] = field
    # An orig_* of the row gives way to the one that is made now.
    made = {name for field, name in found.items() if field != name}
    found = {field: name for field, name in found.items() if field not in made}
    for name in found.values():
        if not _NAME.fullmatch(name):
            raise SplError(f"The field {name!r} cannot be kept in a stash event: its name would not be read back")
    return found


def _pairs(name: str, values: pl.Series, several: Several) -> pl.Series:
    """`, name="value"` for each row that has a value, else null."""
    if values.dtype == pl.List:
        if several == "repeated":
            pair = pl.lit(f', {name}="') + _escaped(pl.element()) + pl.lit('"')
            joined = values.list.eval(pair).list.join("")
            return joined.set(joined == "", None)
        values = values.list.join("\n")
    frame = text(values).alias("value").to_frame()
    has = pl.col("value").is_not_null() & (pl.col("value") != "")
    pair = pl.lit(f', {name}="') + _escaped(pl.col("value")) + pl.lit('"')
    return frame.select(pl.when(has).then(pair)).to_series()


def _pair(name: str, value: str) -> str:
    return f', {name}="' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if value else ""


def _escaped(value: pl.Expr) -> pl.Expr:
    return value.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)


def read(raws: pl.Series) -> pl.DataFrame:
    """The fields of stash events; a key that comes several times is multivalue."""
    columns: dict[str, list[str | None]] = {}
    lists: dict[str, dict[int, list[str]]] = {}
    for number, raw in enumerate(raws):
        for name, quoted, bare in _PAIR.findall(raw):
            value = _unescaped(quoted) if quoted else bare.strip()
            if not value:
                continue
            column = columns.get(name)
            if column is None:
                column = columns[name] = [None] * len(raws)
            already = column[number]
            if already is None:
                column[number] = value
            else:
                lists.setdefault(name, {}).setdefault(number, [already]).append(value)
    return pl.DataFrame([_column(name, values, lists.get(name)) for name, values in columns.items()])


def _column(name: str, values: list[str | None], several: dict[int, list[str]] | None) -> pl.Series:
    if not several:
        return pl.Series(name, values, dtype=pl.String)
    cells = [several.get(number, None if value is None else [value]) for number, value in enumerate(values)]
    return pl.Series(name, cells, dtype=pl.List(pl.String))


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL) if "\\" in value else value
