"""Request bodies: tables that are odd, and what only looks like a table."""

import csv
import io
import json
import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tests.reliability.fuzz.words import MARK, cell, name, text

USUAL = ("_time", "user", "dest", "bytes")


class Body(NamedTuple):
    """`rows`: how many events it holds for sure, or None where nobody can say."""

    content: bytes
    kind: str
    rows: int | None = None


Maker = Callable[[random.Random], Body]


def names(chance: random.Random) -> list[str]:
    """The columns of a table: the usual ones, some of them, more, or others; twice, and none, now and then."""
    found = [one for one in USUAL if chance.random() < 0.9] + [name(chance) for _ in range(chance.choice((0, 0, 1, 4)))]
    if chance.random() < 0.2:
        chance.shuffle(found)
    return found or ["user"]


def cells(chance: random.Random, columns: Sequence[str], most: int = 12) -> list[list[str]]:
    return [[cell(chance, one) for one in columns] for _ in range(chance.randint(0, most))]


def written(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A table as CSV, whatever it holds."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode()


def odd_csv(chance: random.Random, most: int = 12) -> Body:
    """A right CSV table of odd cells."""
    columns = names(chance)
    rows = cells(chance, columns, most)
    # A record of one empty cell, quoted or not, is told apart by nobody.
    sure = len(rows) if any(columns) and len(columns) > 1 else None
    return Body(written(columns, rows), "text/csv", sure)


def odd_json(chance: random.Random) -> Body:
    """A right JSON table of odd cells."""
    columns = list(dict.fromkeys(names(chance)))
    rows = cells(chance, columns)
    found = {one: [_typed(chance, row[at]) for row in rows] for at, one in enumerate(columns)}
    return Body(json.dumps({"columns": found}).encode(), "application/json", len(rows) if columns else None)


def _typed(chance: random.Random, cell: str) -> Any:
    kind = chance.random()
    if kind < 0.6:
        return cell
    return chance.choice((None, True, 7, -0.5, 1e308, 10**30, [], [cell, None], [[cell], [1, [2]]], float("nan")))


def broken_csv(chance: random.Random) -> Body:
    """A CSV table with its bytes spoilt, or bytes that never were one."""
    whole = odd_csv(chance, 4).content
    return Body(chance.choice(SPOILERS)(chance, whole), "text/csv")


def broken_json(chance: random.Random) -> Body:
    """JSON that is no table, or is no JSON."""
    if chance.random() < 0.5:
        return Body(chance.choice(SPOILERS)(chance, odd_json(chance).content), "application/json")
    return Body(chance.choice(NO_TABLES), "application/json")


def _cut(chance: random.Random, whole: bytes) -> bytes:
    return whole[: chance.randrange(len(whole) + 1)]


def _flipped(chance: random.Random, whole: bytes) -> bytes:
    found = bytearray(whole or b"x")
    for _ in range(chance.randint(1, 8)):
        found[chance.randrange(len(found))] = chance.randrange(256)
    return bytes(found)


def _with_junk(chance: random.Random, whole: bytes) -> bytes:
    at = chance.randrange(len(whole) + 1)
    return whole[:at] + chance.choice(JUNK) + whole[at:]


def _twice(chance: random.Random, whole: bytes) -> bytes:
    return whole + whole[chance.randrange(len(whole) + 1) :]


def _noise(chance: random.Random, whole: bytes) -> bytes:
    return chance.randbytes(chance.randint(0, 200))


def _recoded(chance: random.Random, whole: bytes) -> bytes:
    return whole.decode(errors="replace").encode(chance.choice(("utf-16", "utf-32", "utf-7", "latin-1")), "replace")


def _bare(chance: random.Random, whole: bytes) -> bytes:
    return whole.replace(b'"', b"")


JUNK = (
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b'"', b'"""', b"\r", b"\r\n\r\n",
    b"\n" * 40,
    b"," * 60, b"\xef\xbb\xbf", b"\x1a", b"\x1f\x8b\x08", b"PK\x03\x04", b"{", b"[" * 30, b"\\", b"\x80\x04\x95",
)  # fmt: skip
SPOILERS = (_cut, _flipped, _with_junk, _twice, _noise, _recoded, _bare)
COLUMNS = ('{"user": %s}', '{"_time": ["1700000000"], "user": %s, "dest": ["h1"], "bytes": ["1"]}', "%s")
CELLS = (
    "[1e999]", "[-1e999]", "[NaN]", "[Infinity]", '["\\ud800"]', '["\\udfff\\ud800"]', '["\\u0000"]',
    "[" * 400 + "]" * 400,
    "[" * 3000, "[" * 3000 + "]" * 3000, '{"a":' * 1500 + "1" + "}" * 1500, "[{}]", "[{}, []]", "{}", "null", "5",
    "true",
    '"abc"', '{"a": 1}', "[1, 2", "[1,,2]", "[1,]", "[01]", "[1.]", "[+1]", "['a']", "[" + "9" * 5000 + "]",
    "[" + "9" * 4000 + "]", "[0." + "0" * 5000 + "1]", "[1e" + "9" * 5000 + "]", "[tru]", "[[], [[]], [[[]]]]",
    '[["a", {"b": 1}]]', "[/* */1]", '["a\nb"]', '["' + "\\u0041" * 2000 + '"]', "[" + "null," * 500 + "null]",
)  # fmt: skip
NO_TABLES = (
    b"", b" ", b"null", b"{}", b"[]", b'"columns"', b'{"columns": {}}', b'{"columns": []}', b'{"columns": [["a"]]}',
    b'{"columns": null}', b'{"columns": "abc"}', b'{"columns": {"": ["x"]}}', b'{"columns": {"a": [1], "b": [1, 2]}}',
    b'{"columns": {"a": [1], "a": [2, 3]}}', b'{"columns": {"\\ud800": ["x"]}}', b'{"columns": {"a\\u0000": ["x"]}}',
    b'{"rows": [{"a": 1}]}', b'{"columns": {"a": ["x"]}} trailing', b'{"columns": {"a": ["x"]}}\x00', b"\xef\xbb\xbf{}",
    *((f'{{"columns": {shape % cells}}}').encode() for shape in COLUMNS for cells in CELLS),
)  # fmt: skip


def marked(chance: random.Random) -> Body:
    """A right table in which every event holds the mark."""
    rows = [[str(1_700_000_000 + at), MARK, f"{MARK}{at}", text(chance)] for at in range(chance.randint(1, 5))]
    return Body(written(USUAL, rows), "text/csv", len(rows))


BODIES: tuple[tuple[int, Maker], ...] = ((4, odd_csv), (2, odd_json), (5, broken_csv), (5, broken_json), (1, marked))


def body(chance: random.Random) -> Body:
    """Any of these."""
    weights = [weight for weight, _ in BODIES]
    return chance.choices([make for _, make in BODIES], weights)[0](chance)
