"""The functions of stats and its relatives, over groups of rows.

A field with several values counts each of them; what is no number is left out where numbers are asked for; and an
aggregation that finds nothing gives nothing, except the counts, which give 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from tests.splunkd.spl import columns, expressions, natural_order, values
from tests.splunkd.spl.errors import NotSupported
from tests.splunkd.spl.tree import Aggregation, FieldRef
from tests.splunkd.spl.world import RunningSearch

LIST_MAXSIZE = 100
"""limits.conf [stats] list_maxsize."""
COUNTS = ("count", "dc", "distinct_count")
_PERCENTILE = re.compile(r"p(?:erc)?(\d+(?:\.\d+)?)")

NUMBER, TEXT, TIME, ITSELF = pl.col("number"), pl.col("text"), pl.col("time"), pl.col("itself")


def _median() -> pl.Expr:
    """Of two middle values the mean, half a unit up where it ends in .5.

    Splunk 10.4.2 as measured by the mockdr project (median of 1 and 2 is 2, of 1 and 4 is 3, of 1.2 and 1.4 is 1.3);
    the documentation says "the higher of the two values", which is the same for neighbours.
    """
    middle = NUMBER.median()
    return pl.when((NUMBER.count() % 2 == 0) & (middle - middle.floor() == 0.5)).then(middle + 0.5).otherwise(middle)


def _spread(spread: pl.Expr) -> pl.Expr:
    """Of a sample; 0 for one value (docs: Aggregate functions, stdev, the row MbLg of the example)."""
    return pl.when(NUMBER.count() == 1).then(0.0).otherwise(spread)


FUNCTIONS: dict[str, Callable[[], pl.Expr]] = {
    "count": pl.len,
    "dc": TEXT.n_unique,
    "distinct_count": TEXT.n_unique,
    "sum": lambda: pl.when(NUMBER.count() > 0).then(NUMBER.sum()),
    "sumsq": lambda: pl.when(NUMBER.count() > 0).then((NUMBER * NUMBER).sum()),
    "avg": NUMBER.mean,
    "range": lambda: NUMBER.max() - NUMBER.min(),
    "stdev": lambda: _spread(NUMBER.std()),
    "var": lambda: _spread(NUMBER.var()),
    "median": _median,
    "mode": lambda: TEXT.mode().sort().first(),
    "first": ITSELF.first,
    "last": ITSELF.last,
    "earliest": lambda: ITSELF.get(TIME.arg_min(), null_on_oob=True),
    "latest": lambda: ITSELF.get(TIME.arg_max(), null_on_oob=True),
    "earliest_time": TIME.min,
    "latest_time": TIME.max,
    "values": lambda: TEXT.unique().sort(),
    "list": lambda: TEXT.head(LIST_MAXSIZE),
    # A number wins over text, so both are found.
    "min": NUMBER.min,
    "max": NUMBER.max,
}


@dataclass(frozen=True)
class Grouping:
    """Which rows belong together: `keys` has one row a group, `members` pairs (row, group) in the order of rows."""

    keys: pl.DataFrame
    members: pl.DataFrame


def group(table: pl.DataFrame, by: Iterable[str]) -> Grouping:
    """Groups in the natural order of their keys. A row is in one group for each value, and in none if one is absent."""
    names = list(dict.fromkeys(by))
    if not names:
        rows = pl.int_range(table.height, eager=True)
        return Grouping(
            pl.DataFrame(), pl.DataFrame({"row": rows, "group": pl.zeros(table.height, pl.Int64, eager=True)})
        )
    parts = pl.DataFrame([columns.column(table, name).alias(f"by_{at}") for at, name in enumerate(names)])
    parts = parts.with_columns(pl.int_range(pl.len()).alias("row"))
    for name, kind in parts.schema.items():
        if kind == columns.LISTS:
            parts = parts.explode(name)
    found = parts.drop_nulls().group_by([name for name in parts.columns if name != "row"], maintain_order=True)
    groups = found.agg("row").rename({f"by_{at}": name for at, name in enumerate(names)} | {"row": "__rows"})
    groups = natural_order.arrange(groups, [(False, name, "auto") for name in names])
    members = groups.select("__rows", pl.int_range(pl.len()).alias("group")).explode("__rows")
    members = members.select(pl.col("__rows").cast(pl.Int64).alias("row"), "group").drop_nulls().sort("row", "group")
    return Grouping(groups.drop("__rows"), members)


def argument(aggregation: Aggregation, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """The values an aggregation works on: `row`, `text`, `number`, and `itself` of the column's own type."""
    if aggregation.argument is None:
        if aggregation.function != "count":
            raise NotSupported(f"{aggregation.function} without a field")
        series = pl.Series([1.0] * table.height, dtype=pl.Float64)
    elif isinstance(aggregation.argument, FieldRef):
        if "*" in aggregation.argument.name:
            raise NotSupported(f"{aggregation.name}: an aggregation over a wildcard")
        series = columns.column(table, aggregation.argument.name)
    else:
        series = expressions.evaluate(aggregation.argument, table, search)
        if series.dtype == pl.Boolean:
            # count(eval(a=b)) counts the rows for which it is true.
            series = pl.DataFrame({"b": series}).select(pl.when(pl.col("b")).then(1.0))["literal"]
    long = columns.flat(series)
    value = long["value"]
    number = values.number(value)
    return long.select(
        "row",
        values.text(value).alias("text"),
        # A number too large to be one, such as 1e999, is none: nothing could be computed with it.
        number.set(~number.is_finite(), None).alias("number"),
        value.alias("itself"),
    )


