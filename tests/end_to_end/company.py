"""Logons of a small company, seeded: quiet habits, and one user who goes where nobody goes."""

import random
from collections.abc import Iterator

from tests.splunkd.search import Table

HEADER = ["_time", "user", "dest", "__mv_dest", "src", "action", "_raw", "_bkt", "_cd"]
START = 1767225600


def logons(count: int, start: int = 0, odd: frozenset[int] = frozenset()) -> Table:
    """`count` logons from number `start` on, one every 40 seconds; the numbers in `odd` are strange."""
    rows = []
    for number in range(start, start + count):
        chance = random.Random(number)
        user = chance.randrange(30)
        dest = f"srv{(user * 3 + chance.randrange(3)) % 20}" if number not in odd else f"vault{number}"
        raw = f'{number} user="u{user}"\r\nlogged on' if number % 2 else f"{number} u{user}"
        action = "failure" if chance.random() < 0.05 else "success"
        time = f"{START + number * 40}.{number % 1000:03d}"
        src = f"10.0.{user}.{chance.randrange(2)}" if number not in odd else "203.0.113.9"
        rows.append([time, f"u{user}", dest, "", src, action, raw, "main~1", f"1:{number}"])
    return Table(HEADER, rows)


def history(count: int, chunk: int) -> Iterator[Table]:
    """Quiet logons in chunks."""
    for start in range(0, count, chunk):
        yield logons(min(chunk, count - start), start)
