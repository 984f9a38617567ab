"""The two designs as things to run: one model, one set of chunks, and for each design a service and a command."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import polars as pl
from sklearn.ensemble import IsolationForest

from sidecar.app import open_house
from sidecar.settings import Settings
from sidecar.tasks.fit import FitOptions
from sidecar.tasks.fit import run as fit
from tests.splunkd import frames
from tests.splunkd.app import InstalledApp
from tests.splunkd.command import CommandProcess
from tests.splunkd.rest import Splunkd

ROOT = Path(__file__).resolve().parents[1]
NAIVE_APP = ROOT / "bench" / "naive" / "app"
MODEL = "logon"
READY_S = 60.0


@dataclass(frozen=True)
class Fitted:
    """A home that holds the model `logon`, and its forest as scikit-learn grew it."""

    home: Path
    forest: Path


def fitted(events: pl.DataFrame, folder: Path, **options: Any) -> Fitted:
    """Fit from events (text or typed) into a new home under `folder`; options: those of the verb fit."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with _kept_forests() as grown:
        fit(events.cast(pl.String), FitOptions(model=MODEL, **options), open_house(Settings(home=folder / "home")))
    joblib.dump(grown[-1], folder / "forest.joblib")
    return Fitted(folder / "home", folder / "forest.joblib")


@contextmanager
def _kept_forests() -> Iterator[list[IsolationForest]]:
    """Every Isolation Forest that is grown meanwhile: the bundle keeps its arrays, the naive design the object."""
    grown: list[IsolationForest] = []
    original = IsolationForest.fit

    def keeping(forest: IsolationForest, *given: Any, **named: Any) -> IsolationForest:
        grown.append(original(forest, *given, **named))
        return grown[-1]

    IsolationForest.fit = keeping
    try:
        yield grown
    finally:
        IsolationForest.fit = original


def chunks(events: pl.DataFrame, size: int) -> list[bytes]:
    """CSV bodies as splunkd writes them: each field with its `__mv_` column, which is empty for single values."""
    header = [name for field in events.columns for name in (field, f"__mv_{field}")]
    rows = [[cell for value in row for cell in (value or "", "")] for row in events.cast(pl.String).iter_rows()]
    return [frames.to_csv(header, rows[start : start + size]) for start in range(0, len(rows), size)]


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

    def run(self, bodies: list[bytes]) -> Run:
        """Score all chunks in one new command process; RuntimeError when it complains."""
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
        """Each run shall ask for the contract, as the first search after a fit does."""
        for kept in (self.splunkd.app.home / "var" / "run" / "splunk").rglob("contract-*"):
            kept.unlink()


class Served:
    """A service as a child process that answers /readyz. It starts at once; whoever enters waits until it is ready."""

    def __init__(self, words: list[str], port: int, log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *words],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=ROOT, env=_environment(), start_new_session=True,
            )  # fmt: skip

    def wait_until_ready(self) -> None:
        """RuntimeError with the end of its log when it ends, or takes longer than a minute."""
        give_up = time.monotonic() + READY_S
        while time.monotonic() < give_up and self._process.poll() is None:
            with suppress(OSError), urllib.request.urlopen(f"{self.url}/readyz", timeout=2):
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.url} did not become ready:\n{self.last_lines()}")

    def end(self) -> None:
        """End it and its workers: all of its own process group."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def cpu_s(self) -> float:
        """Processor seconds of its process group so far; 0 where there is no /proc."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                # After the name in brackets: state, parent, process group, and from the 12th on utime and stime.
                cells = stat.read_text().rpartition(")")[2].split()
                ticks += int(cells[11]) + int(cells[12]) if int(cells[2]) == self._process.pid else 0
        return ticks / os.sysconf("SC_CLK_TCK")

    def last_lines(self) -> str:
        """The end of its log."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])


@contextmanager
def designs(model: Fitted, folder: Path, python: str | None) -> Iterator[tuple[Design, Design]]:
    """AIScore and the naive design, both running on one model. python: the commands' interpreter."""
    with ExitStack() as ends:
        pair = _aiscore(model, folder, python, ends), _naive(model, folder, python, ends)
        for design in pair:
            design.service.wait_until_ready()
        pair[0].splunkd.keep_secret((model.home / "keys" / "ticket.key").read_text().strip())
        yield pair


def _aiscore(model: Fitted, folder: Path, python: str | None, ends: ExitStack) -> Design:
    port = _free_port()
    words = ["sidecar.cli", "serve", "--home", str(model.home), "--bind", f"127.0.0.1:{port}"]
    service = _started(words, port, folder / "aiscore.log", ends)
    splunkd = ends.enter_context(Splunkd(_installed(folder / "splunk-aiscore")))
    splunkd.configure(url=service.url)
    # fields=all: the same bytes for both. By default splunkd would send only the columns of the contract.
    return Design("aiscore", splunkd, "aiscore", [f"model={MODEL}", "explain=none", "fields=all"], service, python)


def _naive(model: Fitted, folder: Path, python: str | None, ends: ExitStack) -> Design:
    port = _free_port()
    words = ["bench.naive.server", "--home", str(model.home), "--model", MODEL, "--forest", str(model.forest)]
    service = _started([*words, "--port", str(port)], port, folder / "naive.log", ends)
    app = _installed(folder / "splunk-naive", NAIVE_APP)
    # The same splunklib and requests as AIScore's package has.
    shutil.copytree(folder / "splunk-aiscore" / "etc" / "apps" / "aiscore" / "lib", app.folder / "lib")
    splunkd = ends.enter_context(Splunkd(app))
    return Design("naive", splunkd, "naivescore", [f"url={service.url}/score"], service, python)


def _started(words: list[str], port: int, log: Path, ends: ExitStack) -> Served:
    service = Served(words, port, log)
    ends.callback(service.end)
    return service


def _installed(home: Path, origin: Path | None = None) -> InstalledApp:
    shutil.rmtree(home, ignore_errors=True)
    return InstalledApp(home, origin)


def _environment() -> dict[str, str]:
    """Ours without the settings of another sidecar."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AISCORE_")}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
