"""The designs as things to run: for each a service, and a command in front of it."""

from __future__ import annotations

import http.client
import os
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench.servers import certificate
from bench.speed_company import Fitted
from sidecar.app import ticket_secret
from sidecar.settings import read_settings
from tests.splunkd.app import InstalledApp
from tests.splunkd.command import CommandProcess
from tests.splunkd.rest import Splunkd

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / "bench"
READY_S = 120.0
PATIENCE = {"chunk_deadline_s": 100, "search_budget_s": 3600}
"""No chunk shall be given up: a benchmark of rows without scores would be of no use."""


@dataclass(frozen=True)
class Run:
    """One search: seconds until getinfo was answered, for each chunk, and in all; and what came back.

    cpu_s: processor seconds of the command and the service together, which other people's work disturbs less.
    """

    startup_s: float
    chunk_s: list[float]
    seconds: float
    cpu_s: float
    replies: list[bytes]


@dataclass(frozen=True)
class Design:
    """A command in front of its running service."""

    name: str
    splunkd: Splunkd
    command: str
    arguments: list[str]
    service: Served
    python: str | None

    def run(self, bodies: list[bytes], forget: bool = True) -> Run:
        """Score all chunks in one new command process; RuntimeError when it complains.

        forget: whether it asks for the contract, as the first search in a minute does.
        """
        if forget:
            self._forget_contracts()
        cpu_s = self._cpu_s()
        began = time.perf_counter()
        with CommandProcess(self.splunkd, self.command, self.arguments, python=self.python) as process:
            process.getinfo()
            marks, replies = [time.perf_counter()], []
            for number, body in enumerate(bodies, 1):
                replies.append(process.execute(body, number == len(bodies)).body)
                marks.append(time.perf_counter())
            code = process.end()
            seconds = time.perf_counter() - began
            if code or process.messages:
                raise RuntimeError(f"{self.name}: exit code {code}\n{process.show()}\n{self.service.last_lines()}")
        taken = [later - earlier for earlier, later in zip(marks, marks[1:], strict=False)]
        return Run(marks[0] - began, taken, seconds, self._cpu_s() - cpu_s, replies)

    def _cpu_s(self) -> float:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return ended.ru_utime + ended.ru_stime + self.service.cpu_s()

    def _forget_contracts(self) -> None:
        for kept in (self.splunkd.app.home / "var" / "run" / "splunk").rglob("contract-*"):
            kept.unlink()


class Served:
    """A service as a child process that answers /readyz. It starts at once; whoever enters waits until it is ready."""

    def __init__(
        self, words: list[str], port: int, log: Path, *, ca: Path | None = None, settings: Mapping[str, object] = {}
    ) -> None:
        """words: the module and its arguments; ca: its certificate, when it speaks TLS; settings: AISCORE_* of it."""
        self.port, self.ca, self._log = port, ca, log
        self.url = f"{'https' if ca else 'http'}://127.0.0.1:{port}"
        self.started = time.perf_counter()
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *words],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=ROOT, env=_environment(settings),
                start_new_session=True,
            )  # fmt: skip

    def connect(self) -> http.client.HTTPConnection:
        """A connection that is kept alive, not yet opened."""
        if self.ca is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=READY_S)
        context = ssl.create_default_context(cafile=self.ca)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=READY_S, context=context)

    def wait_until_ready(self) -> float:
        """Seconds since its start. RuntimeError with the end of its log when it ends, or takes too long."""
        while time.perf_counter() - self.started < READY_S and self._process.poll() is None:
            with suppress(OSError), closing(self.connect()) as line:
                line.request("GET", "/readyz")
                if line.getresponse().status == 200:
                    return time.perf_counter() - self.started
            time.sleep(0.01)
        raise RuntimeError(f"{self.url} did not become ready:\n{self.last_lines()}")

    def end(self) -> None:
        """End it and its workers: all of its own process group."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def processes(self) -> Iterator[tuple[Path, list[str]]]:
        """The processes of its group: /proc/PID, and the cells of its stat from the state on."""
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                cells = stat.read_text().rpartition(")")[2].split()
                if int(cells[2]) == self._process.pid:
                    yield stat.parent, cells

    def cpu_s(self) -> float:
        """Processor seconds of its process group so far; 0 where there is no /proc."""
        ticks = sum(int(cells[11]) + int(cells[12]) for _, cells in self.processes())
        return ticks / os.sysconf("SC_CLK_TCK")

    def peak_mb(self) -> float:
        """Peak resident memory (VmHWM) of the process of its group that has the highest, MB of 10**6 bytes."""
        found = [0]
        for folder, _ in self.processes():
            with suppress(OSError):
                lines = (folder / "status").read_text().splitlines()
                found += [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
        return max(found) * 1024 / 1e6

    def last_lines(self) -> str:
        """The end of its log."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])


