"""The shipped macros over raw events, without anything else of a Splunk."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import polars as pl

from splunk_app import package
from tests.splunkd import confs, knowledge
from tests.splunkd.spl.run import run
from tests.splunkd.spl.small_world import SmallWorld, running
from tests.splunkd.spl.world import LookupTable, Macro

APP = package.HERE


class RawWorld(SmallWorld):
    """An index `raw`, the app's macros and lookups."""

    def macro(self, name: str, args: int) -> Macro:
        return knowledge.macro(_macros(), name, args)


def mapped(raws: Sequence[str], macro: str, times_s: Sequence[float] | None = None) -> pl.DataFrame:
    """What a macro makes of these texts, in their order; times_s, ascending: of each (epoch seconds)."""
    order = times_s if times_s is not None else range(len(raws))
    events = pl.DataFrame(
        {"_time": pl.Series(order, dtype=pl.Float64), "_raw": list(raws), "index": ["raw"] * len(raws)}
    )
    return run(f"search index=raw | sort 0 _time | `{macro}`", _search(events))


def row(raw: str, macro: str) -> dict[str, object]:
    """The fields that a macro makes of one text, those without a value left out."""
    (found,) = mapped([raw], macro).drop("_time", "_raw", "index").to_dicts()
    return {name: value for name, value in found.items() if value is not None}


def _search(events: pl.DataFrame):  # type: ignore[no-untyped-def]
    return running(RawWorld(indexes={"raw": events}, lookups=_lookups()), earliest_s=-9e10, latest_s=9e10)


@cache
def _macros() -> confs.Conf:
    return confs.read([APP / "default" / "macros.conf"])


@cache
def _lookups() -> dict[str, LookupTable]:
    """The app's lookups: its files, and its collections as they come, empty."""
    found = confs.read([APP / "default" / "transforms.conf"])
    return {name: LookupTable(_rows(stanza)) for name, stanza in found.items() if stanza}


def _rows(stanza: dict[str, str]) -> pl.DataFrame:
    if "filename" not in stanza:
        return pl.DataFrame(schema={name.strip(): pl.String for name in stanza["fields_list"].split(",")})
    table = pl.read_csv(APP / "lookups" / stanza["filename"], infer_schema=False)
    return table.with_columns(pl.when(pl.all() != "").then(pl.all()))
