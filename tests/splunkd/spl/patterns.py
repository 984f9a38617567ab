"""Patterns: regular expressions as in PCRE, `%` and `_` of like, `*` of search."""

from __future__ import annotations

import re
from functools import lru_cache

from tests.splunkd.spl.errors import SplError

_PCRE_NAME = re.compile(r"\(\?<(?=[A-Za-z_])")
_SPECIAL = re.compile(r"([\\.^$|?*+()\[\]{}])")


@lru_cache(512)
def compiled(pattern: str) -> re.Pattern[str]:
    """A regular expression; \\d and \\w mean ASCII, as in PCRE without its Unicode options."""
    try:
        return re.compile(_PCRE_NAME.sub("(?P<", pattern), re.ASCII)
    except re.error as error:
        raise SplError(f"Regex: {error} in '{pattern}'") from None


def like(pattern: str) -> str:
    """The pattern of like as a regular expression that Polars reads: `%` any letters, `_` one."""
    parts = {"%": ".*", "_": "."}
    return "(?s)^" + "".join(parts.get(letter) or _SPECIAL.sub(r"\\\1", letter) for letter in pattern) + "$"


def wildcard(pattern: str) -> str:
    """The value of a search as a regular expression that Polars reads, case aside: `*` any letters."""
    return "(?is)^" + ".*".join(map(plain, pattern.split("*"))) + "$"


def plain(text: str) -> str:
    """The text as a regular expression that means just it."""
    return _SPECIAL.sub(r"\\\1", text)
