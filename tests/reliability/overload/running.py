"""A real server to overload, and what it takes of the machine."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sidecar import tickets
from tests.reliability.kills import home
from tests.sidecar.conftest import SECRET, events
from tests.sidecar.test_server import Server, serving


@contextmanager
def served(**settings: str) -> Iterator[Server]:
    """A server over a fitted home of its own, with these settings."""
    with (
        tempfile.TemporaryDirectory(prefix="overload-") as folder,
        serving(home.copy(Path(folder)), **settings) as server,
    ):
        yield server


HEALTH = b"GET /healthz HTTP/1.1\r\nHost: sidecar\r\n\r\n"


def score(rows: int) -> bytes:
    """A whole request to score a chunk, as it goes over the line."""
    body = events(1, rows, seed=2)
    ticket = tickets.make("crowd", ("score",), SECRET.encode(), time.time())
    head = (
        f"POST /v1/score?model={home.STEADY} HTTP/1.1\r\nHost: sidecar\r\nContent-Type: text/csv\r\n"
        f"Authorization: Bearer {ticket}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def peak_mb(server: Server) -> float:
    """The most memory that any of the server's processes has held (VmHWM), all together."""
    children = subprocess.run(["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True).stdout.split()
    return sum(_peak_kb(process) for process in [str(server.process.pid), *children]) / 1024


def _peak_kb(process: str) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
