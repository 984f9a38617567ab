"""Macros, and the `$...$` of scheduled searches and of alert actions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tests.splunkd.confs import Conf
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.world import Macro

Row = Mapping[str, str | list[str]]
"""The fields that a result has."""

_MACRO_KEYS = {"args", "definition", "iseval", "validation", "errormsg", "description"}
_TOKEN = re.compile(r"\$([^$\s]+)\$")


def macro(conf: Conf, name: str, args: int) -> Macro:
    """The macro of macros.conf with so many arguments: its stanza is `name`, or `name(2)`."""
    stanza_name = f"{name}({args})" if args else name
    stanza = conf.get(stanza_name)
    if stanza is None:
        raise SplError(
            f"Error in 'SearchParser': The search specifies a macro '{name}' that cannot be found. Reasons include: "
            'the macro name is misspelled, you do not have "read" permission for the macro, or the macro has not '
            "been shared with this application."
        )
    unknown = set(stanza) - _MACRO_KEYS
    if unknown:
        raise NotSupported(f"macros.conf [{stanza_name}]: {', '.join(sorted(unknown))}")
    names = tuple(part.strip() for part in stanza.get("args", "").split(",") if part.strip())
    if len(names) != args:
        raise SplError(f"macros.conf [{stanza_name}]: args names {len(names)} arguments")
    iseval = stanza.get("iseval", "0").lower() in ("1", "true")
    return Macro(
        name, names, stanza.get("definition", ""), iseval, stanza.get("validation", ""), stanza.get("errormsg", "")
    )


def scheduled(text: str) -> str:
    """A saved search's text as the scheduler runs it: `$$` is a dollar sign, and any other `$` would be a token.

    >>> scheduled('search user="*$$"')
    'search user="*$"'
    """
    rest = text.replace("$$", "")
    if "$" in rest:
        at = rest.index("$")
        raise SplError(f"a scheduled search has a $ that is not doubled: {rest[max(0, at - 30) : at + 30]!r}")
    return text.replace("$$", "$")


def filled(text: str, row: Row, more: Mapping[str, str] | None = None) -> str:
    """An action's text with `$field$`, `$result.field$` and `$field|s$` (in quotes) replaced; others stay as they are.

    What is put in is never looked into again: a value with `$` in it is only a value.

    >>> filled("user=$user|s$ from $src$", {"user": 'a"b'})
    'user="a\\\\"b" from $src$'
    """
    values = {**row, **(more or {})}
    return _TOKEN.sub(_filler(values), text)


def _filler(values: Mapping[str, str | list[str]]) -> Callable[[re.Match[str]], str]:
    def fill(found: re.Match[str]) -> str:
        name, _, how = found[1].removeprefix("result.").partition("|")
        if name not in values or how not in ("", "s"):
            return found[0]
        value = values[name]
        shown = value if isinstance(value, str) else ", ".join(value)
        return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"' if how else shown

    return fill
