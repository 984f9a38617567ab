"""The real command and the real sidecar with the proxy between them, and how to put them right again."""

import atexit
import contextlib
import csv
import functools
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path
from typing import Any

from splunk_app import package
from tests.end_to_end.company import HEADER, history
from tests.end_to_end.conftest import SidecarProcess
from tests.reliability.faults import certificates
from tests.reliability.faults.proxy import Act, Fault, Proxy
from tests.splunkd.app import InstalledApp
from tests.splunkd.command import CommandProcess
from tests.splunkd.rest import Splunkd

HOOKS = Path(__file__).resolve().parent / "hooks"
_SPARE = 1 << 20
_START_S = 180


@functools.cache
def _work() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.cache
def fitted() -> Path:
    """A home with the model `logon`."""
    home = _work() / "fitted"
    _fit(home, 1500)
    return home


def _fit(home: Path, rows: int) -> None:
    words = [sys.executable, "-m", "sidecar", "run", "--home", str(home), "fit", "model=logon", "entity=user"]
    words.append("fields=dest,src,action")
    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, cwd=package.ROOT, stdin=subprocess.PIPE, stdout=quiet, text=True) as fit:
        assert fit.stdin
        writer = csv.writer(fit.stdin)
        writer.writerow(HEADER)
        for table in history(rows, 500):
            writer.writerows(table.rows)
    assert fit.returncode == 0


class Server(SidecarProcess):
    """The sidecar's processes, seen from the kernel's side."""

    @property
    def pid(self) -> int:
        """The main process, which leads the group."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether the main process runs (or is frozen)."""
        return self._process.poll() is None

    def answers(self) -> bool:
        """Whether it is alive and says so."""
        if not self.alive():
            return False
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5):
                return True
        except OSError:
            return False

    def workers(self) -> list[int]:
        """The processes that the main process has started."""
        found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [int(number) for number in found]


class Watched(Splunkd):
    """splunkd, which remembers every ticket it gave, and whose answers for a path in `faults` are others.

    A fault is an answer, or None: then nothing is said until the fault is taken away.
    """

    def __init__(self, app: InstalledApp) -> None:
        super().__init__(app)
        self.tickets: list[str] = []
        self.faults: dict[str, tuple[int, Any] | None] = {}

    def answer(self, method: str, path: str, token: str, form: dict[str, str], payload: str) -> tuple[int, Any]:
        """One call."""
        if path in self.faults:
            fault = self.faults[path]
            if fault is not None:
                return fault
            still = threading.Event()
            while path in self.faults and not still.wait(0.02):
                pass
        status, found = super().answer(method, path, token, form, payload)
        if path == "aiscore/ticket" and status == 200:
            self.tickets.append(str(found["ticket"]))
        return status, found


