"""CSV in, CSV out: a request's body becomes a table of strings, a reply table becomes CSV.

Cells are text exactly as written; an empty or absent cell is the empty string. Bytes that are not UTF-8
are replaced (U+FFFD) in this table only: whoever passes rows through keeps the original bytes. Of two
columns with one name the first counts; a column without a name is left out.
"""

import base64
import binascii
import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sidecar.errors import CallerError

BOM = b"\xef\xbb\xbf"
HEADER_LETTERS = 2**20
"""A longer header is none that a search has made."""
PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"x\x01", b"x\x9c", b"x\xda")
"""How gzip, zstd and zlib begin: the CSV parser would unpack them, past every limit. zlib's `x^` may be a name."""
ABSENT_CELLS = 5_000_000
"""Cells that short records may leave to be filled in: few bytes must not become a large table."""
JSON_BYTES = 16 * 2**20
"""A JSON value may take thirty times its bytes in memory, a CSV cell a few."""


@dataclass(frozen=True)
class Limits:
    """What one body may hold. Sizes in bytes, counts in rows and columns."""

    body_bytes: int = 64 * 2**20
    rows: int = 100_000
    columns: int = 10_000
    field_bytes: int = 64 * 2**10


def digest(body: bytes) -> str:
    """SHA-256 of a body, 64 hex letters."""
    return hashlib.sha256(body).hexdigest()


def content_digest(body: bytes) -> str:
    """The Content-Digest header of a body (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def read_carry(header: str | None) -> bytes:
    """The carry of a request header (base64, at most 4 KB); absent means empty."""
    try:
        carry = base64.b64decode(header or "", validate=True)
    except (binascii.Error, ValueError):
        raise CallerError(
            "the carry is not base64", field="AIScore-Carry", mend="send back what the last reply gave"
        ) from None
    if len(carry) > 4096:
        raise CallerError(
            "the carry is above 4096 bytes", field="AIScore-Carry", mend="send back what the last reply gave"
        )
    return carry


def read_csv(body: bytes, limits: Limits) -> pl.DataFrame:
    r"""A CSV body as a table of strings, one row a record; CallerError when it is not one.

    >>> read_csv(b'user,n\nalice,1\n"b,o\nb",\n', Limits()).rows()
    [('alice', '1'), ('b,o\nb', '')]
    """
    _within(len(body), limits.body_bytes, "the body", "bytes", "send fewer rows at a time")
    body = body.removeprefix(BOM)
    if body.startswith(PACKED):
        raise CallerError("the body is compressed", code="bad_type", field="body", mend="send it as it is")
    names = _header(body)
    _within(len(names), limits.columns, "the header", "columns", "keep only needed columns (`| fields ...`)")
    _written_out(body, len(names), limits.rows)
    table = _parse(body, len(names))
    return _checked(_named(table, names), limits)


def read_json(body: bytes, limits: Limits) -> pl.DataFrame:
    """A body `{"columns": {name: [cell, ...]}}` as a table of strings; null is empty, a list is a multivalue.

    >>> read_json(b'{"columns": {"user": ["a", null], "n": [1, [2, 3]]}}', Limits()).rows()
    [('a', '1'), ('', '2\\n3')]
    """
    _within(len(body), min(limits.body_bytes, JSON_BYTES), "a JSON body", "bytes", "send fewer rows, or send CSV")
    columns = _columns(body)
    _within(len(columns), limits.columns, "the body", "columns", "keep only needed columns")
    for cells in columns.values():
        _within(len(cells), limits.rows, "the body", "rows", "send fewer rows at a time")
    try:
        table = pl.DataFrame({name: [_cell(value) for value in cells] for name, cells in columns.items()})
    except (TypeError, UnicodeError, RecursionError, pl.exceptions.PolarsError):
        raise _no_columns() from None
    return _checked(table.cast(pl.String), limits)


def write_csv(table: pl.DataFrame) -> bytes:
    """A table as CSV: numbers with six decimals, missing and empty alike an empty cell."""
    empty = pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)).name.keep()
    written = io.BytesIO()
    table.with_columns(empty).write_csv(written, float_precision=6)
    return written.getvalue()


def write_reply(table: pl.DataFrame) -> bytes:
    """A reply: `ordinal` (the row number, from 0), then the table's columns."""
    return write_csv(table.with_row_index("ordinal"))


