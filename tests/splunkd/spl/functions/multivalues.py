"""Functions of fields of several values. A single value counts as a list of one."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from tests.splunkd.spl import patterns, values
from tests.splunkd.spl.columns import LISTS, flat, narrow
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.functions.calls import Arguments, Function
from tests.splunkd.spl.tree import Binary, Call, Expression, FieldRef, In, Unary


def mvappend(args: Arguments) -> pl.Series:
    """The values of all arguments, one after the other."""
    columns = [args.field(at) for at in range(len(args))]
    if all(one.dtype != LISTS and not one.null_count() for one in columns):
        frame = pl.DataFrame([values.text(one).alias(str(at)) for at, one in enumerate(columns)])
    else:
        frame = pl.DataFrame([values.lists(one).alias(str(at)) for at, one in enumerate(columns)])
    return narrow(frame.select(pl.concat_list(pl.all()).alias("v"))["v"])


def mvcount(args: Arguments) -> pl.Series:
    """How many values there are; none where there is none."""
    count = args.lists(0).list.len().cast(pl.Float64)
    return count.set(count == 0, None)


def mvindex(args: Arguments) -> pl.Series:
    """The value of this number, the first being 0, the last -1; or those from one number to another."""
    found, start = args.lists(0), args.written_number(1)
    if len(args) == 2:
        return found.list.get(start, null_on_oob=True)
    frame = pl.DataFrame({"v": found}).with_columns(n=pl.col("v").list.len().cast(pl.Int64))
    first, last = (_place(args.written_number(at)) for at in (1, 2))
    inside = (first >= 0) & (last >= first) & (first < pl.col("n"))
    sliced = pl.col("v").list.slice(first, last - first + 1)
    return narrow(frame.select(pl.when(inside).then(sliced).alias("v"))["v"])


def _place(number: int) -> pl.Expr:
    return pl.lit(number) if number >= 0 else pl.col("n") + number


def mvjoin(args: Arguments) -> pl.Series:
    """The values as one text, the delimiter between them."""
    found = args.lists(0)
    return found.list.join(args.written_text(1)).set(found.list.len() == 0, None)


def mvzip(args: Arguments) -> pl.Series:
    """The first value with the first, the second with the second, until one side has no more."""
    delimiter = args.written_text(2) if len(args) > 2 else ","
    left, right = (_numbered(args.lists(at)) for at in (0, 1))
    both = left.join(right, on=("row", "at"), how="inner", maintain_order="left")
    joined = both.select("row", value=pl.col("value") + delimiter + pl.col("value_right"))
    return regrouped(joined, args.rows)


def _numbered(found: pl.Series) -> pl.DataFrame:
    return flat(found).with_columns(at=pl.int_range(pl.len()).over("row"))


def regrouped(long: pl.DataFrame, rows: int) -> pl.Series:
    """`row` and `value` as one list a row."""
    grouped = long.drop_nulls("value").group_by("row", maintain_order=True).agg("value")
    every = pl.DataFrame({"row": pl.int_range(rows, eager=True)})
    return narrow(every.join(grouped, on="row", how="left", maintain_order="left")["value"].cast(LISTS))


def mvfind(args: Arguments) -> pl.Series:
    """The number of the first value in which the regular expression is found."""
    found = patterns.compiled(args.written_text(1)).search
    long = _numbered(args.lists(0))
    hits = long.filter(values.by_value(long["value"], lambda text: found(text) is not None, pl.Boolean()))
    first = hits.group_by("row").agg(pl.col("at").min().cast(pl.Float64))
    every = pl.DataFrame({"row": pl.int_range(args.rows, eager=True)})
    return every.join(first, on="row", how="left", maintain_order="left")["at"]


def split(args: Arguments) -> pl.Series:
    """The pieces between the delimiters; with an empty delimiter, the letters."""
    delimiter = args.written_text(1)
    if not delimiter:
        return narrow(args.text(0).str.extract_all("(?s)."))
    return narrow(args.text(0).str.split(delimiter))


def mvfilter(args: Arguments) -> pl.Series:
    """The values for which the condition, which speaks of this field only, is true."""
    names = sorted(set(_fields(args.nodes[0])))
    if len(names) != 1:
        raise SplError("The arguments to the 'mvfilter' function are invalid: it takes one field.")
    long, of_each = _each(args, names[0])
    kept = args.evaluate(args.nodes[0], of_each, args.search)
    if kept.dtype != pl.Boolean:
        raise SplError("The arguments to the 'mvfilter' function are invalid: it needs a condition.")
    return regrouped(long.filter(kept.fill_null(False)), args.rows)


def mvmap(args: Arguments) -> pl.Series:
    """The expression for each value of the field."""
    long, of_each = _each(args, args.name_of_field(0))
    result = args.evaluate(args.nodes[1], of_each, args.search)
    if result.dtype in (LISTS, pl.Boolean):
        raise NotSupported("an expression in mvmap() that gives several values, or a Boolean")
    return regrouped(pl.DataFrame({"row": long["row"], "value": values.text(result)}), args.rows)


def _each(args: Arguments, name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`row` and `value` of a field, and the table with one row for each of its values."""
    if name not in args.table.columns:
        empty = pl.DataFrame({"row": [], "value": []}, schema={"row": pl.Int64, "value": pl.String})
        return empty, args.table.head(0).with_columns(pl.lit(None, pl.String).alias(name))
    long = flat(args.table[name])
    return long, args.table[long["row"].to_list()].with_columns(long["value"].alias(name))


def _fields(node: Expression) -> Iterator[str]:
    match node:
        case FieldRef(name):
            yield name
        case Unary(_, value):
            yield from _fields(value)
        case Binary(_, left, right):
            yield from (*_fields(left), *_fields(right))
        case In(value, choices):
            yield from (*_fields(value), *(name for one in choices for name in _fields(one)))
        case Call(_, args):
            yield from (name for one in args for name in _fields(one))


ONE, TWO = (1, 1), (2, 2)
MULTIVALUES: dict[str, tuple[Function, tuple[int, int]]] = {
    "mvappend": (mvappend, (1, 999)),
    "mvcount": (mvcount, ONE),
    "mvdedup": (lambda args: narrow(args.lists(0).list.unique(maintain_order=True)), ONE),
    "mvfilter": (mvfilter, ONE),
    "mvfind": (mvfind, TWO),
    "mvindex": (mvindex, (2, 3)),
    "mvjoin": (mvjoin, TWO),
    "mvmap": (mvmap, TWO),
    "mvsort": (lambda args: narrow(args.lists(0).list.sort()), ONE),
    "mvzip": (mvzip, (2, 3)),
    "split": (split, TWO),
}
"""Each function, and the fewest and the most arguments that it takes."""