class Trap:
    """A place where nobody should ever come."""

    def __init__(self) -> None:
        self.visits = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                visitor, _ = self._socket.accept()
                self.visits += 1
                visitor.close()

    def close(self) -> None:
        """No longer wait."""
        # Closing alone does not wake the thread that accepts.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class Ground:
    """One splunkd, one sidecar and one proxy for many searches; use it as a context manager.

    `seq` is the number of the chunk that the fault shall meet, `attempts` how often (None: each time).
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=_work()))
        self.homes = [self.folder / "home-1", self.folder / "home-2"]
        shutil.copytree(fitted(), self.homes[0])
        self.names = self.folder / "names"
        self.ca_file = certificates.trusted(self.folder)
        self.seq, self.attempts = 1, None
        self._logs: list[tuple[Server, int]] = []
        self._limited: list[tuple[int, tuple[int, int]]] = []
        self._changed = False
        self.tls = False

    seq: int
    attempts: int | None

    def __enter__(self) -> "Ground":
        with contextlib.ExitStack() as stack:
            self.splunkd = stack.enter_context(Watched(InstalledApp(self.folder / "splunk")))
            self.proxy = stack.enter_context(Proxy())
            self.trap = Trap()
            stack.callback(self.trap.close)
            self.start(self.homes[0])
            stack.callback(lambda: self.sidecar.kill())
            self._stack = stack.pop_all()
        self.splunkd.keep_secret(self.sidecar.secret())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # the sidecar

    def start(self, home: Path) -> None:
        """A sidecar over this home, behind the proxy; return when it is ready."""
        self.sidecar = Server(home)
        self._logs.append((self.sidecar, 0))
        self.proxy.upstream = int(self.sidecar.url.rpartition(":")[2])
        # The first start compiles; on a busy machine that takes long.
        self.sidecar.wait_until_ready(_START_S)

    def another_home(self) -> Path:
        """The home that is not served: of the same sidecar, but its champion of `logon` is another version."""
        first, second = self.homes
        if not second.exists():
            shutil.copytree(fitted(), second)
            # The sidecar made its secret, and compiled what it runs, when it first served.
            for made in ("cache", "keys"):
                shutil.copytree(first / made, second / made, dirs_exist_ok=True)
            _fit(second, 1200)
        return second if self.sidecar.home == first else first

    def kill_workers(self) -> None:
        """What the kernel does for want of memory: a SIGKILL for the process that holds most. The others go on."""
        with contextlib.suppress(OSError):
            for pid in self.sidecar.workers():
                os.kill(pid, signal.SIGKILL)
            os.killpg(self.sidecar.pid, signal.SIGCONT)

    def limit_memory(self) -> None:
        """Let the sidecar's processes have hardly any memory beyond what they hold: allocations fail."""
        for pid in self.sidecar.workers():
            held = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
            before = resource.prlimit(pid, resource.RLIMIT_AS)
            self._limited.append((pid, before))
            resource.prlimit(pid, resource.RLIMIT_AS, (held + _SPARE, before[1]))

    def new_log(self) -> str:
        """What the sidecars have logged since this was last asked."""
        found = []
        for at, (sidecar, known) in enumerate(self._logs):
            text = sidecar.log()
            found.append(text[known:])
            self._logs[at] = sidecar, len(text)
        self._logs = [pair for pair in self._logs if pair[0] is self.sidecar]
        return "".join(found)

    # faults, and the end of them

    def play(self, act: Act) -> None:
        """The requests for scores of the chosen chunk get this."""
        seq = self.seq
        self.proxy.fault = Fault(lambda asked: asked.scores and asked.seq == seq, act, self.attempts)

    def listen(self, **how: Any) -> None:
        """The proxy listens in another way until all is put right."""
        self._changed = True
        self.proxy.listen(**how)

    def close_port(self) -> None:
        """Nobody listens."""
        self._changed = True
        self.proxy.shut()

    def swallow(self) -> None:
        """Nobody answers a SYN."""
        self._changed = True
        self.proxy.swallow()

    def calm(self) -> None:
        """No fault any more. The sidecar is started again when it has died."""
        self.proxy.fault = None
        self.splunkd.faults.clear()
        self.names.unlink(missing_ok=True)
        if self._changed:
            self._changed = False
            self.proxy.listen(tls=certificates.good() if self.tls else None)
        for pid, limits in self._limited:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_AS, limits)
        self._limited.clear()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.sidecar.pid, signal.SIGCONT)
        if not self.sidecar.answers():
            self.sidecar.kill()
            self.start(self.sidecar.home)

    # a command in front of it

    def prepare(self, scheme: str, **settings: object) -> None:
        """How the command reaches the sidecar: `http`, `https`, or by `name`."""
        tls = scheme == "https"
        if tls != self.tls:
            self.tls = tls
            self._changed = True
        self.calm()
        url = f"{'https' if tls else 'http'}://{'localhost' if scheme == 'name' else '127.0.0.1'}:{self.proxy.port}"
        self.splunkd.overrides.clear()
        self.splunkd.configure(url=url, ca_file=self.ca_file if tls else "", search_budget_s=60, **settings)
        self.proxy.seen.clear()
        self.proxy.plain.clear()
        self.proxy.hung_up = 0

    def command(self, name: str, args: list[str], python: str, sid: str) -> CommandProcess:
        """A command's process, every logger of which talks."""
        environment = {"PYTHONPATH": str(HOOKS), "AISCORE_TEST_NAMES": str(self.names)}
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        return CommandProcess(self.splunkd, name, args, python=python, sid=sid, environment=environment)

    def forget_contracts(self) -> None:
        """The next command has to ask for the contract."""
        for kept in (self.splunkd.app.home / "var" / "run" / "splunk").rglob("contract-*"):
            kept.unlink()

    def secrets(self) -> list[bytes]:
        """What must never be seen: the shared secret, every ticket and its signature, the session's keys."""
        found = [self.sidecar.secret(), self.splunkd.user.session_key, self.splunkd.system_token]
        found += [*self.splunkd.tickets, *(ticket.rpartition(".")[2] for ticket in self.splunkd.tickets[-3:])]
        return [secret.encode() for secret in found]
