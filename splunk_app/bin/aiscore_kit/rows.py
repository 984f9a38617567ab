"""The rows of one chunk as the bytes that came, cut at the right places.

A line end inside quotes is not the end of a row. Nothing is decoded here: a row leaves as it came.
"""

from aiscore_kit import cells

# Bytes that no text uses (they are not UTF-8), or hardly any: one that a body lacks can mark its places.
_MARKS = tuple(bytes((mark,)) for mark in (0xFF, 0xFE, 0xC0, 0xC1, 0x00, 0x01, 0x02, 0x03))


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

    def lines(self, header, *parts):
        """The body made of this header and of the `parts` of each record, each with the line end it came with.

        Each part is a list with one piece (bytes) a record. All is put together in one go: a step per row in Python
        would cost more than the copying.
        """
        width = len(parts) + 1
        found = [b"\n"] * (2 + width * len(self))
        found[0] = header
        for at, part in enumerate(parts, 2):
            found[at::width] = part
        if self.tails is not None:
            found[1::width] = [tail + b"\n" for tail in self.tails]
        return b"".join(found)


def _records(body):
    """(records with the header first, well formed?)"""
    if not body:
        return [], True
    if b'"' not in body:
        found = _lines(body)
        return found, _same_width(found) and not _stray_return(body)
    pieces = body.split(b'"')
    shape = cells.shape(pieces)
    if shape is None:
        return cells.records(body), False
    outline = _lines(shape)
    found = _lines(body)
    if len(found) != len(outline):
        found = _cut_outside_quotes(body, pieces)
    return found, _same_width(outline) and not _stray_return(shape)


def _lines(body, end=b"\n"):
    found = body.split(end)
    if not found[-1]:
        found.pop()
    return found


def _cut_outside_quotes(body, pieces):
    """The records where quoted cells hold line ends: those outside quotes are replaced by a mark and cut at it."""
    mark = next((mark for mark in _MARKS if mark not in body), None)
    if mark is None:
        return cells.records(body)
    pieces[::2] = b'"'.join(pieces[::2]).replace(b"\n", mark).split(b'"')
    return _lines(b'"'.join(pieces), mark)


def _same_width(lines):
    widths = {line.count(b",") for line in lines}
    return len(widths) == 1 and (widths != {0} or all(lines))


def _stray_return(shape):
    return b"\r" in shape and b"\r" in shape.replace(b"\r\n", b"\n").rstrip(b"\r")
