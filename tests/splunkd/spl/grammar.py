"""The grammar's trees as the nodes of tree.py: one function for each thing that can stand inside a stage."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput, VisitError

from tests.splunkd.spl import tree
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.functions.names import AGGREGATIONS, FUNCTIONS, PERCENTILE
from tests.splunkd.spl.scan import place, unescaped
from tests.splunkd.spl.tree import Aggregation, Expression, Filter, Pipeline

_GRAMMAR = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
# One parser for each start: shared, the lexer of one would look for the words of another.
_PARSERS = {
    start: Lark(_GRAMMAR, parser="lalr", start=start)
    for start in ("filter", "expression", "assignments", "aggregations", "words")
}
_EMPTY = tree.And(())


@dataclass(frozen=True)
class Option:
    """`name=value`."""

    name: str
    value: str


@dataclass(frozen=True)
class Word:
    """A word, or a quoted text."""

    text: str
    quoted: bool = False

    @property
    def keyword(self) -> str:
        """The word in lower case; a quoted text is never a keyword."""
        return "" if self.quoted else self.text.lower()


WordItem = Option | Word | tree.Subsearch
AggregationItem = Option | Aggregation
Subparser = Callable[[int], Pipeline]


def no_subsearch(number: int) -> Pipeline:
    """For a place where no subsearch may stand."""
    raise NotSupported("a subsearch in this place")


def filter_of(text: str, subsearch: Subparser = no_subsearch) -> Filter:
    """The filter of search; nothing at all lets every event pass."""
    found: Filter = _read("filter", text, subsearch)
    return found


@lru_cache(4096)
def expression(text: str) -> Expression:
    """An expression of eval."""
    found: Expression = _read("expression", text, no_subsearch)
    return found


def assignments(text: str) -> tuple[tuple[str, Expression], ...]:
    """The assignments of eval."""
    return tuple(_read("assignments", text, no_subsearch))


def aggregations(text: str) -> list[AggregationItem]:
    """The aggregations and options of stats and its relatives, in their order."""
    return list(_read("aggregations", text, no_subsearch))


def words(text: str, subsearch: Subparser = no_subsearch) -> list[WordItem]:
    """The options, names and quoted texts of any other command."""
    return list(_read("words", text, subsearch))


def _read(start: str, text: str, subsearch: Subparser) -> Any:
    try:
        return _Nodes(subsearch).transform(_PARSERS[start].parse(text))
    except UnexpectedInput as error:
        at = error.pos_in_stream
        at = len(text) if at is None or at < 0 else at
        raise SplError(f"cannot be read from here: {place(text, at)}") from None
    except VisitError as error:
        raise error.orig_exc from None
    except RecursionError:
        raise NotSupported(f"an expression nested this deep: {text[:40]}...") from None


@dataclass(frozen=True)
class _Grouped:
    """An expression in parentheses, known as such until it stands in another."""

    value: Expression


@dataclass(frozen=True)
class _Text:
    """A quoted text as it is written."""

    written: str


_PATTERNS = {("match", 1), ("mvfind", 1), ("replace", 1)}
"""Arguments (function, place) that are regular expressions."""


def _bare(value: Any, pattern: bool = False) -> Any:
    """What stands in parentheses, or the text in quotes.

    Manuals differ on whether a backslash and n, r or t in a text are one letter; in a pattern it is the same.
    """
    if isinstance(value, _Grouped):
        return value.value
    if isinstance(value, _Text):
        if not pattern and (odd := re.search(r"\\[nrt]", value.written.replace("\\\\", ""))):
            raise NotSupported(f"{odd[0]} in a quoted text")
        return tree.Literal(unescaped(value.written))
    return value


@v_args(inline=True)
class _Nodes(Transformer[Token, Any]):
    """Each rule's node."""

    def __init__(self, subsearch: Subparser) -> None:
        super().__init__()
        self._subsearch = subsearch

    # filters

    def filter(self, value: Filter = _EMPTY) -> Filter:
        return value

    def nothing(self) -> Filter:
        return _EMPTY

    def all(self, *parts: Filter) -> Filter:
        return tree.And(parts)

    def any(self, *parts: Filter) -> Filter:
        return tree.Or(parts)

    def not_(self, value: Filter) -> Filter:
        return tree.Not(value)

    def term(self, word: Token) -> Filter:
        if word in ("TERM", "CASE"):
            raise NotSupported(f"{word}() in a search")
        return tree.Term(_text(word))

    def subsearch(self, number: Token) -> Filter:
        return tree.Subsearch(self._subsearch(int(number[1:-1])))

    def compare(self, name: str, op: Token, value: str) -> Filter:
        return tree.Compare(name, str(op), value)

    def in_list(self, name: str, *values: str) -> Filter:
        return tree.InList(name, values)

    # names and texts

    def name(self, word: Token) -> str:
        return _text(word)

    value = listed = target = argument = result = name

    # expressions

    def expression(self, value: Any) -> Expression:
        found: Expression = _bare(value)
        return found

    def number(self, value: Token) -> Expression:
        return tree.Literal(float(value))

    def text(self, value: Token) -> _Text:
        return _Text(str(value))

    def field(self, name: Token) -> Expression:
        return tree.FieldRef(str(name))

    def quoted_field(self, name: Token) -> Expression:
        return tree.FieldRef(name[1:-1])

    def grouped(self, value: Any) -> _Grouped:
        return _Grouped(_bare(value))

    def binary(self, left: Any, op: Token, right: Any) -> Expression:
        name = "=" if op == "==" else str(op).upper()
        for side in (left, right):
            if {name, getattr(side, "op", "")} in ({".", "+"}, {".", "-"}) and isinstance(side, tree.Binary):
                raise NotSupported("`.` beside `+` or `-` without parentheses: which comes first is not documented")
        return tree.Binary(name, _bare(left), _bare(right))

    def or_(self, left: Any, right: Any) -> Expression:
        return tree.Binary("OR", _bare(left), _bare(right))

    def and_(self, left: Any, right: Any) -> Expression:
        return tree.Binary("AND", _bare(left), _bare(right))

    def xor(self, left: Any, right: Any) -> Expression:
        return tree.Binary("XOR", _bare(left), _bare(right))

    def not_expression(self, value: Any) -> Expression:
        return tree.Unary("NOT", _bare(value))

    def minus(self, _: Token, value: Any) -> Expression:
        return tree.Unary("-", _bare(value))

    def in_(self, value: Any, _: Token, choices: tuple[Any, ...]) -> Expression:
        return tree.In(_bare(value), tuple(map(_bare, choices)))

    def call(self, name: Token, args: tuple[Any, ...] = ()) -> Expression:
        known = name.lower()
        if known not in FUNCTIONS:
            raise NotSupported(f"the function {name}() of eval")
        return tree.Call(known, tuple(_bare(arg, (known, at) in _PATTERNS) for at, arg in enumerate(args)))

    def arguments(self, *args: Any) -> tuple[Any, ...]:
        return args

    def assignments(self, *found: tuple[str, Expression]) -> tuple[tuple[str, Expression], ...]:
        return found

    def assignment(self, target: str, value: Any) -> tuple[str, Expression]:
        if "{" in target:
            raise NotSupported(f"the name of a field made of a value: {target}")
        return target, _bare(value)

    # aggregations

    def aggregations(self, *items: AggregationItem) -> list[AggregationItem]:
        return list(items)

    def function(self, name: Token, argument: str | None = None) -> Aggregation:
        function = _aggregation(name)
        if argument is None:
            if function != "count":
                raise SplError(f"{name} needs a field")
            return Aggregation("count", None, "count")
        if "*" in argument:
            raise NotSupported(f"a wildcard in {name}({argument})")
        return Aggregation(function, tree.FieldRef(argument), f"{name}({argument})")

    def computed(self, name: Token, argument: Any) -> Aggregation:
        return Aggregation(_aggregation(name), _bare(argument), "")

    def aggregation(self, found: Aggregation, name: str | None = None) -> Aggregation:
        if name is None and not found.name:
            raise SplError(f"{found.function}(eval(...)) needs AS and a name")
        return Aggregation(found.function, found.argument, name or found.name)

    # words

    def words(self, *items: WordItem) -> list[WordItem]:
        return list(items)

    def option(self, name: Token, value: str) -> Option:
        return Option(name.lower(), value)

    def bare(self, word: Token) -> Word:
        return Word(str(word))

    def quoted(self, word: Token) -> Word:
        return Word(unescaped(word), True)

    def subsearch_word(self, number: Token) -> tree.Subsearch:
        return tree.Subsearch(self._subsearch(int(number[1:-1])))


def _text(word: Token) -> str:
    if word.startswith('"'):
        return unescaped(word)
    if len(word) > 1 and word[0] == word[-1] == "'" and word.type == "QUOTED_FIELD":
        return word[1:-1]
    return str(word)


def _aggregation(name: Token) -> str:
    function = name.lower()
    if function in AGGREGATIONS or PERCENTILE.fullmatch(function):
        return function
    raise NotSupported(f"the function {name}() of stats")
