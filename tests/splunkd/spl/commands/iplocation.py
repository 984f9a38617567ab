"""iplocation: where an address is."""

from __future__ import annotations

import ipaddress

import polars as pl

from tests.splunkd.spl import columns
from tests.splunkd.spl.tree import Iplocation
from tests.splunkd.spl.world import RunningSearch

FIELDS = ("City", "Country", "Region", "lat", "lon")
CAPITALS = {
    "DE": (52.52, 13.41),
    "GB": (51.51, -0.13),
    "IN": (28.61, 77.21),
    "NL": (52.37, 4.89),
    "PL": (52.23, 21.01),
    "RO": (44.43, 26.1),
    "US": (38.9, -77.04),
    "VN": (21.03, 105.85),
}
"""Where an address of one of these countries is."""
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

    The world knows countries only, and the capitals of some: the other fields are there and empty, as for an address of
    which the database knows no more (docs: Search Reference, iplocation).
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
    for at, name in enumerate(("lat", "lon")):
        places = {code: str(place[at]) for code, place in CAPITALS.items()}
        located = located.with_columns(pl.col("Country").replace_strict(places, default=pl.col(name)).alias(name))
    return table.with_columns(located[name].alias(f"{stage.prefix}{name}") for name in FIELDS)


def _country(address: str, search: RunningSearch) -> str | None:
    try:
        parsed = ipaddress.ip_interface(address).ip
    except ValueError:
        return None
    if any(parsed in network for network in INTERNAL if network.version == parsed.version):
        return None
    return search.world.country(str(parsed))
