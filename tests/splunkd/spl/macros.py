"""Macros: `name` and `name(a, "b, c")` give way to their text, until none is left."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from tests.splunkd.spl import scan
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.expressions import evaluate
from tests.splunkd.spl.grammar import expression
from tests.splunkd.spl.world import Macro, RunningSearch, World

DEEPEST = 100
"""How many macros may stand inside one another, as in Splunk's limits."""

_CALL = re.compile(r"\s*([\w:.-]+)\s*(?:\((.*)\))?\s*", re.DOTALL)


def expanded(text: str, world: World, depth: int = 0) -> str:
    """The text with every macro outside quotes and comments replaced."""
    if depth > DEEPEST:
        raise SplError(f"macros stand more than {DEEPEST} deep inside one another")
    return "".join(_replacement(piece, world, depth) if macro else piece for macro, piece in _parts(text))


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """(is a macro, piece): the calls without their backticks, and all else. A quote inside a call is part of it."""
    start = None
    for at, piece in scan.pieces(text):
        if piece != "`":
            if start is None:
                yield False, piece
        elif start is None:
            start = at + 1
        else:
            yield True, text[start:at]
            start = None
    if start is not None:
        raise SplError(f"a macro's backtick is not closed: {scan.place(text, start - 1)}")


def _replacement(call: str, world: World, depth: int) -> str:
    found = _CALL.fullmatch(call)
    if not found:
        raise SplError(f"this is not a macro: `{call}`")
    values = _values(found[2]) if found[2] is not None else []
    macro = world.macro(found[1], len(values))
    filled = _arguments(macro, values)
    _validate(macro, filled, world)
    definition = _substituted(macro.definition, filled)
    if macro.iseval:
        definition = _evaluated(macro, definition, filled, world)
    return expanded(definition, world, depth + 1)


def _values(text: str) -> list[str]:
    """The values between the parentheses; quotes around one hold a comma together and go."""
    found = [""]
    for _, piece in scan.pieces(text):
        if piece == ",":
            found.append("")
        else:
            found[-1] += piece
    if found == [""]:
        return []
    return [_unquoted(value.strip()) for value in found]


def _unquoted(value: str) -> str:
    return scan.unescaped(value) if re.fullmatch(r'"(\\.|[^"\\])*"', value, re.DOTALL) else value


def _arguments(macro: Macro, values: list[str]) -> dict[str, str]:
    """Values by the names of the arguments; `name=value` for all of them is allowed too."""
    if len(values) != len(macro.args):
        raise SplError(f"the macro {macro.name} takes {len(macro.args)} arguments, not {len(values)}")
    named = [value.partition("=") for value in values]
    if values and sorted(name.strip() for name, _, _ in named) == sorted(macro.args):
        return {name.strip(): _unquoted(value.strip()) for name, _, value in named}
    return dict(zip(macro.args, values, strict=True))


def _substituted(text: str, values: dict[str, str]) -> str:
    """The text with `$name$` of each argument replaced, at once: a value is never looked into."""
    return re.sub(r"\$([^$\s]+)\$", lambda found: values.get(found[1], found[0]), text)


def _validate(macro: Macro, values: dict[str, str], world: World) -> None:
    """A condition that is not true says errormsg; any other expression says what it gives, if it gives anything."""
    if not macro.validation:
        return
    found = _value(_substituted(macro.validation, values), values, world)
    failed = not found[0] if found.dtype == pl.Boolean else found[0] is not None
    if failed:
        said = macro.errormsg if found.dtype == pl.Boolean else found[0]
        raise SplError(f"Error in the macro {macro.name}: {said or 'its arguments are not valid'}")


def _evaluated(macro: Macro, definition: str, values: dict[str, str], world: World) -> str:
    found = _value(definition, values, world)
    if found.dtype != pl.String or found[0] is None:
        raise SplError(f"the expression of the macro {macro.name} gives no text")
    return str(found[0])


def _value(text: str, values: dict[str, str], world: World) -> pl.Series:
    """An expression's value; the arguments are fields in it, beside their `$name$`."""
    row = pl.DataFrame({"": [""]} | {name: [value] for name, value in values.items()})
    return evaluate(expression(text), row, RunningSearch(world, 0.0, 0.0, 0.0, sid=""))
