"""Searches that run while the shared secret is changed, between a stand-in splunkd and a real server."""

import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sidecar import tokens
from sidecar.app import open_ledger
from sidecar.settings import Settings
from tests.reliability.auth.credentials import Credential
from tests.reliability.auth.house import ROOT, Server
from tests.reliability.auth.matrix import Cell
from tests.reliability.kills.home import STEADY, copy
from tests.splunkd import pythons, search
from tests.splunkd.app import InstalledApp
from tests.splunkd.command import CommandProcess
from tests.splunkd.rest import Splunkd
from tests.splunkd.search import Table

HEADER = ["_time", "user", "dest", "bytes"]


class Stage(NamedTuple):
    """A sidecar with a model, and the splunkd that knows its secret."""

    home: Path
    server: Server
    splunkd: Splunkd

    def cli(self, *words: str) -> str:
        """`aiscore token ...` in a process of its own; what it printed."""
        command = [sys.executable, "-m", "sidecar", "token", *words, "--home", str(self.home)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def stage() -> Iterator[Stage]:
    """Sidecar and splunkd, as an admin has set them up."""
    with tempfile.TemporaryDirectory(prefix="rotation-") as folder:
        home = copy(Path(folder))
        with Server(home) as server, Splunkd(InstalledApp(Path(folder) / "splunk")) as splunkd:
            found = Stage(home, server, splunkd)
            splunkd.keep_secret(found.cli("secret"))
            splunkd.configure(url=f"http://127.0.0.1:{server.port}")
            yield found


def chunk(number: int, rows: int) -> Table:
    """Log-ons of one chunk."""
    start = 1_700_000_000 + number * rows * 60
    return Table(HEADER, [[str(start + at * 60), f"u{at % 6}", f"h{at % 10}", str(at * 7)] for at in range(rows)])


def searched(splunkd: Splunkd, chunks: int, rows: int, acts: dict[int, Callable[[], object]]) -> Counter[str]:
    """One search: what its rows' status and note were, counted. `acts` are done before the chunk of that number."""

    def sent() -> Iterator[Table]:
        for number in range(chunks):
            acts.get(number, lambda: None)()
            yield chunk(number, rows)

    arguments = [f"model={STEADY}", "explain=none"]
    with CommandProcess(splunkd, "aiscore", arguments, python=pythons.best("3.9,3.13")) as process:
        rows_back = search.run(process, sent()).dicts()
    return Counter("scored" if row["ai_status"] == "scored" else f"unscored {row['ai_note']}" for row in rows_back)


def rotated(found: Stage, searches: int, chunks: int, rows: int) -> tuple[int, list[str]]:
    """Change the secret while searches run and others begin: how many rows were scored, and what is wrong."""
    fresh: list[str] = []
    steps: list[Callable[[], object]] = [
        lambda: fresh.append(found.cli("rotate")),
        lambda: found.splunkd.keep_secret(fresh[-1]),
        lambda: found.cli("forget"),
    ]
    counts: list[Counter[str]] = []

    def run(acts: dict[int, Callable[[], object]]) -> None:
        counts.append(searched(found.splunkd, chunks, rows, acts))

    # One search does the steps at its first, second and third quarter; at each of them others begin.
    others: list[threading.Thread] = []

    def step(act: Callable[[], object]) -> None:
        act()
        for _ in range(searches):
            others.append(threading.Thread(target=run, args=({},)))
            others[-1].start()

    at = [chunks * quarter // 4 for quarter in (1, 2, 3)]
    run({number: lambda act=act: step(act) for number, act in zip(at, steps, strict=True)})  # type: ignore[misc]
    for other in others:
        other.join(300)
    whole = sum(counts, Counter())
    wanted = chunks * rows * (1 + len(others))
    wrong = [] if whole == Counter(scored=wanted) else [f"of {wanted} rows: {dict(whole)}"]
    return whole["scored"], wrong


def ends(found: Stage, header: str, end: Callable[[], object]) -> tuple[float, list[str]]:
    """Seconds from the end of `end` until the credential is refused, asked over one kept-alive connection."""

    def status() -> int:
        return found.server.ask(Cell("GET", "/openapi.json", b"", Credential("it", header, None), None, True)).status

    before = status()
    end()
    began = time.monotonic()
    while status() != 401:
        if time.monotonic() - began > 10:
            return 10.0, ["it is still taken after 10 s"]
        time.sleep(0.01)
    return time.monotonic() - began, [] if before == 200 else [f"it was answered {before} before"]


def revoked(found: Stage) -> tuple[float, list[str]]:
    """A token that is revoked by another process."""
    token = tokens.create(open_ledger(Settings(home=found.home)), "nightly", ("score",), by="ann")
    return ends(found, f"Bearer {token}", lambda: found.cli("revoke", token.split(".")[1]))
