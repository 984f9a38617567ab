"""One CSV cell, as bytes: as it stands in a record, and as the value it means."""

import re

# A cell as Python's csv module reads it: a quote opens only at the start of a cell, and never closed runs to the end.
_CELL = rb'(?:"[^"]*(?:""[^"]*)*(?:"[^,\n]*|\Z)|[^,\n]*)'
_NEXT = re.compile(b",(" + _CELL + b")")
_RECORD = re.compile(_CELL + rb"(?:," + _CELL + rb")*")
_CLOSED = re.compile(rb'[^"]|\Z|"[^"]*(?:""[^"]*)*"(?!")')
_NEEDS_QUOTES = re.compile(rb'[",\r\n]')
# In a shape: a quote that does not touch the border of a cell on both sides.
_MISPLACED = re.compile(rb'"(?:(?<!\A")(?<![,\n]")|(?!\Z|[,\r\n]))')


def split(record):
    """The cells of a record, still quoted.

    >>> split(b'1,"a,""b""c",')
    [b'1', b'"a,""b""c"', b'']
    """
    if b'"' not in record:
        return record.split(b",")
    return _NEXT.findall(b"," + record)


def value(cell):
    """What a cell means.

    >>> value(b'"a,""b""c"')
    b'a,"b"c'
    """
    if not cell.startswith(b'"'):
        return cell
    inner = cell[1:-1] if len(cell) > 1 and cell.endswith(b'"') else cell[1:]
    return inner.replace(b'""', b'"')


def closed(cell):
    """The cell with its closing quote, which only the last cell of a broken body can lack.

    >>> closed(b'"a""b'), closed(b'"a"'), closed(b'a"')
    (b'"a""b"', b'"a"', b'a"')
    """
    return cell if _CLOSED.match(cell) else cell + b'"'


def quote(plain):
    """The cell that means `plain`.

    >>> quote(b'a,"b"c')
    b'"a,""b""c"'
    """
    if _NEEDS_QUOTES.search(plain) is None:
        return plain
    return b'"' + plain.replace(b'"', b'""') + b'"'


def shape(pieces):
    """What stands outside quotes, one quote for each cell in quotes; None unless quotes begin and end with cells.

    `pieces` is the text split at its quotes: a doubled quote leaves an empty piece outside.

    >>> [shape(text.split(b'"')) for text in (b'1,"a""b",', b'1,a"b"', b'1,"b')]
    [b'1,",', None, None]
    """
    if not len(pieces) & 1:
        return None
    if len(pieces) == 1:
        return pieces[0]
    found = b'"'.join([pieces[0], *filter(None, pieces[2:-1:2]), pieces[-1]])
    return None if _MISPLACED.search(found) else found


def records(body):
    """The records of a body that is not well formed, in order, without their line ends."""
    found, at, end = [], 0, len(body)
    while at < end:
        match = _RECORD.match(body, at)
        found.append(match.group())
        at = match.end() + 1
    return found
