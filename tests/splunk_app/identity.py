"""Rows through the kit's own cut and splice, and off again: how many bytes of the original columns have changed.

Runs under the command's own Python:  python3.9 identity.py BIN_FOLDER ROWS SEED LARGEST_CHUNK     # prints JSON
"""

import csv
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


class Chunk:
    """A body, and what it was made of: `header`, the raw `cells` of each record, the line `ends` of all of them.

    `closing` is the quote that the body lacks at its end.
    """

    def __init__(self, chance, left, largest):
        self.kind = chance.choice(list(KINDS))
        size, self.width = min(left, largest, self._size(chance, largest)), chance.choice((1, 2, 3, 5, 8, 15))
        if size <= 1000 and self.kind != "long":
            self.width = chance.choice((self.width, self.width, 60, 400))
        pool = [self._record(chance) for _ in range(min(size, POOL))]
        self.cells = chance.choices(pool, k=size)
        self.ends = chance.choices(chance.choice(LINE_ENDS), k=size + 1)
        names = [b"%sf%d" % (chance.choice((b"", b"__mv_")), at) for at in range(self.width)]
        if chance.random() < 0.2:
            names[0] = b'"a, ""name"""'
        self.header = b",".join(names)
        self.closing = b'"' if chance.random() < 0.05 else b""
        if self.closing:
            self.cells[-1] = self.cells[-1][:-1] + [b'"never ""closed"",\nat all']
        if self.closing or chance.random() < 0.2:
            self.ends[-1] = b""
        lines = [self.header, self.ends[0]]
        for at in range(size):
            lines += (b",".join(self.cells[at]), self.ends[at + 1])
        self.body = b"".join(lines)

    def _size(self, chance, largest):
        if self.kind == "long":
            return chance.choice(SIZES[:4])
        if self.kind in ("plain", "multivalue") and chance.random() < 0.1:
            return largest
        return chance.choice((chance.choice(SIZES), chance.randrange(1, 3000)))

    def _record(self, chance):
        width = self.width
        if self.kind == "uneven":
            width = max(1, width + chance.choice((-3, -1, 0, 0, 1, 2)))
        cells = chance.choices(KINDS[self.kind], k=width)
        # A lone empty cell is a blank line, and a return at the end of a row belongs to its line end.
        if cells == [b""] or cells[-1].endswith(b"\r"):
            cells[-1] = b"x"
        return cells


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
    wrong, first = 0, None
    expected = [chunk.header + b"," + b",".join(names) + chunk.ends[0]]
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
        chunk = Chunk(chance, rows - found["rows"], largest)
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
