"""Ten times as many requests as the server can serve: what is accepted, what is refused, and what comes after."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.reliability.campaign import Found
from tests.reliability.overload.load import Answered, Plan, measured, share
from tests.reliability.overload.running import peak_mb, score, served
from tests.sidecar.test_server import Server

PLACES = 2
TIMES = 10
REFUSED = (429, 503)


@dataclass(frozen=True)
class Bounds:
    """What is promised. `slower` is how many times the unloaded p99 an accepted request may take at p99."""

    slower: float = 2.0
    refused_ms: float = 250.0
    recovery_s: float = 5.0
    memory_mb: float = 1024.0


@dataclass(frozen=True)
class Shape:
    """The chunk's rows, and the seconds of each of: one client alone, all places busy, the crowd."""

    rows: int
    alone_s: float
    busy_s: float
    crowd_s: float


def overloaded(shape: Shape, bounds: Bounds) -> Found:
    """Measure one client alone, then the capacity, then offer ten times that."""
    sent = score(shape.rows)
    with served(max_requests=str(PLACES)) as server:
        measured(Plan(server.port, 1.0), sent)
        alone = _ok(measured(Plan(server.port, shape.alone_s), sent))
        busy = _ok(measured(Plan(server.port, shape.busy_s, PLACES), sent))
        rate = TIMES * max(len(busy) / shape.busy_s, 1.0)
        answers = measured(Plan(server.port, shape.crowd_s, rate=rate), sent)
        recovery_s = _recovery(server, sent, share(alone, 99), bounds.recovery_s)
        most = {
            "overload_alone_p99_ms": share(alone, 99),
            "overload_accepted_p99_ms": share(_ok(answers), 99),
            "overload_refused_p99_ms": share([one.ms for one in answers if one.status in REFUSED], 99),
            "overload_recovery_s": recovery_s,
            "overload_peak_mb": peak_mb(server),
        }
    return Found(_counts(answers), list(_wrong(answers, most, bounds)), most)


def _ok(answers: Sequence[Answered]) -> list[float]:
    return [one.ms for one in answers if one.status == 200]


def _recovery(server: Server, sent: bytes, usual_ms: float, limit_s: float) -> float:
    """Seconds until one request is as fast as before; a little more than the limit when that does not come."""
    began = time.monotonic()
    while time.monotonic() - began < limit_s:
        asked_at = time.monotonic()
        if min(_ok(measured(Plan(server.port, 0.0), sent)) or [usual_ms + 1]) <= usual_ms:
            return asked_at - began
    return time.monotonic() - began


def _counts(answers: Sequence[Answered]) -> dict[str, int]:
    found = Counter(one.status for one in answers)
    accepted, refused = found[200], sum(found[status] for status in REFUSED)
    return {
        "overload_requests": len(answers),
        "overload_accepted": accepted,
        "overload_refused": refused,
        "overload_errors": len(answers) - accepted - refused,
    }


def _wrong(answers: Sequence[Answered], most: dict[str, float], bounds: Bounds) -> Sequence[str]:
    found, counts = [], _counts(answers)
    if counts["overload_errors"]:
        found.append(f"neither served nor refused: {Counter(one.status for one in answers)}")
    if counts["overload_refused"] < counts["overload_requests"] / 2 or not counts["overload_accepted"]:
        found.append(f"this was no overload: {counts}")
    silent = sum(one.status in REFUSED and not one.retry_after for one in answers)
    if silent:
        found.append(f"{silent} refusals do not say when to come back")
    limits = {
        "overload_accepted_p99_ms": bounds.slower * most["overload_alone_p99_ms"],
        "overload_refused_p99_ms": bounds.refused_ms,
        "overload_recovery_s": bounds.recovery_s,
        "overload_peak_mb": bounds.memory_mb,
    }
    return found + [f"{name} {most[name]:.1f} > {limit:.1f}" for name, limit in limits.items() if most[name] > limit]
