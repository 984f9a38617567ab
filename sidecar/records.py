"""CSV records as bytes: rows pass through exactly as they came, with new cells after them."""

import csv
import io
from collections.abc import Iterable, Sequence


def split(body: bytes) -> list[bytes]:
    r"""The records of a CSV body without their line ends; a quoted field may hold line ends.

    >>> split(b'a,b\n1,"x\ny"\n2,\xff\n')
    [b'a,b', b'1,"x\ny"', b'2,\xff']
    """
    lines = body.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    if b'"' in body:
        lines = list(_joined(lines))
    return [line.removesuffix(b"\r") for line in lines]


def widened(records: Sequence[bytes], cells: Sequence[bytes], end: bytes) -> bytes:
    """Each record with its new cells after it; both are complete CSV, one for one."""
    return b"".join(record + b"," + cell + end for record, cell in zip(records, cells, strict=True))


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


def line_end(body: bytes) -> bytes:
    """How the first line ends."""
    return b"\r\n" if body.partition(b"\n")[0].endswith(b"\r") else b"\n"


def _joined(lines: Iterable[bytes]) -> Iterable[bytes]:
    # Inside a quoted field the number of quotes seen so far is odd.
    held: list[bytes] = []
    odd = 0
    for line in lines:
        held.append(line)
        odd ^= line.count(b'"') & 1
        if not odd:
            yield b"\n".join(held)
            held.clear()
    if held:
        yield b"\n".join(held)
