"""Rows through the kit's own cut and splice, and off again: how many bytes of the original columns have changed.

Runs under the command's own Python:  python3.9 identity.py BIN_FOLDER ROWS SEED LARGEST_CHUNK     # prints JSON
"""

import csv
import io
import json
import random
import sys
import time

# Raw cells as they stand in a record. Those in quotes hold what must not be taken for a border of a cell or a row.
PLAIN = (
    b"", b"", b"0", b"alice", b"10.0.0.1", b"1767225600.123", b"a b", b"\\", b"x\ty", b"$", b"{0}", b"%s", b"'", b"a;b",
    "grün ünd größer".encode(), "日本".encode(), b"a" * 300,
)  # fmt: skip
QUOTED = (
    b'""', b'"x"', b'"a,b"', b'"say ""so"""', b'""""', b'""""""', b'"two\nlines"', b'"\n"', b'"\n\n,\n"', b'","',
    b'"\r\n"', b'"a\r\nb"', b'"{""user"": ""ann"",\n ""ok"": [1, 2]}"',
    b'"<Event>\n\t<Data Name=""x"">1,2</Data>\n</Event>"',
    b'"ends with a quote"""', b'"""starts with one"', b'"' + b'x,""\n' * 60 + b'"',
)  # fmt: skip
MULTIVALUE = (b"", b"", b"$a$;$b$", b"$a$$$;$b$", b'"$a,b$;$c$"', b'"$x\ny$;$""z""$"')
RETURNS = (b"a\rb", b"\rx", b"x\r", b'"a\rb"', b"\r\rx")
NULS = (b"\0", b"a\0b", b'"\0,\0"', b"\0\0\0")
NOT_UTF8 = (
    b"\xff",
    b"\xfe\xff",
    b"caf\xe9",
    b"\xc0\x80",
    b'"\xff\n\xfe"',
    b"\xf5\xed\xa0\x80",
    b"\1\2\3\xc1",
    b'"\xe9,\n"',
)
# No writer makes these, but whoever reads them cuts them so.
ODD = (b'x"y', b'a""b', b'5" disk', b'"x"y', b'""x', b'"a,b"c"d', b"'\"'", b'x"', b'x"""')
LONG = (b"z" * 100_000, b'"' + b'long, ""text""\n' * 20_000 + b'"', "é".encode() * 70_000)
HUGE = (b"h" * 10_485_761, b'"' + b'a, ""b""\n' * 1_100_000 + b'"', b"\xff\0" * 5_300_000)
OUTPUTS = [b"ai_" + name for name in (b"score", b"reasons", b"contributions", b"model", b"status", b"note")]
KINDS = {
    "plain": PLAIN,
    "quoted": PLAIN + QUOTED,
    "all quoted": QUOTED,
    "multivalue": PLAIN + MULTIVALUE,
    "returns": PLAIN + QUOTED + RETURNS,
    "nuls": PLAIN + QUOTED + NULS,
    "not utf-8": PLAIN + QUOTED + NOT_UTF8,
    "odd": PLAIN + QUOTED + ODD,
    "everything": PLAIN + QUOTED + MULTIVALUE + RETURNS + NULS + NOT_UTF8 + ODD,
    "long": PLAIN + QUOTED + LONG,
    "uneven": PLAIN + QUOTED + MULTIVALUE,
    "came in": (*PLAIN, b'""', b'"x"', b'"a,b"', b'"two\nlines"', b'"say ""so"""', *MULTIVALUE),
    "same names": PLAIN + QUOTED + MULTIVALUE,
    "wide": PLAIN + QUOTED,
    "huge": PLAIN + QUOTED,
}
SIZES = (1, 2, 3, 10, 100, 255, 256, 257, 1000, 2500, 10_000)
LINE_ENDS = ((b"\n",), (b"\n",), (b"\n",), (b"\r\n",), (b"\n", b"\r\n"))
REASONS = (
    b"",
    b"user=x never seen (+1.8)",
    b'"dest=""a"", b (+1.0); hour=03:00 (+0.4)"',
    b'"line\nend, ""q"""',
    b"caf\xc3\xa9",
)
POOL = 400
HUGE_FROM = 1000


