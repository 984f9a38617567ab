"""One life of a server: a process group that serves a home, until it is killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import requests

from sidecar import tickets
from tests.sidecar.conftest import ROOT, SECRET

START_S = 120.0
"""Far more than a start takes: a server that is not ready by then hangs."""
SCOPES = ("score", "fit", "admin")


class Cut(Exception):
    """The line broke before an answer came: whether it was done is not known. `sent_at` is on the monotonic clock."""

    def __init__(self, sent_at: float) -> None:
        super().__init__("no answer")
        self.sent_at = sent_at


class Life:
    """`aiscore serve` in a process group of its own."""

    def __init__(self, home: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log = home.parent / "server.log"
        words = [sys.executable, "-m", "sidecar", "serve", "--home", str(home), "--bind", f"127.0.0.1:{port}"]
        settings = {"AISCORE_TICKET_SECRET": SECRET, "AISCORE_MAX_SESSIONS": "64"}
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                words, cwd=ROOT, env=os.environ | settings, stdout=log, stderr=log, start_new_session=True
            )

    def wait_until_ready(self) -> None:
        """Return when it says it is ready; AssertionError when it ends or does not come."""
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            assert self._process.poll() is None, f"the server ended: {self.log()}"
            with suppress(requests.RequestException):
                if requests.get(f"{self.url}/readyz", timeout=5).ok:
                    return
            time.sleep(0.02)
        raise AssertionError(f"the server was not ready within {START_S:g} s: {self.log()}")

    def kill(self) -> float:
        """SIGKILL to the whole group; when that was."""
        at = time.monotonic()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        return at

    def log(self) -> str:
        """The last of what it has logged."""
        return self._log.read_text()[-2000:]


class Line:
    """A client's kept-alive connection to one life. Every request is made in the name of its own user."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def ask(self, user: str, method: str, path: str, body: bytes = b"", search: str = "") -> requests.Response:
        """The answer; Cut when none came. `user` may be a token too."""
        bearer = user if user.startswith("k1.") else tickets.make(user, SCOPES, SECRET.encode(), time.time())
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "text/csv"}
        if search:
            headers["AIScore-Search"] = search
        sent_at = time.monotonic()
        try:
            return self._session.request(method, self._url + path, data=body, headers=headers, timeout=60)
        except requests.RequestException:
            raise Cut(sent_at) from None

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()
