"""What a command line is made of, with all that differs from one run to the next made alike."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

MOST_LETTERS = 8192
"""What is longer is cut, as the command interpreter of Windows does (8,191 characters)."""
MOST_TOKENS = 64
MOST_TOKEN_LETTERS = 64
_PIECE = r"""["'](?:[A-Za-z]:[\\/]|\\\\)[^"']*["']|[^\s"'`=,;|&()<>{}\[\]]+"""
"""A quoted path of Windows, which may hold spaces, or anything up to a separator."""
_GUID = r"^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
_HEX = r"^(?:0[xX][0-9A-Fa-f]{4,}|[0-9A-Fa-f]{16,})$"
_BASE64 = r"^[A-Za-z0-9+][A-Za-z0-9+/_-]{23,}$"
_PATH = r"^.*[\\/]([^\\/]+)[\\/]*$"
_SWITCH = r"^/[A-Za-z?][^\\/]*$"
"""As in `cmd /c`: a slash of its own is no folder."""


def command_tokens(sources: Sequence[pl.Series]) -> pl.Series:
    r"""The distinct parts of a command line, at most 64, in small letters: lists of strings.

    Of a path the last part; numbers become `#`; GUIDs and long hexadecimal texts `<hex>`; long texts of small and
    large letters and digits, as base64 has, `<b64>`. Quotes, brackets and signs between parts are left out; flags stay.

    >>> line = r'"C:\Program Files\PS\pwsh.exe" -NoP -enc SQBFAFgAKABOAGUAdwAtAE8AYgBq /p:8080 http://10.1.2.3/a/b2.ps1'
    >>> command_tokens([pl.Series([line])]).to_list()
    [['pwsh.exe', '-nop', '-enc', '<b64>', '/p:#', 'b#.ps#']]
    """
    long = sources[0].str.slice(0, MOST_LETTERS).str.extract_all(_PIECE).list.head(4 * MOST_TOKENS)
    pieces = long.alias("piece").to_frame().with_row_index("row").explode("piece", empty_as_null=True)
    distinct = pieces["piece"].unique(maintain_order=True).drop_nulls()
    named = pl.DataFrame({"piece": distinct, "token": _tokens(distinct)})
    found = pieces.join(named, on="piece", how="left", maintain_order="left")
    token = pl.col("token").filter(pl.col("token") != "").unique(maintain_order=True).head(MOST_TOKENS)
    return found.group_by("row", maintain_order=True).agg(token)["token"]


def _tokens(pieces: pl.Series) -> pl.Series:
    """The token of each piece."""
    piece = pl.col("piece").str.strip_chars("\"' \t\r\n")
    mixed = pl.all_horizontal(piece.str.contains(kind) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    last = pl.when(piece.str.contains(_SWITCH)).then(piece).otherwise(piece.str.replace(_PATH, "$1"))
    plain = last.str.to_lowercase().str.replace_all("[0-9]+", "#").str.slice(0, MOST_TOKEN_LETTERS)
    token = (
        pl.when(piece.str.contains(_GUID) | piece.str.contains(_HEX))
        .then(pl.lit("<hex>"))
        .when(piece.str.contains(_BASE64) & mixed)
        .then(pl.lit("<b64>"))
        .otherwise(plain)
    )
    return pieces.alias("piece").to_frame().select(token.alias("token")).to_series()