def _columns(body: bytes) -> dict[str, list[Any]]:
    try:
        # As text: of bytes json would guess the encoding, and load a codec for what nobody sends.
        found = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise _no_columns() from None
    columns = found.get("columns") if isinstance(found, dict) and len(found) == 1 else None
    if not isinstance(columns, dict) or not columns or "" in columns:
        raise _no_columns()
    if not all(isinstance(cells, list) for cells in columns.values()):
        raise _no_columns()
    return columns


def _no_columns() -> CallerError:
    mend = 'send {"columns": {"name": ["cell", ...], ...}} with columns of one length'
    return CallerError("the JSON body is not a table of columns", code="bad_body", field="body", mend=mend)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "\n".join(_cell(item) for item in value)
    if isinstance(value, dict):
        raise TypeError("a cell holds text, a number or a list")
    return str(value)


def _header(body: bytes) -> list[str]:
    text = io.TextIOWrapper(io.BytesIO(body), "utf-8", errors="replace", newline="")
    try:
        names = next(csv.reader(_lines(text)), [])
    except csv.Error:
        raise _malformed() from None
    if not any(names):
        raise CallerError(
            "the CSV body has no header", code="bad_body", field="body", mend="send a header line and rows"
        )
    return names


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """The lines of a header, as long as they may be one."""
    left = HEADER_LETTERS
    while line := text.readline(left + 1):
        left -= len(line)
        _within(HEADER_LETTERS - left, HEADER_LETTERS, "the header", "letters", "keep only needed columns")
        yield line


def _written_out(body: bytes, width: int, most: int) -> None:
    """Refuse a body of more than `most` rows, or of which most cells would have to be made up, before it is parsed."""
    last = int(not body.endswith(b"\n"))
    written, records = body.count(b","), body.count(b"\n") + last
    if records > most + 1 or records * (width - 1) - written > ABSENT_CELLS:
        letters = np.frombuffer(body, np.uint8)
        quoted = np.bitwise_xor.accumulate(letters == ord('"'))
        records = int(np.count_nonzero((letters == ord("\n")) & ~quoted)) + last
    _within(records - 1, most, "the body", "rows", "send fewer rows at a time")
    mend = "write every cell of a record, or leave out columns that are empty"
    _within(max(records * (width - 1) - written, 0), ABSENT_CELLS, "the body", "absent cells", mend)


def _parse(body: bytes, width: int) -> pl.DataFrame:
    """The records, columns named by their position. Bytes that are not UTF-8 are rare, and cost a second reading."""
    for encoding in ("utf8", "utf8-lossy"):
        try:
            return pl.read_csv(
                io.BytesIO(BOM + body if body.startswith(b"x^") else body),
                infer_schema=False,
                encoding=encoding,
                empty_string_is_null=False,
                new_columns=[str(position) for position in range(width)],
            )
        except pl.exceptions.PolarsError:
            continue
    raise _malformed()


def _malformed() -> CallerError:
    # The parser's own words quote the body, so they are not passed on.
    mend = "no record may have more fields than the header; quote fields with quotes, commas or newlines"
    return CallerError("the body is not valid CSV", code="bad_body", field="body", mend=mend)


def _named(table: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """The columns under their own names."""
    first: dict[str, str] = {}
    for position, name in enumerate(names):
        if name:
            first.setdefault(name, str(position))
    return table.select(first.values()).rename({position: name for name, position in first.items()})


def _checked(table: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    if table.height:
        longest = table.select(pl.all().str.len_bytes().max()).row(0)
        for name, size in zip(table.columns, longest, strict=True):
            _within(
                size or 0,
                limits.field_bytes,
                f"a cell of '{name}'",
                "bytes",
                "clip or drop the field",
                field=name,
            )
    return table


def _within(size: int, limit: int, what: str, unit: str, mend: str, field: str = "body") -> None:
    if size > limit:
        raise CallerError(f"{what} has {size:,} {unit}, above {limit:,}", code="too_large", field=field, mend=mend)
