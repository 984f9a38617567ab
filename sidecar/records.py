"""CSV records as bytes: rows pass through exactly as they came, with new cells after them."""

import csv
import io
from collections.abc import Iterable, Sequence


def split(body: bytes) -> list[bytes]:
    r"""The records of a CSV body, each with its line end; a quoted field may hold line ends.

    >>> split(b'a,b\n1,"x\ny"\r\n2,\xff')
    [b'a,b\n', b'1,"x\ny"\r\n', b'2,\xff']
    """
    lines = _lines(body)
    return list(_joined(lines)) if b'"' in body else lines


def widened(records: Sequence[bytes], cells: Sequence[bytes]) -> bytes:
    r"""Each record with its new cells after it, its own bytes and line end kept; one for one.

    A record with fewer cells than the header is filled up first, so that the new cells stand under their names.

    >>> widened([b"a,b\r\n", b"1,2", b"1\n"], [b"n\n", b"7\n", b"8\n"])
    b'a,b,n\r\n1,2,7\n1,,8\n'
    """
    width = _count(records[0]) if records else 0
    pairs = zip(records, cells, strict=True)
    return b"".join(_wide(record, cell, max(width - _count(record), 0)) for record, cell in pairs)


def without(body: bytes, names: Iterable[str]) -> bytes:
    """The body without these columns; cells are quoted anew, their bytes stay."""
    gone = frozenset(names)
    csv.field_size_limit(2**31 - 1)
    # latin-1 maps every byte to one letter and back, so no byte is lost.
    rows = csv.reader(io.StringIO(body.decode("latin-1"), newline=""))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    keep: list[int] = []
    for row in rows:
        keep = keep or [place for place, name in enumerate(row) if name not in gone]
        writer.writerow([row[place] for place in keep if place < len(row)])
    return out.getvalue().encode("latin-1")


def _wide(record: bytes, cell: bytes, missing: int) -> bytes:
    content = record.removesuffix(b"\n").removesuffix(b"\r")
    return content + b"," * (missing + 1) + cell.removesuffix(b"\n") + (record[len(content) :] or b"\n")


def _count(record: bytes) -> int:
    """How many cells a record has: a comma between an odd and an even quote parts none."""
    return 1 + sum(part.count(b",") for part in record.split(b'"')[::2])


def _lines(body: bytes) -> list[bytes]:
    # Only a newline ends a line here: a lone carriage return is a byte like any other.
    lines = [line + b"\n" for line in body.split(b"\n")]
    lines[-1] = lines[-1].removesuffix(b"\n")
    return lines if lines[-1] else lines[:-1]


def _joined(lines: Iterable[bytes]) -> Iterable[bytes]:
    # Inside a quoted field the number of quotes seen so far is odd.
    held: list[bytes] = []
    odd = 0
    for line in lines:
        held.append(line)
        odd ^= line.count(b'"') & 1
        if not odd:
            yield b"".join(held)
            held.clear()
    if held:
        yield b"".join(held)
