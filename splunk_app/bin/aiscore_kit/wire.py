"""What the sidecar is sent: the body as it came, or, for odd input, a clean copy of the columns it needs."""

from aiscore_kit import cells
from aiscore_kit.failure import Failure

MAX_BODY = 64 << 20
MAX_ROWS = 100_000
MAX_FIELD = 64 << 10
MAX_COLUMNS = 1000


class Wire:
    """The request bodies of a chunk, in row order, and the numbers of the rows whose fields were clipped.

    `parts` is a list of (body, rows in it); one part unless the chunk is larger than a request may be, or has more
    than `most_rows` rows.
    """

    def __init__(self, rows, wanted=None, most_rows=MAX_ROWS):
        self.clipped = set()
        if not _sendable(rows):
            self.parts = list(_batches(*self._clean(rows, _columns(rows, wanted)), most_rows))
        elif len(rows) > most_rows:
            self.parts = list(_batches(rows.header, rows.records, most_rows))
        else:
            self.parts = [(rows.body, len(rows))]

    def _clean(self, rows, columns):
        """(header, lines): what the columns hold, as good csv."""
        names = [rows.raw_names[at] for at in columns]
        multi = [name.startswith(b"__mv_") for name in names]
        header = b",".join(cells.quote(_text(name)) for name in names)
        lines = []
        for number, record in enumerate(rows.records):
            found = cells.split(record)
            width = len(found)
            out = []
            for at, several in zip(columns, multi):
                plain = cells.value(found[at]) if at < width else b""
                if len(plain) > MAX_FIELD:
                    self.clipped.add(number)
                    plain = _clip_multivalue(plain) if several else plain
                out.append(cells.quote(sent(plain)))
            # A lone empty cell must not become a blank line, which readers skip.
            lines.append(b",".join(out) or b'""')
        return header, lines


def _sendable(rows):
    body = rows.body
    return (
        rows.plain
        and len(body) <= MAX_BODY
        and len(rows.names) <= MAX_COLUMNS
        and len(set(rows.names)) == len(rows.names)
        and (len(body) <= MAX_FIELD or max(map(len, rows.records)) <= MAX_FIELD)
        and b"\0" not in body
        and _is_utf8(body)
    )


def _is_utf8(body):
    try:
        return body.isascii() or bool(body.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _columns(rows, wanted):
    """The columns to copy: the first of each name; only the contract's when the chunk is wide or heavy."""
    first = {}
    for at, name in enumerate(rows.names):
        first.setdefault(name, at)
    if wanted is None:
        return list(first.values())
    keep = set(wanted)
    keep.update("__mv_" + name for name in wanted)
    return [at for name, at in first.items() if name in keep] or list(first.values())[:1]


def sent(plain):
    """What a value is in the copy that is scored: the value itself where it is good text of no more than MAX_FIELD."""
    return _text(_clip(plain) if len(plain) > MAX_FIELD else plain)


def _text(plain):
    """Valid UTF-8 without NUL: what cannot be read becomes U+FFFD in the copy that is scored."""
    if plain.isascii() and b"\0" not in plain:
        return plain
    return plain.decode("utf-8", "replace").replace("\0", "\ufffd").encode("utf-8")


def _clip(plain):
    return plain[:MAX_FIELD].decode("utf-8", "ignore").encode("utf-8")


def _clip_multivalue(plain):
    """Whole values of a `$a$;$b$` list, as many as fit."""
    end = plain.rfind(b"$;$", 0, MAX_FIELD)
    return plain[: end + 1] if end > 0 else b""


def _batches(header, lines, most_rows):
    batch, size = [header], len(header) + 1
    for line in lines:
        if len(batch) > most_rows or (size + len(line) + 1 > MAX_BODY and len(batch) > 1):
            yield b"\n".join(batch) + b"\n", len(batch) - 1
            batch, size = [header], len(header) + 1
        batch.append(line)
        size += len(line) + 1
    if size > MAX_BODY:
        raise Failure("internal", "one row is larger than %d MiB" % (MAX_BODY >> 20), mend="drop its largest fields")
    yield b"\n".join(batch) + b"\n", len(batch) - 1
