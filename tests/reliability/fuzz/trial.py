"""Many requests in one process, each answer judged, time and memory watched.

python -m tests.reliability.fuzz.trial HOME SEED REQUESTS   prints what was found as JSON
"""

import faulthandler
import json
import logging
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

from sidecar import tickets
from sidecar.app import create_app
from sidecar.journal import JsonLines
from sidecar.settings import Settings
from tests.reliability.fuzz import homes
from tests.reliability.fuzz.asking import Maker, Request
from tests.reliability.fuzz.calling import Answer, call
from tests.reliability.fuzz.judging import Judge, seconds_for
from tests.reliability.fuzz.words import MARK

SECRET = "0123456789abcdef" * 4
MODELS = ("usual", "scoped", "labelled", "odd", "sizes", "named")
HANG_S = 120.0
LOOK_EVERY = 500
WARM_SHARE = 0.2
MOST_GROWTH_MB = 60.0
ALIKE_KEPT = 3
"""Lines that say the same of different requests are kept so often."""


@dataclass
class Seen:
    """What a trial found."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    most: dict[str, float] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, count: str, line: str) -> None:
        self.counts[count] += 1
        kind = line.rpartition(": ")[2][:80]
        self.kinds[kind] += 1
        if self.kinds[kind] <= ALIKE_KEPT:
            self.wrong.append(line)


class Ear(logging.Handler):
    """Hears what is logged, as it would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@dataclass
class Trial:
    """One application, its requests and what is known of their answers."""

    app: Flask
    seed: int
    ear: Ear
    seen: Seen = field(default_factory=Seen)

    def run(self, requests: int) -> Seen:
        """Send so many requests."""
        ticket = tickets.make("ann", ("score", "fit", "admin"), SECRET.encode(), time.time())
        plain = Maker(random.Random(self.seed), MODELS, [b""], ticket)
        judge = Judge(json.loads(call(self.app, plain.bare("GET", "/openapi.json")).content))
        maker = Maker(random.Random(self.seed), MODELS, _carries(self.app, plain), ticket)
        warm_mb = 0.0
        for number in range(requests):
            if number % LOOK_EVERY == 0:
                faulthandler.dump_traceback_later(HANG_S, exit=True)
                maker = Maker(maker.chance, MODELS, maker.carries, self._ticket())
            if number == int(requests * WARM_SHARE):
                warm_mb = rss_mb()
            self._try(number, maker.next(), judge)
        faulthandler.cancel_dump_traceback_later()
        self._growth(rss_mb() - warm_mb)
        return self.seen

    def _ticket(self) -> str:
        return tickets.make("ann", ("score", "fit", "admin"), SECRET.encode(), time.time())

    def _try(self, number: int, request: Request, judge: Judge) -> None:
        place = f"seed {self.seed} request {number} {request.method} {request.target[:120]!r}"
        answer, seconds = self._timed(request)
        if seconds > seconds_for(request):
            # A machine may pause; what is slow twice is slow.
            answer, again = self._timed(request)
            seconds = min(seconds, again)
            if seconds > seconds_for(request):
                self.seen.add("fuzz_hangs", f"{place}: {seconds:.1f} s")
        self.seen.counts["fuzz_requests"] += 1
        self.seen.counts["fuzz_500"] += answer.status >= 500
        self.seen.counts[f"answered_{answer.status}"] += 1
        self.seen.most["slowest_request_ms"] = max(self.seen.most.get("slowest_request_ms", 0.0), seconds * 1000)
        for line in (*judge.wrong(request, answer), *self._told(request)):
            self.seen.add("fuzz_wrong", f"{place} body {request.content[:200]!r}: {line}")

    def _timed(self, request: Request) -> tuple[Answer, float]:
        began = time.perf_counter()
        answer = call(self.app, request)
        return answer, time.perf_counter() - began

    def _told(self, request: Request) -> list[str]:
        """What the log should not have said."""
        lines, self.ear.lines = self.ear.lines, []
        text = "".join(lines)
        secret = request.headers.get("Authorization", "")[7:] or "no ticket"
        # The name of a search is the caller's own label, and is told.
        own = request.headers.get("AIScore-Search", "")
        found = [f"the log tells {word}" for word in (MARK, "Traceback") if word in text and word not in own]
        found += ["the log tells a ticket"] if len(secret) > 40 and secret in text else []
        return found + [f"a fault is logged: {line[:600]}" for line in lines if '"level": "error"' in line]

    def _growth(self, growth_mb: float) -> None:
        self.seen.most["rss_growth_mb"] = growth_mb
        self.seen.most["rss_mb"] = rss_mb()
        if growth_mb > MOST_GROWTH_MB:
            self.seen.add("fuzz_wrong", f"seed {self.seed}: memory grew by {growth_mb:.0f} MB")


def _carries(app: Flask, maker: Maker) -> Sequence[bytes]:
    """What genuine replies hand on."""
    import base64

    from tests.reliability.fuzz.bodies import Body

    event = Body(b"_time,user,dest,bytes\n1700000000,u1,h1,5\n1700000060,u9,h77,1e9\n", "text/csv")
    answers = [call(app, maker.of("score", {"model": name}, event)) for name in MODELS]
    found = [base64.b64decode(answer.header("aiscore-carry") or "") for answer in answers]
    return [carry for carry in found if carry]


def rss_mb() -> float:
    """Memory of this process, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def peak_mb() -> float:
    """The most this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def listen() -> Ear:
    """Hear the log from now on."""
    ear = Ear()
    logger = logging.getLogger("aiscore")
    logger.handlers, logger.propagate = [ear], False
    logger.setLevel(logging.INFO)
    return ear


def open_app(home: Path) -> Flask:
    """The application over a home, with limits that a small body can reach."""
    return create_app(Settings(home=home, ticket_secret=SECRET, max_jobs=2))  # type: ignore[arg-type]


def main(home: str, seed: str, requests: str) -> None:
    """Print what was found."""
    ear = listen()
    app = open_app(Path(home))
    # A first fit loads libraries of a hundred megabytes, which stay: that is no growth.
    homes.fit_again(app.extensions["aiscore"].house)
    seen = Trial(app, int(seed), ear).run(int(requests))
    print(json.dumps({"counts": seen.counts, "wrong": seen.wrong, "most": seen.most}))


if __name__ == "__main__":
    main(*sys.argv[1:])
