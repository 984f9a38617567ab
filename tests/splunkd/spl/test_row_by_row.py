"""A row's result does not depend on the other rows, and nothing but SplError says that an expression is wrong."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.splunkd.spl import filters, values
from tests.splunkd.spl.columns import LISTS
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.expressions import evaluate
from tests.splunkd.spl.small_world import running
from tests.splunkd.spl.tree import Binary, Call, Compare, Expression, FieldRef, Filter, In, InList, Literal, Not, Unary

WORDS = st.sampled_from(["", "0", "5", "5.0", "-3", "1e3", "07", "a", "A", "a b", "10", "9", "ab*", "é", "nan", "1.5"])
NUMBERS = st.sampled_from([0.0, 1.0, -1.0, 5.0, 2.5, 1e16, 1_790_000_000.0, 0.1])
ROW = st.fixed_dictionaries(
    {
        "t": st.none() | WORDS,
        "n": st.none() | NUMBERS,
        "m": st.none() | st.lists(WORDS, max_size=3),
        "u": st.none() | WORDS,
    }
)
SCHEMA = pl.Schema([("t", pl.String()), ("n", pl.Float64()), ("m", LISTS), ("u", pl.String())])
LEAVES = st.sampled_from(["t", "n", "m", "u", "missing"]).map(FieldRef) | WORDS.map(Literal) | NUMBERS.map(Literal)
ONE = ["abs", "ceiling", "isnull", "isnotnull", "isnum", "isstr", "len", "lower", "md5", "mvcount", "mvdedup", "mvsort"]
ONE += ["round", "sqrt", "tonumber", "tostring", "trim", "typeof", "upper", "exp", "ln"]
MORE = ["coalesce", "max", "min", "mvappend", "if", "case", "validate", "nullif", "mvzip", "pow", "log", "in"]
OPERATORS = ["+", "-", "*", "/", "%", ".", "=", "!=", "<", "<=", ">", ">=", "AND", "OR", "XOR"]


def _nodes(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(Binary, st.sampled_from(OPERATORS), inner, inner),
        st.builds(Unary, st.sampled_from(["-", "NOT"]), inner),
        st.builds(In, inner, st.lists(inner, min_size=1, max_size=2).map(tuple)),
        st.builds(Call, st.sampled_from(ONE), st.tuples(inner)),
        st.builds(Call, st.sampled_from(MORE), st.lists(inner, min_size=2, max_size=4).map(tuple)),
        st.builds(lambda one, part: Call("split", (one, Literal(part))), inner, st.sampled_from([" ", ".", ""])),
        st.builds(lambda one, part: Call("mvjoin", (one, Literal(part))), inner, st.sampled_from(["|", ""])),
        st.builds(lambda one, at: Call("mvindex", (one, Literal(at))), inner, st.sampled_from([0.0, 1.0, 2.0])),
        st.builds(lambda one: Call("mvmap", (FieldRef("m"), one)), inner),
        st.builds(lambda one: Call("match", (one, Literal("^[0-9a]"))), inner),
        st.builds(lambda one: Call("strftime", (one, Literal("%Y-%m-%d"))), inner),
    )


EXPRESSIONS = st.recursive(LEAVES, _nodes, max_leaves=6)


def _plain(series: pl.Series) -> list[Any]:
    """The results as text, list or Boolean, so that a column of texts and one of numbers can be compared."""
    if series.dtype == pl.Boolean:
        return series.to_list()
    return [found or None for found in values.lists(series).to_list()]


def _outcome(node: Expression, table: pl.DataFrame) -> list[Any] | None:
    try:
        return _plain(evaluate(node, table, running()))
    except SplError:
        return None


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS, st.lists(ROW, min_size=1, max_size=5))
def test_each_row_is_evaluated_by_itself(node: Expression, rows: list[dict[str, Any]]) -> None:
    table = pl.DataFrame(rows, schema=SCHEMA)
    together = _outcome(node, table)
    apart = [_outcome(node, table[at : at + 1]) for at in range(table.height)]
    _outcome(node, table.clear())
    if together is None:
        assert None in apart
    else:
        assert [together] == [[one for found in apart if found is not None for one in found]]


FILTERS = st.builds(
    Compare, st.sampled_from(["t", "n", "m", "missing"]), st.sampled_from(["=", "!=", "<", ">", "<=", ">="]), WORDS
) | st.builds(InList, st.sampled_from(["t", "n", "m"]), st.lists(WORDS, min_size=1, max_size=2).map(tuple))


@settings(max_examples=200, deadline=None)
@given(FILTERS, st.lists(ROW, min_size=1, max_size=5))
def test_each_row_is_filtered_by_itself(found: Filter, rows: list[dict[str, Any]]) -> None:
    table, search = pl.DataFrame(rows, schema=SCHEMA), running()
    passed = filters.mask(found, table, search)
    assert passed.to_list() == [filters.mask(found, table[at : at + 1], search)[0] for at in range(table.height)]
    assert filters.mask(Not(found), table, search).to_list() == (~passed).to_list()
    assert passed.null_count() == 0