def compute(
    aggregation: Aggregation, table: pl.DataFrame, members: pl.DataFrame, groups: int, search: RunningSearch
) -> pl.Series:
    """The aggregation's value for each group, in their order; null where it finds nothing."""
    function = expression(aggregation.function)
    found = argument(aggregation, table, search)
    time = values.number(columns.column(table, "_time"))
    joined = members.join(found, on="row", how="inner", maintain_order="left_right")
    joined = joined.with_columns(time.gather(joined["row"]).alias("time"))
    wanted = [function.alias("result"), TEXT.min().alias("least"), TEXT.max().alias("most")]
    per_group = joined.group_by("group").agg(wanted)
    every = pl.DataFrame({"group": pl.int_range(groups, eager=True)})
    per_group = every.join(per_group, on="group", how="left", maintain_order="left")
    result = per_group["result"]
    if aggregation.function in COUNTS:
        result = result.fill_null(0)
    if aggregation.function in ("min", "max"):
        result = number_or_text(result, per_group["least" if aggregation.function == "min" else "most"])
    if result.dtype.is_numeric():
        result = result.cast(pl.Float64)
    return columns.narrow(result).alias(aggregation.name)


def expression(function: str) -> pl.Expr:
    """What polars computes for a function of this name."""
    percentile = _PERCENTILE.fullmatch(function)
    if percentile and float(percentile[1]) <= 100:
        # Interpolated: perc50 of 1..10 is 5.5 and perc95 is 9.55 (docs: Aggregate functions, perc). Above 1000
        # distinct values Splunk estimates; here the value is always exact.
        return NUMBER.drop_nulls().quantile(float(percentile[1]) / 100, "linear")
    if function not in FUNCTIONS:
        raise NotSupported(f"the statistical function {function}")
    return FUNCTIONS[function]()


def number_or_text(number: pl.Series, text: pl.Series) -> pl.Series:
    """min and max: a number where there is one, else the text (docs: Aggregate functions, max and min)."""
    if (number.is_null() & text.is_not_null()).any():
        return pl.DataFrame({"n": values.text(number), "t": text}).select(pl.coalesce("n", "t").alias("v"))["v"]
    return number
