"""Clients that connect and then say little or nothing, or ask and leave: the others must not feel it."""

import resource
import time
from contextlib import ExitStack

from tests.reliability.campaign import Found
from tests.reliability.overload.load import Plan, begun, finished, measured, share
from tests.reliability.overload.running import HEALTH, peak_mb, score, served
from tests.sidecar.test_server import busy, half_a_body, wait_until

ROWS = 100


def half_open(clients: int, seconds: float, limit_ms: float) -> Found:
    """Half of them never end their headers, half (with a ticket) never their body."""
    _allow_files(clients + 256)
    with served() as server, ExitStack() as held:
        measured(Plan(server.port, 0.5), score(ROWS))
        for number in range(clients):
            held.enter_context(server.raw(b"POST /v1/sco" if number % 2 else half_a_body(server)))
        asked = {"healthz": HEALTH, "score": score(ROWS)}
        answers = {name: measured(Plan(server.port, seconds), sent) for name, sent in asked.items()}
        most = {f"half_open_{name}_p95_ms": share([one.ms for one in of], 95) for name, of in answers.items()}
        most["half_open_peak_mb"] = peak_mb(server)
    wrong = [
        f"{name} {value:.0f} > {limit_ms}" for name, value in most.items() if name[-2:] == "ms" and value > limit_ms
    ]
    for name, of in answers.items():
        bad = [one.status for one in of if one.status != 200]
        wrong += [f"{name} was answered {bad[:5]} beside {clients} half-open clients"] if bad or not of else []
    return Found({"half_open_clients": clients, "half_open_asked": sum(map(len, answers.values()))}, wrong, most)


def idle(connections: int, header_timeout_s: int, limit_s: float) -> Found:
    """More connections than are held at once, and nothing is said: others wait until those have had their time.

    Each is closed after the time of a header, so the wait is that time for each `max_connections` of them.
    """
    with served(max_connections="64", header_timeout_s=str(header_timeout_s)) as server, ExitStack() as held:
        for _ in range(connections):
            held.enter_context(server.raw(b""))
        began = time.monotonic()
        (answer,) = measured(Plan(server.port, 0.0), HEALTH)
        waited_s = time.monotonic() - began
    wrong = [] if answer.status == 200 else [f"shut out by {connections} idle connections: {answer}"]
    wrong += [f"waited {waited_s:.1f} s for idle connections"] if waited_s > limit_s else []
    return Found({"idle_connections": connections}, wrong, {"idle_waited_s": waited_s})


def batch(rows: int, limit_ms: float) -> Found:
    """One request of many rows, and the health checks beside it."""
    with served(max_rows=str(rows), max_body_mb="256") as server:
        working = begun(Plan(server.port, 0.0), score(rows))
        try:
            wait_until(lambda: busy(server) == 1.0, server, 60)
            health = []
            while busy(server) == 1.0:
                health += measured(Plan(server.port, 0.5), HEALTH)
        finally:
            (answer,) = finished(working)
        most = {"batch_healthz_p95_ms": share([one.ms for one in health], 95), "batch_ms": answer.ms}
        most["batch_peak_mb"] = peak_mb(server)
    wrong = [] if answer.status == 200 and len(health) > 5 else [f"{answer}, {len(health)} health checks beside it"]
    wrong += (
        [f"a health check took {most['batch_healthz_p95_ms']:.0f} ms"]
        if most["batch_healthz_p95_ms"] > limit_ms
        else []
    )
    return Found({"batch_rows": rows, "batch_health_checks": len(health)}, wrong, most)


def leavers(clients: int, limit_s: float) -> Found:
    """They ask for work and leave before it is done: their places come free."""
    with served() as server:
        for _ in range(clients):
            with server.raw(score(5_000)):
                time.sleep(0.02)
        began = time.monotonic()
        wait_until(lambda: busy(server) == 0.0, server, limit_s)
        free_s = time.monotonic() - began
        (answer,) = measured(Plan(server.port, 0.0), score(ROWS))
    wrong = [] if answer.status == 200 else [f"after {clients} clients that left: {answer}"]
    return Found({"left": clients}, wrong, {"left_free_s": free_s})


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
