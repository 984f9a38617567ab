"""The sidecar as a child process of the demo: fresh secrets, a free port on loopback, always ended."""

import os
import shutil
import socket
import subprocess  # nosec B404  # see the one call below
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from sidecar.demo import starting
from sidecar.errors import OutsideError

READY_S = 60.0
END_S = 10.0
LAST_LINES = 12


@dataclass(frozen=True)
class Service:
    """A running sidecar: where it listens, where its state and its log are."""

    url: str
    home: Path
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def secret(self) -> Path:
        """The file of the secret that it shares with the Splunk app."""
        return self.home / "keys" / "ticket.key"

    def last_lines(self) -> str:
        """The end of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LAST_LINES:])


@contextmanager
def serving(home: Path, log: Path) -> Iterator[Service]:
    """Start a sidecar with a new home and wait until it is ready; end it whatever happens.

    A home left by an earlier demo is removed: its secrets must not live on. Raises OutsideError with the
    last lines of the log when it does not become ready.
    """
    shutil.rmtree(home, ignore_errors=True)
    bind = f"127.0.0.1:{_free_port()}"
    process = None
    try:
        with log.open("wb") as out, starting.whole():
            process = subprocess.Popen(  # nosec B603  # a list of words, no shell; each is ours
                [sys.executable, "-m", "sidecar.cli", "serve", "--home", str(home), "--bind", bind],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment(), cwd=Path(__file__).parents[2],
                start_new_session=True,  # Ctrl-C is ours to handle: the demo ends it, once
            )  # fmt: skip
        service = Service(f"http://{bind}", home, log, process)
        _wait_until_ready(service)
        yield service
    finally:
        if process:
            _end(process)


def environment() -> dict[str, str]:
    """Our environment without settings of another sidecar, which must not reach this one."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AISCORE_")} | {
        "AISCORE_NTHREAD": str(min(os.cpu_count() or 1, 8))
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(service: Service) -> None:
    give_up = time.monotonic() + READY_S
    while time.monotonic() < give_up and service.process.poll() is None:
        try:
            if requests.get(f"{service.url}/readyz", timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise OutsideError(f"the sidecar did not become ready; the end of {service.log}:\n{service.last_lines()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, then insist."""
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
