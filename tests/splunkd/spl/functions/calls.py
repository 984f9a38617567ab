"""A call of an eval function: its arguments, each seen as its function needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from tests.splunkd.spl import values
from tests.splunkd.spl.columns import LISTS, as_kind
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.tree import Expression, FieldRef, Literal, Unary
from tests.splunkd.spl.world import RunningSearch

Evaluate = Callable[[Expression, pl.DataFrame, RunningSearch], pl.Series]


@dataclass(frozen=True)
class Arguments:
    """What was written between a function's parentheses, and the rows it is asked for."""

    name: str
    nodes: tuple[Expression, ...]
    table: pl.DataFrame
    search: RunningSearch
    rows: int
    evaluate: Evaluate

    def __len__(self) -> int:
        return len(self.nodes)

    def value(self, at: int) -> pl.Series:
        """The argument as it is."""
        return self.evaluate(self.nodes[at], self.table, self.search)

    def field(self, at: int) -> pl.Series:
        """The argument as a field could hold it: not a Boolean."""
        found = self.value(at)
        if found.dtype == pl.Boolean:
            raise SplError(f"The arguments to the '{self.name}' function are invalid.")
        return found

    def text(self, at: int) -> pl.Series:
        """The argument as one text a row."""
        return values.text(values.single(self.field(at), f"an argument of {self.name}()"))

    def number(self, at: int) -> pl.Series:
        """The argument as a number."""
        return values.number(values.single(self.field(at), f"an argument of {self.name}()"))

    def lists(self, at: int) -> pl.Series:
        """The argument as a list of its values."""
        return values.lists(self.field(at))

    def condition(self, at: int) -> pl.Series:
        """The argument as true or false; what is neither is false."""
        found = self.value(at)
        if found.dtype != pl.Boolean:
            raise SplError(f"The arguments to the '{self.name}' function are invalid: it needs a condition.")
        return decided(found)

    def written_text(self, at: int) -> str:
        """The argument, which must stand in the search itself."""
        node = self.nodes[at]
        if isinstance(node, Literal):
            return node.value if isinstance(node.value, str) else f"{node.value:g}"
        raise NotSupported(f"argument {at + 1} of {self.name}() computed from a field")

    def written_number(self, at: int) -> int:
        """The whole number, which must stand in the search itself."""
        node, sign = self.nodes[at], 1
        if isinstance(node, Unary) and node.op == "-":
            node, sign = node.value, -1
        if isinstance(node, Literal) and isinstance(node.value, float) and node.value.is_integer():
            return sign * int(node.value)
        raise NotSupported(f"argument {at + 1} of {self.name}() other than a whole number")

    def name_of_field(self, at: int) -> str:
        """The argument, which must be a field."""
        node = self.nodes[at]
        if isinstance(node, FieldRef):
            return node.name
        raise NotSupported(f"argument {at + 1} of {self.name}() other than a field")

    def same(self, value: object, kind: pl.DataType) -> pl.Series:
        """One value in every row."""
        return repeated(value, self.rows, kind)


Function = Callable[[Arguments], pl.Series]


def repeated(value: object, rows: int, kind: pl.DataType) -> pl.Series:
    """One value in every row."""
    return pl.Series([value], dtype=kind).new_from_index(0, rows) if rows else pl.Series([], dtype=kind)


def decided(mask: pl.Series) -> pl.Series:
    """What is neither true nor false is false."""
    return mask.fill_null(False) if mask.null_count() else mask


def choose(mask: pl.Series, yes: pl.Series, no: pl.Series) -> pl.Series:
    """The value of `yes` where the mask is true, else that of `no`; both in the kind that can hold them."""
    kinds = {one.dtype for one in (yes, no) if one.null_count() < len(one)}
    if pl.Boolean in kinds:
        if len(kinds) > 1:
            raise NotSupported("a Boolean in one branch and a value in the other")
        return yes.cast(pl.Boolean).zip_with(decided(mask), no.cast(pl.Boolean))
    kind = LISTS if LISTS in kinds else pl.String() if pl.String in kinds or not kinds else pl.Float64()
    return as_kind(yes, kind).zip_with(decided(mask), as_kind(no, kind))
