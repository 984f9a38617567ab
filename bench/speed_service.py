"""The sidecar by itself over HTTP: rates, single events, health beside a large batch, memory, start."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import numpy as np
from rich.progress import Progress

from bench.speed_company import Company, Fitted, chunks, wide_body
from bench.speed_designs import Design, Served, Stage
from sidecar import tickets
from sidecar.app import ticket_secret
from sidecar.settings import read_settings

POLL_EACH_S = 0.01
PATIENCE_S = 3600
WARM_UP = 20


class Client:
    """One connection to a sidecar that stays open; use it as a context manager."""

    def __init__(self, service: Served, model: Fitted) -> None:
        """model: what it asks for, fitted in the home that is served."""
        self._line = service.connect()
        self._line.timeout = PATIENCE_S
        self._model = model
        ticket = tickets.make("bench", ["score"], ticket_secret(read_settings(home=model.home)), time.time())
        self._headers = {"Authorization": f"Bearer {ticket}", "Content-Type": "text/csv"}

    def score(self, body: bytes, explain: str) -> bytes:
        """The reply to a body. Raises RuntimeError for any answer but 200."""
        return self._ask("POST", "/v1/score?" + urlencode({"model": self._model.name, "explain": explain}), body)

    def healthz(self) -> None:
        """Ask whether it lives. Raises RuntimeError for any answer but 200."""
        self._ask("GET", "/healthz", b"")

    def _ask(self, method: str, path: str, body: bytes) -> bytes:
        self._line.request(method, path, body or None, self._headers)
        answer = self._line.getresponse()
        reply = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} was answered {answer.status}: {reply[:300]!r}")
        return reply

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._line.close()


def rate(client: Client, body: bytes, rows: int, count: int, bar: Progress) -> dict[str, Any]:
    """Rows a second of one client that posts the same body again and again, without explanations."""
    client.score(body, "none")
    words = f"scores over HTTP, {rows:,} rows a body"
    took = [_seconds(lambda: client.score(body, "none")) for _ in bar.track(range(count), description=words)]
    return {"rows": rows, "bytes": len(body), "bodies": count, "rows_per_s": round(rows / median(took))}


def single_events(client: Client, company: Company, count: int, bar: Progress) -> dict[str, Any]:
    """Milliseconds of bodies of one event, every voice explained, over one kept connection."""
    bodies = chunks(company.rows(count), 1)
    for body in bodies[:WARM_UP]:
        client.score(body, "all")
    each = bar.track(bodies, description="single events, sidecar")
    return _percentiles([_seconds(partial(client.score, body, "all")) for body in each])


def single_commands(design: Design, company: Company, count: int, bar: Progress) -> dict[str, Any]:
    """Milliseconds of searches of one event, from the start of the command's process to its exit."""
    bodies = chunks(company.rows(count), 1)
    design.run(bodies[:1])
    each = bar.track(bodies, description="single events, command")
    return _percentiles([design.run([body], forget=False).seconds for body in each])


def beside_a_batch(stage: Stage, full: Fitted, company: Company, rows: int, bar: Progress) -> dict[str, Any]:
    """A fresh sidecar that explains every row of one large body: how /healthz answers meanwhile, and peak memory."""
    body = wide_body(company.rows(rows))
    service = stage.sidecar(full.home, settings=limits(rows))
    ready_s = service.wait_until_ready()
    before_mb = service.peak_mb()
    task = bar.add_task(f"a batch of {rows:,} explained rows", total=1)
    took: list[float] = []
    with Client(service, full) as busy, Client(service, full) as watcher, ThreadPoolExecutor(1) as thread:
        began = time.perf_counter()
        batch = thread.submit(busy.score, body, "all")
        while not took or not batch.done():
            took.append(_seconds(watcher.healthz))
            time.sleep(POLL_EACH_S)
        seconds = time.perf_counter() - began
    bar.advance(task)
    lines = batch.result().count(b"\n")
    assert lines == rows + 1, f"{lines} lines came back for {rows} rows"
    found = {
        "rows": rows,
        "columns": body.partition(b"\n")[0].count(b",") + 1,
        "body_mb": round(len(body) / 1e6, 1),
        "batch_s": round(seconds, 2),
        "peak_memory_mb": round(service.peak_mb(), 1),
        "memory_when_ready_mb": round(before_mb, 1),
        "ready_s": round(ready_s, 2),
        "healthz": _percentiles(took),
    }
    service.end()
    return found


def limits(rows: int) -> dict[str, object]:
    """Settings that let a body of so many rows in."""
    return {"max_rows": max(rows, 100_000), "max_body_mb": 256}


def start_s(stage: Stage, full: Fitted, bar: Progress) -> float:
    """Seconds from the start of `aiscore serve` to an answer of /readyz, compiled kernels and models being on disk."""
    task = bar.add_task("start of the sidecar", total=1)
    service = stage.sidecar(full.home)
    found = service.wait_until_ready()
    service.end()
    bar.advance(task)
    return round(found, 2)


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _percentiles(took_s: list[float]) -> dict[str, Any]:
    """Milliseconds: percentiles by linear interpolation, the worst, and of how many.

    >>> _percentiles([0.001] * 99 + [0.002])["p99_ms"]
    1.01
    """
    ms = np.asarray(took_s) * 1e3
    found = {f"p{share}_ms": round(float(np.percentile(ms, share)), 2) for share in (50, 95, 99)}
    return found | {"worst_ms": round(float(ms.max()), 2), "count": len(ms)}
