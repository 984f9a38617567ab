"""Expressions of eval and where over whole columns.

A comparison with a field that is absent is neither true nor false. Texts that look like numbers act as numbers beside
numbers. A result is a column Float64, String, List(String), or Boolean, which no field can hold.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from tests.splunkd.spl import values
from tests.splunkd.spl.columns import LISTS, column, flat
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.functions.calls import Arguments, choose, repeated
from tests.splunkd.spl.functions.conditions import CONDITIONS
from tests.splunkd.spl.functions.multivalues import MULTIVALUES
from tests.splunkd.spl.functions.numbers import NUMBERS
from tests.splunkd.spl.functions.texts import TEXTS
from tests.splunkd.spl.functions.times import TIMES
from tests.splunkd.spl.tree import Binary, Call, Expression, FieldRef, In, Literal, Unary
from tests.splunkd.spl.world import RunningSearch

_FUNCTIONS = CONDITIONS | NUMBERS | TEXTS | MULTIVALUES | TIMES


def evaluate(node: Expression, table: pl.DataFrame, search: RunningSearch) -> pl.Series:
    """The expression's value in each row."""
    match node:
        case Literal(value):
            return repeated(value, table.height, pl.Float64() if isinstance(value, float) else pl.String())
        case FieldRef(name):
            return column(table, name)
        case Unary("NOT", value):
            return _not(_condition(value, table, search))
        case Unary(_, value):
            return -values.number(evaluate(value, table, search))
        case In(value, choices):
            return _in(value, choices, table, search)
        case Call("in", args):
            return _in(args[0], args[1:], table, search)
        case Call(name, args):
            return _call(name, args, table, search)
        case Binary("AND" | "OR" | "XOR", left, right):
            sides = _condition(left, table, search), _condition(right, table, search)
            return {"AND": _and, "OR": _or, "XOR": _xor}[node.op](*sides)
        case Binary("LIKE", left, right):
            return _call("like", (left, right), table, search)
        case Binary(op, left, right):
            sides = evaluate(left, table, search), evaluate(right, table, search)
            if pl.Boolean in (sides[0].dtype, sides[1].dtype):
                raise SplError(f"Type checking failed. '{op}' takes no Boolean.")
            return compare(op, *sides) if op in _COMPARISONS else _OPERATORS[op](*sides)


def condition(node: Expression, table: pl.DataFrame, search: RunningSearch) -> pl.Series:
    """Where the expression, which must be a condition, is true."""
    return _condition(node, table, search).fill_null(False)


def _condition(node: Expression, table: pl.DataFrame, search: RunningSearch) -> pl.Series:
    found = evaluate(node, table, search)
    if found.dtype != pl.Boolean:
        raise SplError("Type checking failed. The expression is not a condition.")
    return found


def _call(name: str, args: tuple[Expression, ...], table: pl.DataFrame, search: RunningSearch) -> pl.Series:
    function, (fewest, most) = _FUNCTIONS[name]
    if not fewest <= len(args) <= most:
        raise SplError(f"The arguments to the '{name}' function are invalid: it takes {fewest} to {most}.")
    return function(Arguments(name, args, table, search, table.height, evaluate))


def _not(series: pl.Series) -> pl.Series:
    if series.null_count():
        raise NotSupported("NOT of a comparison with an absent field, which no manual describes: ask isnull() first")
    return ~series


def _and(left: pl.Series, right: pl.Series) -> pl.Series:
    return left & right


def _or(left: pl.Series, right: pl.Series) -> pl.Series:
    return left | right


def _xor(left: pl.Series, right: pl.Series) -> pl.Series:
    return left ^ right


# comparisons

_COMPARISONS: dict[str, Callable[[pl.Series, pl.Series], pl.Series]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def compare(op: str, left: pl.Series, right: pl.Series) -> pl.Series:
    """As numbers where both are numbers, else as texts, capital letters apart from small ones.

    A field of several values equals what one of them equals.
    """
    if LISTS in (left.dtype, right.dtype):
        return _compare_any(op, left, right)
    numbers = values.number(left), values.number(right)
    by_number = _COMPARISONS[op](*numbers)
    if left.dtype == right.dtype == pl.Float64:
        return by_number
    numeric = by_number.is_not_null()
    if numeric.all():
        return by_number
    return by_number.zip_with(numeric, _COMPARISONS[op](values.text(left), values.text(right)))


def _compare_any(op: str, left: pl.Series, right: pl.Series) -> pl.Series:
    if op != "=":
        both = (values.single(side, f"a side of {op}") for side in (left, right))
        return compare(op, *both)
    if left.dtype == right.dtype == LISTS:
        left, right = values.single(left, "a side of ="), right
    many, one = (left, right) if left.dtype == LISTS else (right, left)
    long = flat(many)
    hits = long.filter(compare("=", long["value"], one.gather(long["row"])).fill_null(False))["row"]
    known = (many.list.drop_nulls().list.len() > 0) & one.is_not_null()
    found = pl.int_range(len(many), eager=True).is_in(hits.unique().implode())
    return found.set(~known.fill_null(False), None)


def _in(value: Expression, choices: tuple[Expression, ...], table: pl.DataFrame, search: RunningSearch) -> pl.Series:
    found = evaluate(value, table, search)
    if pl.Boolean == found.dtype or not choices:
        raise SplError("The arguments to the 'in' function are invalid.")
    result = repeated(False, table.height, pl.Boolean())
    for choice in choices:
        result = result | compare("=", found, evaluate(choice, table, search))
    return result


# arithmetic


def _plus(left: pl.Series, right: pl.Series) -> pl.Series:
    """The sum of two numbers; two texts one after the other."""
    left, right = (values.single(side, "a side of +") for side in (left, right))
    total = values.number(left) + values.number(right)
    if (
        pl.Float64 in (left.dtype, right.dtype)
        or not (total.is_null() & left.is_not_null() & right.is_not_null()).any()
    ):
        return total
    return choose(total.is_not_null(), total, left + right)


def _numeric(function: Callable[[pl.Series, pl.Series], pl.Series]) -> Callable[[pl.Series, pl.Series], pl.Series]:
    return lambda left, right: function(values.number(left), values.number(right))


def _divided(left: pl.Series, right: pl.Series) -> pl.Series:
    return left / right.set(right == 0, None)


def _remainder(left: pl.Series, right: pl.Series) -> pl.Series:
    """With the sign of the dividend, as in C."""
    if ((left < 0) | (right < 0)).any():
        raise NotSupported("% of a negative number")
    return left % right.set(right == 0, None)


def _joined(left: pl.Series, right: pl.Series) -> pl.Series:
    left, right = (values.text(values.single(side, "a side of .")) for side in (left, right))
    return left + right


_OPERATORS: dict[str, Callable[[pl.Series, pl.Series], pl.Series]] = {
    "+": _plus,
    "-": _numeric(lambda left, right: left - right),
    "*": _numeric(lambda left, right: left * right),
    "/": _numeric(_divided),
    "%": _numeric(_remainder),
    ".": _joined,
}
