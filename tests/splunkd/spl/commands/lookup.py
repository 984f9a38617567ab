"""lookup: fields of a lookup's rows written into the events they match."""

from __future__ import annotations

import ipaddress

import polars as pl

from tests.splunkd.spl import columns
from tests.splunkd.spl.commands import eventstats
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.tree import Lookup
from tests.splunkd.spl.world import LookupTable, RunningSearch


def run(stage: Lookup, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """OUTPUT writes over fields that are there, OUTPUTNEW only where there is none.

    An event without a match loses a field that OUTPUT names. The documentation does not say so in so many words.
    """
    found = _find(stage, search)
    inputs = {name for name, _ in stage.inputs}
    outputs = stage.outputs or tuple((name, name) for name in found.table.columns if name not in inputs)
    if any(name not in found.table.columns for name in [*inputs, *(name for name, _ in outputs)]):
        raise SplError("Could not find all of the specified lookup fields in the lookup table.")
    matches = _matches(stage, table, found)
    rows = pl.DataFrame({"row": pl.int_range(table.height, eager=True)})
    # Nearly always a row matches one entry at most, and needs no list.
    alone = matches["row"].n_unique() == matches.height
    entry_of_row = rows.join(matches, on="row", how="left", maintain_order="left")["entry"] if alone else None
    for lookup_field, event_field in outputs:
        values = found.table[lookup_field]
        if entry_of_row is not None:
            result = columns.narrow(values.gather(entry_of_row))
        else:
            lists = matches.with_columns(values.gather(matches["entry"]).alias("value")).drop_nulls("value")
            several = lists.group_by("row", maintain_order=True).agg("value")
            result = columns.narrow(rows.join(several, on="row", how="left", maintain_order="left")["value"])
        absent = columns.column(table, event_field).is_null()
        where = pl.repeat(True, table.height, eager=True) if stage.overwrite else absent
        table = eventstats.write(table, event_field, result, where)
    return table


def _find(stage: Lookup, search: RunningSearch) -> LookupTable:
    try:
        return search.world.lookup(stage.lookup)
    except SplError as error:
        words = [stage.lookup, *(name for name, _ in stage.inputs)]
        if stage.outputs:
            words += ["OUTPUT" if stage.overwrite else "OUTPUTNEW", *(name for name, _ in stage.outputs)]
        shown = ", ".join(words)
        raise SplError(f"Could not construct lookup '{shown}'. See search.log for more details.") from error


def _matches(stage: Lookup, table: pl.DataFrame, found: LookupTable) -> pl.DataFrame:
    """`row` of the table and `entry` of the lookup, the first max_matches of each row in the lookup's order."""

    def folded(series: pl.Series, name: str) -> pl.Series:
        text = columns.as_text(series)
        return (text if found.case_sensitive else text.str.to_lowercase()).alias(name)

    names = [str(at) for at in range(len(stage.inputs))]
    entries = pl.DataFrame(
        [folded(found.table[lookup_field], name) for name, (lookup_field, _) in zip(names, stage.inputs, strict=True)]
    ).with_columns(pl.int_range(pl.len()).alias("entry"))
    rows = pl.DataFrame({"row": pl.int_range(table.height, eager=True)})
    for name, (lookup_field, event_field) in zip(names, stage.inputs, strict=True):
        flat = columns.flat(columns.column(table, event_field))
        if lookup_field in found.networks:
            flat = flat.with_columns(_network_of(flat["value"], found.table[lookup_field]))
        rows = rows.join(flat.select("row", folded(flat["value"], name)), on="row", maintain_order="left")
    matched = rows.join(entries, on=names, maintain_order="left_right")
    return matched.filter(pl.int_range(pl.len()).over("row") < found.max_matches).select("row", "entry")


def _network_of(addresses: pl.Series, networks: pl.Series) -> pl.Series:
    """Each address as the first network that holds it is written; one that none holds, or that is no address, as it is.

    transforms.conf.spec, match_type = CIDR(field).
    """
    known = [(network, parsed) for network in networks.to_list() if (parsed := _network(network))]
    found = {}
    for address in columns.as_text(addresses).drop_nulls().unique():
        one = _network(address)
        held = (text for text, wide in known if one and wide.version == one.version and one.subnet_of(wide))  # type: ignore[arg-type]
        found[address] = next(held, address)
    return columns.as_text(addresses).replace_strict(found, default=None, return_dtype=pl.String).alias("value")


def _network(text: str | None) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text or "", strict=False)
    except ValueError:
        return None
