"""Functions that choose between values or say what a value is."""

from __future__ import annotations

import polars as pl

from tests.splunkd.spl import values
from tests.splunkd.spl.columns import LISTS
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.functions.calls import Arguments, Function, choose


def _pairs(args: Arguments) -> list[tuple[int, int]]:
    if not len(args) or len(args) % 2:
        raise SplError(f"The arguments to the '{args.name}' function are invalid: they come in pairs.")
    return [(at, at + 1) for at in range(0, len(args), 2)]


def case(args: Arguments) -> pl.Series:
    """The value behind the first condition that is true; none where none is."""
    found = args.same(None, pl.String())
    for condition, value in reversed(_pairs(args)):
        found = choose(args.condition(condition), args.field(value), found)
    return found


def validate(args: Arguments) -> pl.Series:
    """The value behind the first condition that is false; none where all are true."""
    found = args.same(None, pl.String())
    for condition, value in reversed(_pairs(args)):
        found = choose(args.condition(condition), found, args.field(value))
    return found


def if_(args: Arguments) -> pl.Series:
    """The second argument where the first is true, else the third."""
    return choose(args.condition(0), args.value(1), args.value(2))


def coalesce(args: Arguments) -> pl.Series:
    """The first argument that has a value."""
    found = args.field(len(args) - 1)
    for at in range(len(args) - 2, -1, -1):
        value = args.field(at)
        found = choose(present(value), value, found)
    return found


def present(series: pl.Series) -> pl.Series:
    """Whether there is a value; an empty list is none."""
    if series.dtype == LISTS:
        return (series.list.drop_nulls().list.len() > 0).fill_null(False)
    return series.is_not_null()


def isnum(args: Arguments) -> pl.Series:
    """Whether the value is a number, or looks like one."""
    return args.number(0).is_not_null()


def isstr(args: Arguments) -> pl.Series:
    """Whether there is a value that is no number."""
    return present(args.field(0)) & args.number(0).is_null()


def typeof(args: Arguments) -> pl.Series:
    """Number, String, Bool, or Invalid where there is no value."""
    value = args.value(0)
    if value.dtype == pl.Boolean:
        return args.same("Bool", pl.String())
    kinds = choose(args.number(0).is_not_null(), args.same("Number", pl.String()), args.same("String", pl.String()))
    return choose(present(value), kinds, args.same("Invalid", pl.String()))


def nullif(args: Arguments) -> pl.Series:
    """The first argument, but none where both are equal."""
    value = args.field(0)
    equal = values.text(value) == values.text(args.field(1))
    return choose(equal, args.same(None, pl.String()), value)


ONE, TWO, THREE = (1, 1), (2, 2), (3, 3)
CONDITIONS: dict[str, tuple[Function, tuple[int, int]]] = {
    "case": (case, (2, 999)),
    "validate": (validate, (2, 999)),
    "if": (if_, THREE),
    "coalesce": (coalesce, (1, 999)),
    "isnull": (lambda args: ~present(args.field(0)), ONE),
    "isnotnull": (lambda args: present(args.field(0)), ONE),
    "isnum": (isnum, ONE),
    "isstr": (isstr, ONE),
    "typeof": (typeof, ONE),
    "nullif": (nullif, TWO),
    "true": (lambda args: args.same(True, pl.Boolean()), (0, 0)),
    "false": (lambda args: args.same(False, pl.Boolean()), (0, 0)),
    "null": (lambda args: args.same(None, pl.String()), (0, 0)),
}
"""Each function, and the fewest and the most arguments that it takes."""
