"""The order in which Splunk puts values: numbers by their size, then texts by their code points."""

from __future__ import annotations

import ipaddress

import polars as pl

from tests.splunkd.spl import columns, values


def keys(series: pl.Series, kind: str = "auto") -> pl.DataFrame:
    """Columns to sort by, one after the other: `text` is null where the number decides.

    "The sort order is determined between each pair of values" (Search Reference, sort) is no order where numbers,
    addresses and texts are mixed; here numbers come before texts, as the same reference says of min and max. Of
    several values the first counts.
    """
    single = _first(series)
    if kind in ("auto", "num") and single.dtype == pl.Float64:
        return pl.DataFrame({"number": single, "text": pl.Series([None] * len(single), dtype=pl.String)})
    text = values.text(single)
    number = pl.Series([None] * len(text), dtype=pl.Float64)
    if kind in ("auto", "num"):
        number = values.number(single)
    if kind == "ip" or (kind == "auto" and number.null_count() == len(number)):
        text = _addresses(text, every=kind == "auto")
    decided = pl.DataFrame({"number": number, "text": text})
    return decided.with_columns(pl.when(pl.col("number").is_null()).then(pl.col("text")).alias("text"))


def arrange(table: pl.DataFrame, by: list[tuple[bool, str, str]]) -> pl.DataFrame:
    """The rows sorted by (descending, field, kind); rows that lack a field come last, equal ones stay as they were."""
    order: list[pl.Series] = []
    descending: list[bool] = []
    for reverse, name, kind in by:
        key = keys(columns.column(table, name), kind)
        absent = key["number"].is_null() & key["text"].is_null()
        # Numbers stand before texts: a null number is the largest, a null text the smallest.
        order += [absent, key["number"].is_null(), key["number"], key["text"]]
        descending += [False, reverse, reverse, reverse]
    frame = pl.DataFrame([series.alias(str(at)) for at, series in enumerate(order)])
    places = frame.with_row_index("row").sort(
        [str(at) for at in range(len(order))], descending=descending, maintain_order=True
    )["row"]
    return table[places]


def _first(series: pl.Series) -> pl.Series:
    return series.list.drop_nulls().list.first() if series.dtype == columns.LISTS else series


def _addresses(text: pl.Series, *, every: bool) -> pl.Series:
    """Addresses in a form whose order is theirs; texts that are none stay, and with `every` one such keeps all."""
    found: dict[str, str] = {}
    for value in text.drop_nulls().unique():
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            if every:
                return text
            continue
        found[value] = f"{address.version}{int(address):039d}"
    return text.replace(found) if found else text
