"""The rows of one chunk as the bytes that came, cut at the right places.

A line end inside quotes is not the end of a row. Nothing is decoded here: a row leaves as it came.
"""

import re

from aiscore_kit import cells

_QUOTED = re.compile(rb'"[^"]*"')


class Rows:
    """A chunk: `names` (str) of the header, `records` (bytes, without line ends), `tails` (what stood before "\\n").

    `plain` is true when every record is well formed and as wide as the header.

    >>> rows = Rows(b'user,_raw\\nann,"two\\nlines"\\nbob,one\\n')
    >>> rows.names, len(rows), rows.plain
    (['user', '_raw'], 2, True)
    """

    def __init__(self, body):
        self.body = body
        found, self.plain = _records(body)
        self.tails = None
        if b"\r" in body:
            self._take_off_carriage_returns(found)
        self.header = found[0] if found else b""
        self.records = found[1:]
        self.raw_names = [cells.value(cell) for cell in cells.split(self.header)] if found else []
        self.names = [name.decode("utf-8", "surrogateescape") for name in self.raw_names]

    def _take_off_carriage_returns(self, found):
        if not any(record.endswith(b"\r") for record in found):
            return
        self.tails = [b"\r" if record.endswith(b"\r") else b"" for record in found]
        found[:] = [record[:-1] if record.endswith(b"\r") else record for record in found]

    def __len__(self):
        return len(self.records)

    def lines(self, header, records):
        """The body made of this header and these records, each with the line end it came with."""
        found = [header] + records
        if self.tails is not None:
            found = list(map(bytes.__add__, found, self.tails))
        found.append(b"")
        return b"\n".join(found)


def _records(body):
    """(records with the header first, well formed?)"""
    if not body:
        return [], True
    if b'"' not in body:
        found = _lines(body)
        return found, _same_width(found) and not _stray_return(body)
    if body.count(b'"') & 1:
        return cells.records(body), False
    # Every quoted run becomes one quote character: what is left is the shape of the table.
    shape = _QUOTED.sub(b'"', body)
    if not _quotes_fill_cells(shape):
        return cells.records(body), False
    outline = _lines(shape)
    found = _lines(body)
    if len(found) != len(outline):
        found = _rejoined(found)
    return found, _same_width(outline) and not _stray_return(shape)


def _lines(body):
    found = body.split(b"\n")
    if not found[-1]:
        found.pop()
    return found


def _rejoined(lines):
    """Lines put together again where the line end stood inside quotes."""
    found, parts = [], []
    for line in lines:
        odd = line.count(b'"') & 1
        if parts:
            parts.append(line)
            if odd:
                found.append(b"\n".join(parts))
                parts = []
        elif odd:
            parts = [line]
        else:
            found.append(line)
    return found


def _quotes_fill_cells(shape):
    """In a shape, quotes may touch only cell borders and one another (a doubled quote leaves two)."""
    pieces = shape.split(b'"')
    borders = b",\n\r"
    last = len(pieces) - 1
    for number, piece in enumerate(pieces):
        if not piece:
            continue
        if number and piece[0] not in borders:
            return False
        if number < last and piece[-1] not in b",\n":
            return False
    return True


def _same_width(lines):
    commas = lines[0].count(b",")
    return all(line.count(b",") == commas for line in lines) and (commas > 0 or all(lines))


def _stray_return(shape):
    return b"\r" in shape and b"\r" in shape.replace(b"\r\n", b"\n").rstrip(b"\r")
