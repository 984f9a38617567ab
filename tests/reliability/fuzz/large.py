"""Bodies that are large, or few bytes for a large table: answered in time, in little memory.

python -m tests.reliability.fuzz.large HOME   prints what was found as JSON
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from sidecar import tickets
from sidecar.wire import Limits
from tests.reliability.fuzz import trial
from tests.reliability.fuzz.asking import Request
from tests.reliability.fuzz.bodies import USUAL, written
from tests.reliability.fuzz.calling import call
from tests.reliability.fuzz.judging import Judge, seconds_for

LIMITS = Limits()
EVENT = b"1700000000,u1,h1,5\n"
HEADER = b"_time,user,dest,bytes\n"
MOST_MB = 900.0
"""Beyond what it held before the first of them: the largest body is 64 MB, and a table of it several times that."""
BAITS = (
    "a" * 65_000,
    "9" * 65_000,
    "$;$" * 21_000,
    "$$" * 32_000,
    "\\;:" * 21_000,
    "2023-" * 13_000,
    " " * 65_000,
    "((((" * 16_000,
)


def many(content: bytes, size: int) -> bytes:
    """As many copies as fit into so many bytes."""
    return content * (size // len(content))


def _columns(count: int) -> bytes:
    return b",".join(b"c%d" % number for number in range(count)) + b"\n"


def _baited(bait: str) -> bytes:
    rows = [["1700000000", bait, bait, bait] for _ in range(8)] + [[bait, "u1", "h1", "5"] for _ in range(8)]
    return written((*USUAL, "__mv_dest"), [[*row, bait] for row in rows])


def _json(cells: bytes, size: int) -> bytes:
    return b'{"columns": {"user": [' + many(cells + b",", size) + cells + b"]}}"


BODIES: dict[str, tuple[Callable[[], bytes], str, int]] = {
    "rows at the limit": (lambda: HEADER + EVENT * LIMITS.rows, "text/csv", 200),
    "a row too many": (lambda: HEADER + EVENT * (LIMITS.rows + 1), "text/csv", 413),
    "rows of nothing": (lambda: b"user\n" + many(b"\n", 60 * 2**20), "text/csv", 413),
    "rows of a letter": (lambda: b"user\n" + many(b"1\n", 60 * 2**20), "text/csv", 413),
    "columns at the limit": (lambda: _columns(LIMITS.columns) + b"1" + b",1" * (LIMITS.columns - 1), "text/csv", 200),
    "a column too many": (lambda: _columns(LIMITS.columns + 1) + b"1\n", "text/csv", 413),
    "few bytes, many cells": (lambda: _columns(LIMITS.columns) + b"1\n" * LIMITS.rows, "text/csv", 413),
    "few bytes, many cells, hidden": (lambda: _columns(9_000) + b'"\n",1\n' * LIMITS.rows, "text/csv", 413),
    "a header of commas": (lambda: many(b",", 60 * 2**20) + b"\n1\n", "text/csv", 413),
    "a header of one name": (lambda: many(b"a", 60 * 2**20), "text/csv", 413),
    "a header without an end": (lambda: b'"' + many(b"a\n", 60 * 2**20), "text/csv", 400),
    "quotes": (lambda: HEADER + many(b'"', 60 * 2**20), "text/csv", 413),
    "a cell at the limit": (lambda: HEADER + b"1700000000," + b"u" * LIMITS.field_bytes + b",h1,5\n", "text/csv", 200),
    "a cell too large": (
        lambda: HEADER + b"1700000000," + b"u" * (LIMITS.field_bytes + 1) + b",h1,5\n",
        "text/csv",
        413,
    ),
    "a cell of all the body": (lambda: HEADER + b"1700000000," + many(b"u", 60 * 2**20) + b",h1,5\n", "text/csv", 413),
    "a body too large": (lambda: HEADER + many(EVENT, 65 * 2**20), "text/csv", 413),
    "nested JSON": (lambda: many(b"[", 15 * 2**20), "application/json", 400),
    "nested JSON cell": (lambda: _json(b"[" * 900 + b"]" * 900, 15 * 2**20), "application/json", 400),
    "JSON of empty lists": (lambda: _json(b"[]", 15 * 2**20), "application/json", 413),
    "JSON of names": (
        lambda: b'{"columns": {' + b",".join(b'"%d":[]' % n for n in range(10**6)) + b"}}",
        "application/json",
        413,
    ),
    "JSON too large": (lambda: _json(b'"u1"', 17 * 2**20), "application/json", 413),
    "a digit of a million": (lambda: _json(b"9" * 10**6, 1), "application/json", 400),
    "numbers of a million digits": (lambda: HEADER + b"1700000000,u1,h1," + b"9" * 60_000 + b"\n", "text/csv", 200),
} | {f"bait {bait[:5]}": ((lambda bait=bait: _baited(bait)), "text/csv", 200) for bait in BAITS}  # type: ignore[misc]
"""By name: the body, its type, and the status that must answer it."""


def ran(app: Flask) -> trial.Seen:
    """Send each of them."""
    seen = trial.Seen()
    document = call(app, Request("GET", "/openapi.json", _headers("text/csv"))).content
    judge = Judge(json.loads(document))
    usual = Request("POST", "/v1/score?model=usual&explain=all", _headers("text/csv"), HEADER + EVENT * 3)
    call(app, usual)  # kernels are compiled, and are not the body's doing
    before = trial.peak_mb()
    for name, (make, kind, status) in BODIES.items():
        _try(app, name, Request("POST", usual.target, _headers(kind), make()), status, judge, seen)
    seen.most["large_growth_mb"] = trial.peak_mb() - before
    if seen.most["large_growth_mb"] > MOST_MB:
        seen.add("fuzz_wrong", f"large bodies took {seen.most['large_growth_mb']:.0f} MB")
    return seen


def _try(app: Flask, name: str, request: Request, status: int, judge: Judge, seen: trial.Seen) -> None:
    began = time.perf_counter()
    answer = call(app, request)
    seconds = time.perf_counter() - began
    seen.counts["fuzz_requests"] += 1
    seen.counts["fuzz_large"] += 1
    seen.counts["fuzz_500"] += answer.status >= 500
    seen.most["slowest_large_ms"] = max(seen.most.get("slowest_large_ms", 0.0), seconds * 1000)
    if answer.status != status:
        seen.add("fuzz_wrong", f"{name}: status {answer.status}, not {status}; {answer.content[:300]!r}")
    if seconds > seconds_for(request):
        seen.add("fuzz_hangs", f"{name}: {seconds:.1f} s")
    for line in judge.wrong(request, answer):
        seen.add("fuzz_wrong", f"{name}: {line}")


def _headers(kind: str) -> dict[str, str]:
    ticket = tickets.make("ann", ("score", "fit", "admin"), trial.SECRET.encode(), time.time())
    return {"Authorization": f"Bearer {ticket}", "Content-Type": kind}


def main(home: str, *_: str) -> None:
    """Print what was found."""
    trial.listen()
    seen = ran(trial.open_app(Path(home)))
    print(json.dumps({"counts": seen.counts, "wrong": seen.wrong, "most": seen.most}))


if __name__ == "__main__":
    main(*sys.argv[1:])
