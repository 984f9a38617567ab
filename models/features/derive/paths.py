"""The two parts of a path of Windows or Unix."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

MOST_LETTERS = 4096
"""What is longer is cut."""
_HOMES = r"([\\/](?:users|home|documents and settings)[\\/])[^\\/]+"


def file_name(sources: Sequence[pl.Series]) -> pl.Series:
    r"""The last part, in small letters as Windows compares names; quotes around the path do not count.

    >>> file_name([pl.Series(['"C:\\Windows\\CMD.exe"', "/usr/bin/ssh", "calc.exe", "C:\\Temp\\", ""])]).to_list()
    ['cmd.exe', 'ssh', 'calc.exe', '', '']
    """
    return _clean(sources[0]).str.extract(r"([^\\/]*)$", 1)


def folder(sources: Sequence[pl.Series]) -> pl.Series:
    r"""What stands before the last part, in small letters; whose home it is is left out, so that a place is one place.

    >>> folder([pl.Series(["C:\\Users\\ann\\Downloads\\a.exe", "/home/bob/.ssh/id", "a.exe", "/init"])]).to_list()
    ['c:\\users\\*\\downloads', '/home/*/.ssh', '', '/']
    """
    path = _clean(sources[0])
    found = path.str.extract(r"^(.*)[\\/][^\\/]*$", 1).fill_null("").str.replace(_HOMES, "$1*")
    return found.zip_with((found != "") | ~path.str.contains(r"^[\\/][^\\/]*$"), path.str.slice(0, 1))


def _clean(source: pl.Series) -> pl.Series:
    cut = source.str.slice(0, MOST_LETTERS).str.to_lowercase()
    return cut.str.replace_all(r"[\r\n]", " ").str.strip_chars(" \t\"'")
