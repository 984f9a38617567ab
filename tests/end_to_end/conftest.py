"""A real sidecar process with a model, and the packaged app in front of it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from splunk_app import package
from tests.end_to_end.company import history
from tests.splunkd import search
from tests.splunkd.app import InstalledApp
from tests.splunkd.command import CommandProcess
from tests.splunkd.rest import Splunkd


class SidecarProcess:
    """`aiscore serve` in a process group of its own."""

    def __init__(self, home: Path, *, tls: tuple[Path, Path] | None = None) -> None:
        self.home = home
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port = probe.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._port}"
        command = [sys.executable, "-m", "sidecar", "serve", "--home", str(home), "--bind", f"127.0.0.1:{self._port}"]
        if tls:
            command += ["--tls-cert", str(tls[0]), "--tls-key", str(tls[1])]
        self._log = home.parent / f"{home.name}-{self._port}.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command, cwd=package.ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text()

    def wait_until_ready(self, timeout_s: float = 60) -> None:
        """Return when it takes connections."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            assert self._process.poll() is None, self.log()
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                if self.url.startswith("https"):
                    return
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=5):
                    return
            time.sleep(0.1)
        raise AssertionError(f"the sidecar did not start: {self.log()}")

    def freeze(self) -> None:
        """Take connections and requests, and answer nothing."""
        os.killpg(self._process.pid, signal.SIGSTOP)

    def kill(self) -> None:
        """As the kernel would for want of memory: the server and its workers, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def secret(self) -> str:
        """The ticket secret it made for itself."""
        return (self.home / "keys" / "ticket.key").read_text().strip()


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> InstalledApp:
    """The package of these sources under a SPLUNK_HOME."""
    return InstalledApp(tmp_path_factory.mktemp("splunk"))


@pytest.fixture(scope="session")
def running_splunkd(installed: InstalledApp) -> Iterator[Splunkd]:
    """One stand-in for all tests."""
    with Splunkd(installed) as server:
        yield server


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, running_splunkd: Splunkd) -> Iterator[SidecarProcess]:
    """A sidecar with the model `logon`, fitted through `| aifit`. Tests that kill theirs take `sidecar`."""
    server = SidecarProcess(tmp_path_factory.mktemp("sidecar") / "home")
    try:
        server.wait_until_ready()
        meet(running_splunkd, server)
        args = ["model=logon", "entity=user", 'fields="dest,src,action"', "wait=120"]
        with CommandProcess(running_splunkd, "aifit", args) as process:
            back = search.run(process, history(6000, 2000)).dicts()
            assert back and back[0]["state"] == "done" and back[0]["rows"] == "6000", process.show() + server.log()
        yield server
    finally:
        server.kill()


@pytest.fixture
def home(served: SidecarProcess, tmp_path: Path) -> Path:
    """A copy of that sidecar's home: two sidecars may not share one."""
    copy = tmp_path / "home"
    shutil.copytree(served.home, copy, ignore=shutil.ignore_patterns("serve.lock"))
    return copy


@pytest.fixture
def sidecar(home: Path) -> Iterator[SidecarProcess]:
    """A sidecar of its own for a test that kills it."""
    server = SidecarProcess(home)
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.kill()


@pytest.fixture
def splunkd(running_splunkd: Splunkd, request: pytest.FixtureRequest) -> Splunkd:
    """splunkd as if just started; it knows the test's own sidecar, or the one that all share."""
    own = "sidecar" in request.fixturenames
    server: SidecarProcess = request.getfixturevalue("sidecar" if own else "served")
    for kept in (running_splunkd.app.home / "var" / "run" / "splunk").rglob("contract-*"):
        kept.unlink()
    meet(running_splunkd, server)
    return running_splunkd


def meet(splunkd: Splunkd, sidecar: SidecarProcess) -> None:
    """Make the sidecar's address and secret known."""
    splunkd.passwords.clear()
    splunkd.overrides.clear()
    splunkd.keep_secret(sidecar.secret())
    splunkd.configure(url=sidecar.url)