class Chunk:
    """A body, and what it is made of: raw `names`, the raw `cells` of each record, the line `ends` of all records.

    `closing` is the quote that the body lacks at its end.
    """

    def __init__(self, kind, names, cells, ends=None, closing=b""):
        self.kind, self.names, self.width, self.closing = kind, names, len(names), closing
        self.cells, self.ends = cells, ends or [b"\n"] * (len(cells) + 1)
        self.header = b",".join(names)
        lines = [self.header, self.ends[0]]
        for record, end in zip(cells, self.ends[1:]):  # noqa: B905, which 3.9 does not know
            lines += (b",".join(record), end)
        self.body = b"".join(lines)


def drawn(chance, left, largest):
    """A chunk of at most `left` rows, by chance of any kind."""
    kind = chance.choice(list(KINDS))
    if kind == "huge" and (largest < HUGE_FROM or chance.random() < 0.8):
        kind = "plain"
    size, width = min(left, largest, _size(chance, kind, largest)), chance.choice((1, 2, 3, 5, 8, 15))
    if size <= 1000 and kind not in ("long", "huge"):
        width = chance.choice((width, width, 60, 400))
    if kind == "wide":
        width = 5000
    names = [b"%sf%d" % (chance.choice((b"", b"__mv_")), at) for at in range(width)]
    if kind == "came in":
        names = _with_outputs(chance, names[:20])
    if kind == "same names":
        names = [chance.choice(names[:3]) for _ in names]
    if chance.random() < 0.2:
        names[0] = chance.choice((b'"a, ""name"""', b"\xef\xbb\xbff0", b"\xff\xfe", b"gr\xc3\xbcn"))
    pool = [_record(chance, kind, len(names)) for _ in range(min(size, POOL))]
    cells = chance.choices(pool, k=size)
    ends = chance.choices(chance.choice(LINE_ENDS), k=size + 1)
    closing = b'"' if chance.random() < 0.05 and kind != "came in" else b""
    if closing:
        cells[-1] = cells[-1][:-1] + [b'"never ""closed"",\nat all']
    if closing or chance.random() < 0.2:
        ends[-1] = b""
    return Chunk(kind, names, cells, ends, closing)


def _size(chance, kind, largest):
    if kind in ("long", "wide"):
        return chance.choice(SIZES[:4])
    if kind == "huge":
        return 1
    if kind in ("plain", "multivalue") and chance.random() < 0.1:
        return largest
    if kind == "came in":
        return chance.choice(SIZES[:9])
    return chance.choice((chance.choice(SIZES), chance.randrange(1, 3000)))


def _record(chance, kind, width):
    if kind == "uneven":
        width = max(1, width + chance.choice((-3, -1, 0, 0, 1, 2)))
    cells = chance.choices(KINDS[kind], k=width)
    if kind == "huge":
        cells[chance.randrange(width)] = HUGE[chance.randrange(len(HUGE))]
    # A lone empty cell is a blank line, and a return at the end of a row belongs to its line end.
    if cells == [b""] or cells[-1].endswith(b"\r"):
        cells[-1] = b"x"
    return cells


def _with_outputs(chance, names):
    """The names, with some that the command writes, too, and some under which it keeps what it found."""
    more = chance.sample(OUTPUTS, chance.randint(1, len(OUTPUTS)))
    more += [b"__mv_" + name for name in more if chance.random() < 0.3]
    more += [b"orig_" + name for name in more if chance.random() < 0.3 and not name.startswith(b"__mv_")]
    names = names[:1] + chance.sample(names[1:] + more, len(names) - 1 + len(more))
    return names


def suffix(number):
    """A line of output columns that no other row has."""
    reasons = REASONS[number % len(REASONS)]
    return b"0.%06d,low,3,0.9,,%b,f:1,m@b/g,%032x,scored,cold_entity" % (number % 1_000_000, reasons, number)


def records(body):
    """The records of a body as Python's csv module ends them, with their line ends."""
    # One byte is one letter; what the module would stumble over stands aside as letters that no byte has.
    text = body.decode("latin-1").replace("\r", "\u0100").replace("\0", "\u0101")
    lines = text.split("\n")
    last = lines.pop()
    lines = [line + "\n" for line in lines] + ([last] if last else [])
    found, start = [], 0
    reader = csv.reader(lines)
    for _ in reader:
        found.append("".join(lines[start : reader.line_num]))
        start = reader.line_num
    return [record.replace("\u0100", "\r").replace("\u0101", "\0").encode("latin-1") for record in found]


