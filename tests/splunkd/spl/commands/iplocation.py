"""iplocation: where an address is."""

from __future__ import annotations

import ipaddress

import polars as pl

from tests.splunkd.spl import columns
from tests.splunkd.spl.tree import Iplocation
from tests.splunkd.spl.world import RunningSearch

FIELDS = ("City", "Country", "Region", "lat", "lon")
INTERNAL = [
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "fc00::/7",
        "::1/128",
    )
]


def run(stage: Iplocation, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """An address without a place, such as an internal one, gets no fields.

    The world knows countries only: the other fields are there and empty, as for an address of which the database
    knows no more (docs: Search Reference, iplocation).
    """
    found = columns.column(table, stage.input)
    if found.dtype == columns.LISTS:
        found = found.list.drop_nulls().list.first()
    addresses = columns.as_text(found)
    known = {address: _country(address, search) for address in addresses.drop_nulls().unique()}
    country = pl.Series([known.get(address) if address else None for address in addresses], dtype=pl.String)
    located = pl.DataFrame({"Country": country}).with_columns(
        pl.when(pl.col("Country").is_not_null()).then(pl.lit("")).alias(name) for name in FIELDS if name != "Country"
    )
    return table.with_columns(located[name].alias(f"{stage.prefix}{name}") for name in FIELDS)


def _country(address: str, search: RunningSearch) -> str | None:
    try:
        parsed = ipaddress.ip_interface(address).ip
    except ValueError:
        return None
    if any(parsed in network for network in INTERNAL if network.version == parsed.version):
        return None
    return search.world.country(str(parsed))
