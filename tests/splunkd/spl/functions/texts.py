"""Functions of texts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from urllib.parse import unquote

import polars as pl

from tests.splunkd.spl import patterns, values
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.functions.calls import Arguments, Function


def _of_one(function: Callable[[pl.Series], pl.Series]) -> Function:
    return lambda args: function(args.text(0))


def _of_each(function: Callable[[str], str]) -> Function:
    return lambda args: values.by_value(args.text(0), function, pl.String())


def _trim(strip: Callable[[pl.Series, str], pl.Series]) -> Function:
    return lambda args: strip(args.text(0), args.written_text(1) if len(args) > 1 else " \t")


def like(args: Arguments) -> pl.Series:
    """Whether the text is like the pattern."""
    return args.text(0).str.contains(patterns.like(args.written_text(1)))


def match(args: Arguments) -> pl.Series:
    """Whether the regular expression is found in the text."""
    found = patterns.compiled(args.written_text(1)).search
    return values.by_value(args.text(0), lambda text: found(text) is not None, pl.Boolean())


def replace(args: Arguments) -> pl.Series:
    """Each place where the regular expression is found gives way; \\1 is its first group."""
    pattern, new = patterns.compiled(args.written_text(1)), _replacement(args.written_text(2))
    return values.by_value(args.text(0), lambda text: pattern.sub(new, text), pl.String())


def _replacement(new: str) -> Callable[[re.Match[str]], str]:
    parts = re.split(r"\\(\d)", new)
    return lambda found: "".join((found[int(part)] or "") if at % 2 else part for at, part in enumerate(parts))


def substr(args: Arguments) -> pl.Series:
    """From the letter of this number, the first being 1, the last -1; so many letters, or all."""
    start = args.written_number(1)
    length = args.written_number(2) if len(args) > 2 else None
    if start == 0 or (length is not None and length < 0):
        raise NotSupported("substr() from 0, or of less than no letters")
    return args.text(0).str.slice(start - 1 if start > 0 else start, length)


def tonumber(args: Arguments) -> pl.Series:
    """The number that a text of digits means; none where it means none."""
    if len(args) == 1:
        return args.number(0)
    base = args.written_number(1)
    if not 2 <= base <= 36:
        raise SplError("The arguments to the 'tonumber' function are invalid: a base from 2 to 36.")
    return values.by_value(args.text(0), lambda text: _in_base(text, base), pl.Float64())


def _in_base(text: str, base: int) -> float | None:
    try:
        return float(int(text, base))
    except ValueError:
        return None


def tostring(args: Arguments) -> pl.Series:
    """The value as text; a number in hex, with commas, or as hours, minutes and seconds."""
    value = args.value(0)
    if value.dtype == pl.Boolean:
        words = pl.Series(["True", "False"])
        return words.new_from_index(0, args.rows).zip_with(value.fill_null(False), words.new_from_index(1, args.rows))
    if len(args) == 1:
        return args.text(0)
    style = args.written_text(1)
    if style not in _STYLES:
        raise NotSupported(f'tostring(..., "{style}")')
    return values.by_value(args.number(0), _STYLES[style], pl.String())


def _commas(number: float) -> str:
    return f"{number:,.0f}" if number.is_integer() else f"{number:,.2f}"


def _hex(number: float) -> str:
    return f"0x{int(number):X}"


def _duration(number: float) -> str:
    if number < 0 or not number.is_integer():
        raise NotSupported('tostring(..., "duration") of what is not a whole number of seconds')
    days, seconds = divmod(int(number), 86_400)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{days}+{clock}" if days else clock


_STYLES: dict[str, Callable[[float], str]] = {"commas": _commas, "hex": _hex, "duration": _duration}

ONE, TWO = (1, 1), (2, 2)
TEXTS: dict[str, tuple[Function, tuple[int, int]]] = {
    "len": (_of_one(lambda text: text.str.len_chars().cast(pl.Float64)), ONE),
    "like": (like, TWO),
    "lower": (_of_one(lambda text: text.str.to_lowercase()), ONE),
    "ltrim": (_trim(lambda text, letters: text.str.strip_chars_start(letters)), (1, 2)),
    "match": (match, TWO),
    "md5": (_of_each(lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()), ONE),
    "replace": (replace, (3, 3)),
    "rtrim": (_trim(lambda text, letters: text.str.strip_chars_end(letters)), (1, 2)),
    "substr": (substr, (2, 3)),
    "tonumber": (tonumber, (1, 2)),
    "tostring": (tostring, (1, 2)),
    "trim": (_trim(lambda text, letters: text.str.strip_chars(letters)), (1, 2)),
    "upper": (_of_one(lambda text: text.str.to_uppercase()), ONE),
    "urldecode": (_of_each(unquote), ONE),
}
"""Each function, and the fewest and the most arguments that it takes."""