def changed(chunk, out, suffixes, names):
    """(bytes of the original columns and line ends that are not as they were, the first such record)."""
    back = records(out)
    if len(back) != len(chunk.cells) + 1:
        return len(chunk.body), (len(back), len(chunk.cells) + 1)
    if set(names) & {name[5:] if name.startswith(b"__mv_") else name for name in chunk.names}:
        return _changed_where_outputs_came_in(chunk, back, suffixes, names)
    wrong, first = 0, None
    expected = [chunk.header + b"," + b",".join(names) + (chunk.ends[0] or b"\n")]
    for at, cells in enumerate(chunk.cells):
        if chunk.closing and at == len(chunk.cells) - 1:
            cells = cells[:-1] + [cells[-1] + chunk.closing]
        row = cells[: chunk.width] + [b""] * (chunk.width - len(cells)) + [suffixes[at]] + cells[chunk.width :]
        expected.append(b",".join(row) + (chunk.ends[at + 1] or b"\n"))
    for at, record in enumerate(back):
        if record != expected[at]:
            wrong += max(1, sum(map(int.__ne__, record, expected[at])), abs(len(record) - len(expected[at])))
            first = first or (record[:300], expected[at][:300])
    return wrong, first


def _changed_where_outputs_came_in(chunk, back, suffixes, names):
    """As `changed`, by values: outputs stand in their columns, old values once under orig_, all else as it was."""
    header = _values(back[0])
    first = None
    wrong = 0
    for at, cells in enumerate(chunk.cells):
        came = _read(_values(chunk.header), _values(b",".join(cells)))
        left = _read(header, _values(back[at + 1]))
        expected = dict(came)
        for name, cell in zip(names, _values(suffixes[at])):  # noqa: B905
            expected[name] = cell
            # A value is kept where none is kept yet, and its multivalue half goes with it.
            if came.get(name) and not came.get(b"orig_" + name):
                expected[b"orig_" + name] = came[name]
                if came.get(b"__mv_" + name):
                    expected[b"__mv_orig_" + name] = came[b"__mv_" + name]
            if b"__mv_" + name in came:
                expected[b"__mv_" + name] = b""
        for name in set(expected) | set(left):
            # Where a multivalue half has no single half, what becomes of it is nobody's concern.
            if not name.startswith(b"__mv_orig_") and expected.get(name, b"") != left.get(name, b""):
                wrong += 1
                first = first or (name, expected.get(name), left.get(name))
        if not back[at + 1].endswith(chunk.ends[at + 1]):
            wrong += 1
    return wrong, first


def _values(record):
    """The cells' values, as Python's csv module reads the record."""
    text = record.decode("latin-1").rstrip("\r\n").replace("\r", "\u0100").replace("\0", "\u0101")
    row = next(csv.reader(io.StringIO(text, newline="")), [])
    return [cell.replace("\u0100", "\r").replace("\u0101", "\0").encode("latin-1") for cell in row]


def _read(header, row):
    """Name -> value; of columns of one name the first."""
    found = {}
    for name, cell in zip(header, row):  # noqa: B905
        found.setdefault(name, cell)
    return found


def main(folder, rows, seed, largest):
    """Chunks of many kinds and sizes until there have been so many rows."""
    sys.path.insert(0, folder)
    from aiscore_kit.outputs import names
    from aiscore_kit.rows import Rows
    from aiscore_kit.splice import splice

    csv.field_size_limit(1 << 30)
    chance, began = random.Random(seed), time.process_time()
    found = {"rows": 0, "chunks": 0, "bytes": 0, "changed": 0, "kinds": {}, "plain": 0, "first": None}
    encoded = [name.encode() for name in names()]
    while found["rows"] < rows:
        chunk = drawn(chance, rows - found["rows"], largest)
        cut = Rows(chunk.body)
        suffixes = [suffix(found["rows"] + at) for at in range(len(cut))]
        wrong, first = len(chunk.body), ("rows cut", len(cut), len(chunk.cells))
        if len(cut) == len(chunk.cells):
            wrong, first = changed(chunk, splice(cut, names(), suffixes), suffixes, encoded)
        found["rows"] += len(chunk.cells)
        found["chunks"] += 1
        found["bytes"] += len(chunk.body)
        found["changed"] += wrong
        found["plain"] += len(chunk.cells) if cut.plain else 0
        found["kinds"][chunk.kind] = found["kinds"].get(chunk.kind, 0) + len(chunk.cells)
        found["first"] = found["first"] or (first and f"{chunk.kind}, {chunk.width} columns: {first!r}")
    found["seconds"] = round(time.process_time() - began, 1)
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
