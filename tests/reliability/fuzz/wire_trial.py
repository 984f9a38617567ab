"""Raw bytes to a real server, and bodies that must cost nothing."""

import random
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.reliability.campaign import Found
from tests.reliability.fuzz import raw
from tests.reliability.fuzz.words import MARK
from tests.sidecar.test_server import Server, serving

STRANGER_MB = 300
STRANGER_S = 3.0
STRANGER_GROWTH_MB = 64.0
PIECE = b"a" * 2**20


@contextmanager
def served(home: Path) -> Iterator[Server]:
    """A real server over a copy of a home."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        copy = Path(shutil.copytree(home, Path(folder) / "home"))
        with serving(copy, header_timeout_s="2") as server:
            yield server


def tried(home: Path, seed: int, requests: int) -> Found:
    """So many odd requests, one connection each."""
    chance = random.Random(seed)
    wrong: list[str] = []
    slowest_s, broken, spoken = 0.0, 0, 0
    with served(home) as server:
        ticket = server.bearer()["Authorization"].removeprefix("Bearer ")
        for number in range(requests):
            sent = raw.made(chance, ticket)
            answer, seconds = raw.answered(server.port, sent)
            spoken += bool(answer)
            slowest_s = max(slowest_s, seconds)
            broken += sum(int(head[1]) >= 500 for head in raw.LINE.finditer(answer))
            wrong += [f"seed {seed} request {number} {sent.name}: {line}" for line in raw.wrong(sent, answer, seconds)]
        alive = server.session.get(server.url + "/healthz", timeout=10).ok
        wrong += [] if alive else [f"seed {seed}: the server does not answer any more"]
        wrong += [f"seed {seed}: {line}" for line in told(server.log.read_text(), ticket)]
    counts = {
        "fuzz_requests": requests,
        "fuzz_500": broken,
        "fuzz_raw": requests,
        "fuzz_raw_answered": spoken,
        "fuzz_wrong": len(wrong),
    }
    return Found(counts, wrong[:20], {"slowest_raw_ms": slowest_s * 1000})


def told(log: str, ticket: str) -> list[str]:
    """What the log of a server should not hold."""
    words = {"Traceback": "a traceback", MARK: "event content", ticket: "a ticket", '"level": "error"': "a fault"}
    return [f"the log holds {what}" for word, what in words.items() if word in log]


def stranger(home: Path) -> Found:
    """A body of 300 MB without a ticket: it is refused at its headers, and never held."""
    with served(home) as server:
        before = _rss_mb(server)
        began = time.perf_counter()
        answer, sent_mb = _pour(server.port, b"Content-Length: %d" % (STRANGER_MB * 2**20))
        seconds = time.perf_counter() - began
        pieces, _ = _pour(server.port, b"Transfer-Encoding: chunked")
        growth = _rss_mb(server) - before
    wrong = [f"answered {found[:40]!r}" for found in (answer, pieces) if b" 401 " not in found[:20]]
    wrong += [f"memory grew by {growth:.0f} MB"] if growth > STRANGER_GROWTH_MB else []
    wrong += [f"it took {seconds:.1f} s"] if seconds > STRANGER_S else []
    most = {"stranger_growth_mb": growth, "stranger_ms": seconds * 1000, "stranger_sent_mb": sent_mb}
    return Found({"fuzz_strangers": 2, "fuzz_wrong": len(wrong)}, wrong, most)


def _pour(port: int, length: bytes) -> tuple[bytes, float]:
    """Send a body until the server has had enough; its answer, and how many MB it let through."""
    head = b"POST /v1/score?model=usual HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n\r\n"
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(head)
        answer = line.recv(4096)
        with suppress(OSError):
            while sent < STRANGER_MB:
                line.sendall(b"100000\r\n" + PIECE + b"\r\n" if b"chunked" in length else PIECE)
                sent += 1
    return answer, float(sent)


def _rss_mb(server: Server) -> float:
    """Memory of the server and its children."""
    parent = server.process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    return sum(_of(int(child)) for child in (parent, *children))


def _of(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