class Stage:
    """Where designs are set up: a folder for apps and logs, the commands' Python, and an end to everything started."""

    def __init__(self, folder: Path, python: str | None, ends: ExitStack) -> None:
        self.folder, self.python, self.ends = folder, python, ends

    def sidecar(
        self, home: Path, *, tls: tuple[Path, Path] | None = None, settings: Mapping[str, object] = {}
    ) -> Served:
        """`aiscore serve` over a home. tls: certificate and key."""
        port = _free_port()
        words = ["sidecar.cli", "serve", "--home", str(home), "--bind", f"127.0.0.1:{port}"]
        words += ["--tls-cert", str(tls[0]), "--tls-key", str(tls[1])] if tls else []
        log = self.folder / f"sidecar-{port}.log"
        return self._ended(Served(words, port, log, ca=tls[0] if tls else None, settings=settings))

    def aiscore(self, name: str, service: Served, home: Path, *arguments: str) -> Design:
        """The packaged app in front of a sidecar. arguments: of the command, beside fields."""
        splunkd = self.ends.enter_context(Splunkd(self._app))
        splunkd.configure(url=service.url, ca_file=service.ca or "", **PATIENCE)
        splunkd.keep_secret(ticket_secret(read_settings(home=home)).decode())
        # fields=all: the same bytes for all. By default splunkd would send only the columns of the contract.
        return Design(name, splunkd, "aiscore", [*arguments, "fields=all"], service, self.python)

    def conventional(self, name: str, kind: str, model: Fitted, *arguments: str) -> Design:
        """The design written out in bench/<kind>."""
        port = _free_port()
        words = [f"bench.{kind}.server", "--home", str(model.home), "--model", model.name]
        words += ["--forest", str(model.forest), "--port", str(port)]
        words += ["--booster", str(model.booster)] if model.booster else []
        service = self._ended(Served(words, port, self.folder / f"{name}.log"))
        app = _installed(self.folder / f"splunk-{name}", BENCH / kind / "app")
        # The same splunklib and requests as AIScore's package has.
        shutil.copytree(self._app.folder / "lib", app.folder / "lib")
        splunkd = self.ends.enter_context(Splunkd(app))
        return Design(name, splunkd, f"{kind}score", [f"url={service.url}/score", *arguments], service, self.python)

    @cached_property
    def _app(self) -> InstalledApp:
        return _installed(self.folder / "splunk-aiscore")

    def _ended(self, service: Served) -> Served:
        self.ends.callback(service.end)
        return service


@contextmanager
def staged(folder: Path, python: str | None) -> Iterator[Stage]:
    """A stage; at the end all services end. python: the commands' interpreter."""
    with ExitStack() as ends:
        yield Stage(folder, python, ends)


def copied_home(home: Path, copy: Path) -> Path:
    """A copy: two sidecars may not share a home."""
    return Path(shutil.copytree(home, copy, ignore=shutil.ignore_patterns("serve.lock")))


def score_only_designs(stage: Stage, plain: Fitted) -> tuple[Design, Design]:
    """AIScore and the naive design without explanations, on the model without labels."""
    service = stage.sidecar(plain.home)
    ours = stage.aiscore("aiscore", service, plain.home, f"model={plain.name}", "explain=none")
    naive = stage.conventional("naive", "naive", plain)
    _all_ready(ours, naive)
    return ours, naive


def explained_designs(stage: Stage, full: Fitted, plain: Design) -> list[Design]:
    """Every event explained, or the tuned design's share, on the model of all voices.

    plain: a design in front of a sidecar over the model's home, which serves this one too.
    """
    words = (f"model={full.name}", "explain=all")
    tls = certificate(stage.folder)
    home = copied_home(full.home, stage.folder / "home-tls")
    secure = stage.sidecar(home, tls=tls)
    designs = [
        stage.aiscore("aiscore", plain.service, full.home, *words),
        stage.aiscore("aiscore_tls", secure, home, *words),
        stage.conventional("tuned", "tuned", full),
        stage.conventional("naive_explained", "naive", full, "explain=true"),
    ]
    _all_ready(*designs)
    return designs


def _all_ready(*designs: Design) -> None:
    """Their services start side by side."""
    for design in designs:
        design.service.wait_until_ready()


def _installed(home: Path, origin: Path | None = None) -> InstalledApp:
    shutil.rmtree(home, ignore_errors=True)
    return InstalledApp(home, origin)


def _environment(settings: Mapping[str, object]) -> dict[str, str]:
    """Ours without the settings of another sidecar, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AISCORE_")}
    return kept | {f"AISCORE_{name.upper()}": str(value) for name, value in settings.items()}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
