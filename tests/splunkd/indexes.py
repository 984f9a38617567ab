"""Events in named indexes, found again by index and time, newest first.

An index is a row of segments, each sorted by time; small ones are merged as more are written. The text of an event
that was given as fields only is made when a search first needs it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import numpy as np
import polars as pl

from tests.splunkd.spl import columns
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.patterns import wildcard

MOST_SEGMENTS = 24
FIRST = ("_time", "_indextime", "_raw", "index", "host", "source", "sourcetype")
"""Fields that every event has."""


@dataclass
class Segment:
    """Events by ascending time; of two at one time the one written first stands first."""

    events: pl.DataFrame
    times: np.ndarray[tuple[int], np.dtype[np.float64]] = field(init=False)
    sources: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.events = self.events.sort("_time", maintain_order=True)
        self.times = self.events["_time"].to_numpy()
        self.sources = self.events["source"].unique().drop_nulls().to_list()

    def between(self, earliest_s: float, latest_s: float, raw: bool, sources: tuple[str, ...]) -> pl.DataFrame:
        """earliest_s <= _time < latest_s; only of these sources, where some are named."""
        wanted = [re.compile(wildcard(pattern)) for pattern in sources]
        named = [source for source in self.sources if not wanted or any(one.match(source) for one in wanted)]
        if not named:
            return self.events.clear()
        first, last = np.searchsorted(self.times, [earliest_s, latest_s])
        if raw and first < last and "_raw" not in self.events.columns:
            self.events = self.events.with_columns(raw_text(self.events))
        found = self.events.slice(int(first), max(int(last - first), 0))
        return found if len(named) == len(self.sources) else found.filter(pl.col("source").is_in(named))


class Indexes:
    """Every index by its name. `writes` counts what was written."""

    def __init__(self) -> None:
        self.writes = 0
        self._segments: dict[str, list[Segment]] = {}

    def create(self, *names: str) -> None:
        """Indexes that may be written to; they are never made by writing alone, as in Splunk."""
        for name in names:
            self._segments.setdefault(name, [])

    def names(self) -> list[str]:
        """The indexes there are."""
        return sorted(self._segments)

    def add(self, index: str, table: pl.DataFrame, now_s: float) -> None:
        """Write events: fields, with _time; _indextime is `now_s`, host, source and sourcetype have defaults."""
        if index not in self._segments:
            raise SplError(f"The index {index!r} does not exist")
        if table.is_empty():
            return
        if table["_time"].null_count():
            raise SplError("an event needs a _time")
        defaults = {"host": "splunk", "source": index, "sourcetype": "stash"}
        lacking = [pl.lit(value).alias(name) for name, value in defaults.items() if name not in table.columns]
        fixed = [pl.lit(float(now_s)).alias("_indextime"), pl.lit(index).alias("index")]
        self.writes += 1
        segments = self._segments[index]
        segments.append(Segment(as_events(table).with_columns(*lacking, *fixed)))
        if len(segments) > MOST_SEGMENTS:
            _merge(segments)

    def count(self, index: str) -> int:
        """How many events an index holds."""
        return sum(segment.events.height for segment in self._segments.get(index, ()))

    def matching(self, patterns: tuple[str, ...]) -> list[str]:
        """The indexes of these names; `*` alone leaves out those that begin with an underscore, as Splunk does."""
        return [name for name in self.names() if any(_matches(name, pattern) for pattern in patterns)]

    def events(
        self,
        patterns: tuple[str, ...],
        earliest_s: float,
        latest_s: float,
        *,
        raw: bool = True,
        sources: tuple[str, ...] = (),
    ) -> pl.DataFrame:
        """Events of these indexes with earliest_s <= _time < latest_s, newest first, the last written first of ties.

        Without `raw` the text of events may be missing. Where sources are named (with `*`, case aside), only theirs.
        """
        parts = [
            part
            for name in self.matching(patterns)
            for segment in self._segments[name]
            if (part := segment.between(earliest_s, latest_s, raw, sources)).height
        ]
        if not parts:
            return pl.DataFrame(schema={name: pl.Float64 if name in FIRST[:2] else pl.String for name in FIRST})
        found = columns.stack(*parts) if len(parts) > 1 else parts[0]
        if len(parts) > 1:
            found = found.sort("_time", maintain_order=True)
        # A field that none of these events has is not there.
        counts = found.null_count().row(0)
        absent = [name for name, nulls in zip(found.columns, counts, strict=True) if nulls == found.height]
        rest = [name for name in found.columns if name not in FIRST and name not in absent]
        first = [name for name in FIRST if name in found.columns]
        return found.select(*first, *rest).reverse()


def raw_text(events: pl.DataFrame) -> pl.Series:
    """The text of events that came as fields: `time field="value" ...`."""
    parts: list[pl.Expr] = [pl.from_epoch((pl.col("_time") * 1000).cast(pl.Int64), "ms").dt.strftime("%FT%T%.3fZ")]
    for name in events.columns:
        if name in FIRST:
            continue
        value = pl.col(name).list.join(",") if events.schema[name] == pl.List else pl.col(name)
        parts.append(pl.when(value.is_not_null()).then(pl.concat_str(pl.lit(f' {name}="'), value, pl.lit('"'))))
    return events.select(pl.concat_str(parts, ignore_nulls=True).alias("_raw")).to_series()


def as_events(table: pl.DataFrame) -> pl.DataFrame:
    """Columns as a search finds them: times are numbers, every other field is text, or texts."""
    changed = []
    for name in table.columns:
        values = table[name]
        if name in FIRST[:2]:
            changed.append(values.cast(pl.Float64))
        elif values.dtype == pl.List:
            changed.append(values.cast(columns.LISTS))
        elif values.dtype.is_float():
            changed.append(columns.as_kind(values.cast(pl.Float64), pl.String()))
        else:
            changed.append(values.cast(pl.String))
    return table.with_columns(changed)


def _matches(name: str, pattern: str) -> bool:
    if name.startswith("_") and not pattern.startswith("_"):
        return False
    return fnmatchcase(name, pattern)


def _merge(segments: list[Segment]) -> None:
    """The later half becomes one: what was written first, mostly the bulk, is left alone."""
    tail = segments[len(segments) // 2 :]
    segments[-len(tail) :] = [Segment(columns.stack(*map(_with_raw, tail)))]


def _with_raw(segment: Segment) -> pl.DataFrame:
    events = segment.events
    return events if "_raw" in events.columns else events.with_columns(raw_text(events))
