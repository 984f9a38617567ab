"""Events as arrays: tokens, numbers, entity codes and times, read once from a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import polars.selectors as cs

from models.errors import DataError
from models.features.bands import band_texts, bands_of
from models.features.derive import DERIVATIONS, Compute
from models.features.hashing import MISSING, Coded, Codes, code_of, coded
from models.features.hours import hours_of_week
from models.features.spec import FeatureSpec, Field

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SEVERAL = ("multivalue", "ngrams")
"""The kinds of fields that hold several values a row."""
HOUR_S, DAY_S = 3600, 86_400
HOURS = pl.Series([f"{hour:02d}:00" for hour in range(24)])
EARLIEST_S, LATEST_S = -62_135_596_800, 4_102_444_800
"""1 January of the years 1 and 2100: a number outside is no epoch in seconds."""
BUCKETS_PER_OCTAVE = 8
BUCKET_OFFSET = 1 << 15
_YEAR_FIRST = r"^\d{4}[-/]"
_ONE_VALUE = r"\$(?:[^$]|\$\$)*\$"
"""A value as Splunk encodes it among several: between dollars, its own doubled."""


@dataclass(frozen=True)
class Tokens:
    """The values of one field in long form: row numbers ascending, shape (t,), and the value of each, t rows.

    times: how often each row shows each value, int64 (t,), of a sequence; None where repeats count once.
    """

    rows: Ints
    values: Coded
    times: Ints | None = None

    @property
    def codes(self) -> Codes:
        """The code of each value, shape (t,)."""
        return self.values.codes

    def slice(self, start: int, stop: int) -> Tokens:
        first, last = np.searchsorted(self.rows, (start, stop))
        times = None if self.times is None else self.times[first:last]
        return Tokens(self.rows[first:last] - start, self.values.take(slice(first, last)), times)


@dataclass(frozen=True)
class Values:
    """A table of events, ready to be counted or encoded.

    tokens: per category-like field; numbers: per number field, float64 (n,), NaN where missing;
    owners: per entity field, who each row belongs to, n rows, and per level of peers that the events name, which group
    each names; time: epoch seconds (n,) or None; scope: codes (n,).
    """

    count: int
    tokens: Mapping[str, Tokens]
    numbers: Mapping[str, Floats]
    owners: Mapping[str, Coded]
    time: Floats | None
    scope: Codes

    @cached_property
    def entities(self) -> Mapping[str, Codes]:
        """Per entity field, and level of peers that the events name, codes (n,), 0 where missing."""
        return {name: owner.codes for name, owner in self.owners.items()}

    @property
    def main(self) -> Codes | None:
        """The codes of the main entity, (n,); None where there is no entity."""
        return next(iter(self.entities.values()), None)

    def slice(self, start: int, stop: int) -> Values:
        """Rows start to stop, without copying where it can be helped."""
        return Values(
            count=stop - start,
            tokens={name: tokens.slice(start, stop) for name, tokens in self.tokens.items()},
            numbers={name: numbers[start:stop] for name, numbers in self.numbers.items()},
            owners={name: owner.take(slice(start, stop)) for name, owner in self.owners.items()},
            time=None if self.time is None else self.time[start:stop],
            scope=self.scope[start:stop],
        )


def read_values(table: pl.DataFrame, spec: FeatureSpec) -> Values:
    """Read the fields that a spec names. Fields absent from the table, and times that cannot be read, are missing."""
    table = with_derived(table, spec.fields)
    sizes = [field.name for field in spec.fields if field.kind in ("number", "band")]
    numbers = _numbers(table, [*sizes, *([spec.time] if spec.time else [])])
    time = _with_iso(table, spec.time, numbers[spec.time]) if spec.time else None
    fields = [field for field in spec.fields if field.kind in ("category", *SEVERAL)]
    groups = {peers.level: peers.field for peers in spec.peers if peers.field}
    others = [*spec.entities, *groups.values(), *([spec.scope] if spec.scope else [])]
    named = dict.fromkeys([*(field.name for field in fields), *others])
    columns = coded(pl.DataFrame([texts(table, name) for name in named]))
    several = _multivalued(table, columns, [field.name for field in fields])
    rows = np.arange(table.height)
    tokens = {f.name: _long(table, f) if f.name in several else _filled(columns[f.name], rows) for f in fields}
    hours = [field.name for field in spec.fields if field.kind == "hour"]
    tokens |= {name: _hour_tokens(time if name == spec.time else read_time(table, name)) for name in hours}
    tokens |= {f.name: _week_tokens(read_time(table, f.name)) for f in spec.fields if f.kind == "week_hour"}
    bands = {field.name: field for field in spec.fields if field.kind == "band"}
    tokens |= {name: _band_tokens(numbers[name], field.edges) for name, field in bands.items()}
    tokens |= {field.name: _counted(table, field) for field in spec.fields if field.kind == "sequence"}
    scope = columns[spec.scope].codes if spec.scope else np.zeros(table.height, np.uint64)
    owners = {name: columns[name] for name in spec.entities}
    owners |= {level: columns[name] for level, name in groups.items()}
    return Values(
        table.height, tokens, {name: numbers[name] for name in sizes if name not in bands}, owners, time, scope
    )


def with_derived(table: pl.DataFrame, fields: Sequence[Field]) -> pl.DataFrame:
    """The table and its derived fields, each computed from the columns as they came.

    A field is missing everywhere where the table lacks one of its sources.

    >>> way = Field("way", "category", how="pair", of=("user", "dest"))
    >>> with_derived(pl.DataFrame({"user": ["alice"], "dest": ["srv1"]}), [way])["way"][0]
    'alice > srv1'
    """
    made = [_derived(table, field).alias(field.name) for field in fields if field.how]
    if not made:
        return table
    hidden = {name for one in made for name in (one.name, f"__mv_{one.name}")}
    return pl.DataFrame([*(column for column in table.get_columns() if column.name not in hidden), *made])


def texts(table: pl.DataFrame, name: str) -> pl.Series:
    """A column as strings, empty for absent."""
    if name not in table.columns:
        return pl.Series(name, [""], dtype=pl.String).new_from_index(0, table.height)
    column = table[name]
    if column.dtype == pl.String and not column.null_count():
        return column
    if isinstance(column.dtype, pl.List):
        column = column.cast(pl.List(pl.String)).list.join("\n")
    return column.cast(pl.String).fill_null("")


def value_lists(table: pl.DataFrame, name: str) -> pl.Series:
    """The values of each row as lists of strings: from `__mv_name` as Splunk encodes it, else split at newlines.

    >>> table = pl.DataFrame({"f": ["a\\nb", "c"], "__mv_f": ["$a$;$b$", ""]})
    >>> value_lists(table, "f").to_list()
    [['a', 'b'], ['c']]
    """
    plain = texts(table, name).str.split("\n")
    encoded = texts(table, f"__mv_{name}")
    if not (encoded != "").any():
        return plain
    if encoded.str.contains("$$;$$", literal=True).any():  # some value has what stands between two
        inner = encoded.str.extract_all(_ONE_VALUE).list.eval(pl.element().str.strip_prefix("$").str.strip_suffix("$"))
    else:
        inner = encoded.str.strip_prefix("$").str.strip_suffix("$").str.split("$;$")
    decoded = inner.list.eval(pl.element().str.replace_all("$$", "$", literal=True))
    return pl.select(pl.when(encoded != "").then(decoded).otherwise(plain)).to_series()


def is_multivalue(table: pl.DataFrame, name: str) -> bool:
    """Whether any row of a field holds more than one value."""
    return bool((texts(table, f"__mv_{name}") != "").any() or texts(table, name).str.contains("\n").any())


def read_numbers(table: pl.DataFrame, name: str) -> Floats:
    """A column as float64 (n,); what is no finite number becomes NaN."""
    return _numbers(table, [name])[name]


def read_time(table: pl.DataFrame, name: str) -> Floats:
    """Epoch seconds (n,), from numbers or ISO 8601 text; NaN where empty, absent or neither."""
    return _with_iso(table, name, read_numbers(table, name))


def require_time(table: pl.DataFrame, name: str) -> None:
    """Raise DataError when the time field is absent, or holds anything that is no time."""
    if name not in table.columns:
        raise DataError("the time field is not in the data", field=name, mend="name it with time=, or use time=none")
    text, found = texts(table, name), read_time(table, name)
    bad = np.isnan(found) & (text != "").to_numpy()
    if bad.any():
        raise DataError(
            f"{int(bad.sum())} of {table.height} times are neither epoch seconds nor ISO 8601",
            field=name,
            mend="convert it with strptime, or use time=none",
            example=text[int(np.flatnonzero(bad)[0])],
        )
    if np.nanmax(found, initial=0.0) > LATEST_S:
        raise DataError("times lie beyond the year 2100", field=name, mend="divide milliseconds by 1000")
    if np.nanmin(found, initial=0.0) < EARLIEST_S:
        raise DataError("times lie before the year 1", field=name, mend="give epoch seconds or ISO 8601")


def bucket_of(numbers: Floats) -> npt.NDArray[np.int64]:
    """The log bucket of each number, eight to the octave, signed; NaN is not allowed.

    >>> bucket_of(np.array([0.0, 1.0, 3.0, -1.0])).tolist()
    [0, 8, 16, -8]
    """
    return np.floor(log_scale(np.abs(numbers))).astype(np.int64) * np.sign(numbers).astype(np.int64)


def log_scale(magnitudes: Floats) -> Floats:
    """Bucket units of a magnitude: 8 log2(1 + x)."""
    return BUCKETS_PER_OCTAVE * np.log2(1.0 + magnitudes)


def token_texts(table: pl.DataFrame, field: Field) -> pl.DataFrame:
    """The values of a category-like field in long form: columns row (ascending) and value, each value once a row.

    A category holds one value; of several, the first counts.
    """
    if field.kind in SEVERAL:
        long = value_lists(table, field.name).alias("value").to_frame().with_row_index("row")
        return long.explode("value").unique(maintain_order=True).filter(pl.col("value") != "")
    text = _first_values(table, field.name)
    return text.alias("value").to_frame().with_row_index("row").filter(pl.col("value") != "")


def _derived(table: pl.DataFrame, field: Field) -> pl.Series:
    found = DERIVATIONS[field.how]
    if any(source not in table.columns for source in field.of):
        return pl.Series([""]).new_from_index(0, table.height)
    if found.reads == "lists":
        return found.compute([value_lists(table, source) for source in field.of])
    if found.reads == "number":
        return found.compute([pl.Series(read_time(table, source)) for source in field.of])
    if found.kinds[0] == "number":
        return _once_each(found.compute, texts(table, field.of[0]))
    if len(field.of) == 1 and is_multivalue(table, field.of[0]):
        return _of_each_value(found.compute, value_lists(table, field.of[0]))
    if len(field.of) == 1:
        return _once_each(found.compute, texts(table, field.of[0]))
    return found.compute([_first_values(table, source) for source in field.of])


def _once_each(compute: Compute, values: pl.Series) -> pl.Series:
    """A function of one column, computed once for each distinct value."""
    distinct = values.unique(maintain_order=True)
    return compute([distinct]).gather(values.cast(pl.Enum(distinct)).to_physical())


def _of_each_value(compute: Compute, lists: pl.Series) -> pl.Series:
    """All that a function gives for the values of each row, as lists."""
    long = lists.alias("value").to_frame().with_row_index("row").explode("value", empty_as_null=True)
    found = long.select("row", value=_once_each(compute, long["value"].fill_null("")))
    if isinstance(found["value"].dtype, pl.List):
        found = found.explode("value", empty_as_null=True)
    return found.group_by("row", maintain_order=True).agg(pl.col("value").drop_nulls())["value"]


def _first_values(table: pl.DataFrame, name: str) -> pl.Series:
    return value_lists(table, name).list.first() if is_multivalue(table, name) else texts(table, name)


def _numbers(table: pl.DataFrame, names: Sequence[str]) -> dict[str, Floats]:
    """Columns as read_numbers gives them, all at once."""
    typed = {name for name in names if name in table.columns and table[name].dtype.is_numeric()}
    cells = pl.DataFrame([table[name] if name in typed else texts(table, name) for name in dict.fromkeys(names)])
    text, number = pl.col(pl.String).str.strip_chars().cast(pl.Float64, strict=False), cs.numeric().cast(pl.Float64)
    found = {column.name: column.to_numpy() for column in cells.select(text, number)}
    return {name: np.where(np.isfinite(numbers), numbers, np.nan) for name, numbers in found.items()}


def _with_iso(table: pl.DataFrame, name: str, seconds: Floats) -> Floats:
    """Seconds, and where they are NaN those of ISO 8601 text."""
    unread = np.isnan(seconds)
    return np.where(unread, _iso_seconds(texts(table, name)), seconds) if unread.any() else seconds


def _multivalued(table: pl.DataFrame, columns: Mapping[str, Coded], names: Sequence[str]) -> set[str]:
    """The fields of which some row holds several values."""
    encoded = [name for name in names if f"__mv_{name}" in table.columns]
    filled = table.select((pl.col(f"__mv_{name}").cast(pl.String) != "").any().alias(name) for name in encoded)
    joined = pl.DataFrame([pl.Series(name, [columns[name].texts]) for name in names])
    broken = joined.select(pl.all().list.join("").str.contains("\n", literal=True))
    return {name for found in (filled, broken) for name in found.columns if found[name].item()}


def _filled(column: Coded, rows: Ints) -> Tokens:
    """One value a row, the empty ones left out. rows: all row numbers, which fields may share."""
    filled = column.distinct != MISSING
    if filled.all():
        return Tokens(rows, column)
    rows = np.flatnonzero(filled[column.at])
    return Tokens(rows, column.take(rows))


def _long(table: pl.DataFrame, field: Field) -> Tokens:
    """The values of a field that holds several in some row."""
    long = token_texts(table, field)
    values = long.select("value")
    return Tokens(long["row"].to_numpy().astype(np.int64), coded(values)["value"])


def _band_tokens(numbers: Floats, edges: tuple[float, ...]) -> Tokens:
    rows, names = np.flatnonzero(~np.isnan(numbers)), pl.Series(band_texts(edges))
    codes = np.array([code_of(name) for name in names], np.uint64)
    return Tokens(rows, Coded(names, codes, bands_of(numbers[rows], edges)))


def _counted(table: pl.DataFrame, field: Field) -> Tokens:
    """The distinct values of each row, and how often it shows each."""
    long = value_lists(table, field.name).alias("value").to_frame().with_row_index("row").explode("value")
    found = long.filter(pl.col("value") != "").group_by("row", "value", maintain_order=True).agg(times=pl.len())
    values = coded(found.select("value"))["value"]
    return Tokens(found["row"].to_numpy().astype(np.int64), values, found["times"].to_numpy().astype(np.int64))


def _hour_tokens(time: Floats | None) -> Tokens:
    time = np.zeros(0) if time is None else time
    rows = np.flatnonzero(~np.isnan(time))
    return Tokens(rows, Coded(HOURS, np.arange(1, 25, dtype=np.uint64), (time[rows] // HOUR_S % 24).astype(np.uint32)))


def _week_tokens(time: Floats) -> Tokens:
    rows = np.flatnonzero(~np.isnan(time))
    return Tokens(rows, hours_of_week(time[rows]))


def _iso_seconds(text: pl.Series) -> Floats:
    """Seconds of ISO 8601 texts, NaN for others. All of a column are first read in the format of the first one that
    can be; what is left, in that of the next, so that what a text says hangs on no other."""
    # A text that does not begin with its year is never guessed at: 05/10 is May in one country and October in another.
    text = text.set(~text.str.contains(_YEAR_FIRST), "")
    found, left = _of_one_format(text), np.zeros(0, np.int64)
    while (rest := np.flatnonzero(np.isnan(found) & (text != "").to_numpy())).size not in (0, left.size):
        left = rest
        found[left] = _of_one_format(text.gather(left))
    return found


def _of_one_format(text: pl.Series) -> Floats:
    parsed = text.str.to_datetime(time_unit="us", time_zone="UTC", strict=False, ambiguous="null")
    return (parsed.dt.timestamp("us").cast(pl.Float64) / 1e6).fill_null(float("nan")).to_numpy().copy()
