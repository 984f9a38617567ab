"""splunkd's side of the chunked protocol: frames with JSON metadata and a CSV body."""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any, BinaryIO

Row = list[str]


class ProtocolError(AssertionError):
    """The command did not keep to the protocol, or ended without a reply."""


@dataclass(frozen=True)
class Frame:
    """One message; `metadata` is JSON, `body` the raw CSV."""

    metadata: dict[str, Any]
    body: bytes

    def encoded(self) -> bytes:
        """The bytes that go over the pipe."""
        head = json.dumps(self.metadata).encode()
        return f"chunked 1.0,{len(head)},{len(self.body)}\n".encode() + head + self.body


def read(stream: BinaryIO) -> Frame | None:
    """The next frame, or None at the end. Raises ProtocolError when it is cut short or malformed."""
    line = stream.readline()
    if not line:
        return None
    try:
        word, head, body = line.decode("ascii").strip().split(",")
        if word != "chunked 1.0":
            raise ValueError
        sizes = int(head), int(body)
    except ValueError:
        raise ProtocolError(f"not a chunk: {line[:200]!r}") from None
    parts = [_exactly(stream, size) for size in sizes]
    return Frame(json.loads(parts[0]), parts[1])


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise ProtocolError(f"{len(data)} of {size} bytes came")
    return data


def to_csv(header: Row, rows: list[Row]) -> bytes:
    """A CSV body as splunkd writes it: line feeds, quotes where needed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8", "surrogateescape")


def from_csv(body: bytes) -> tuple[Row, list[Row]]:
    """(header, rows) of a CSV body; ([], []) for an empty one. Every row must be as wide as the header."""
    csv.field_size_limit(1 << 30)
    reader = csv.reader(io.StringIO(body.decode("utf-8", "surrogateescape"), newline=""))
    table = list(reader)
    if not table:
        return [], []
    header, rows = table[0], table[1:]
    if len(set(header)) != len(header):
        raise ProtocolError(f"a field stands twice in the reply's header: {header}")
    for number, row in enumerate(rows):
        if len(row) != len(header):
            raise ProtocolError(f"row {number} of the reply has {len(row)} cells for {len(header)} fields")
    return header, rows
