"""A fit of many rows: peak memory and seconds of each stage, as the service would run it.

examples:
  python -m bench.fit_large                          # 100,000 rows, without and with labels, through the verb
  python -m bench.fit_large --rows 1000000 --served  # a real service: parts sent, session committed, job watched
  python -m bench.fit_large --rows 50000 --fields 200 --labels no

Needs Linux: the peak is VmHWM of the process that fits, set back at the beginning of each stage. Nothing is written but
to a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from rich.console import Console
from rich.table import Table

from sidecar.api.sessions import gathered
from sidecar.app import open_house, open_ledger
from sidecar.settings import read_settings
from sidecar.tasks.fit import FitOptions, run
from sidecar.tokens import create

PART_ROWS = 50_000
"""As many rows as splunkd hands to a command at once."""
DAYS = 20
START_S = 1_700_006_400
"""A midnight, UTC."""
USERS, SOURCES, DESTS = 5_000, 20_000, 2_000
OWN_FIELDS = 6
"""src, dest, app, action, bytes, duration."""
ATTACK_SHARE = 0.002
LOOK_S = 0.02
READY_S = 60.0

Stage = tuple[str, float, float, float]
"""Its name, seconds by the clock and of processors, and peak in MB."""


@dataclass
class Stages:
    """The peak resident memory and the seconds of each stage of a process, in order."""

    pid: str = "self"
    found: list[Stage] = field(default_factory=list)
    _name: str = ""
    _began: tuple[float, float] = (0.0, 0.0)

    def enter(self, name: str) -> None:
        """End the stage before, if it has another name, and begin this one. An empty name only ends."""
        if name == self._name:
            return
        now = time.perf_counter(), cpu_s(self.pid)
        if self._name:
            self.found.append((self._name, now[0] - self._began[0], now[1] - self._began[1], peak_mb(self.pid)))
        self._name, self._began = name, now
        # 5 sets the high-water mark back to what is resident now.
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")


def peak_mb(pid: str) -> float:
    """The largest resident memory of a process since its mark was set back, MB (10**6 bytes)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) * 1024 / 1e6


def cpu_s(pid: str) -> float:
    """Processor seconds of a process so far, all its threads together."""
    return sum(int(cell) for cell in _stat(pid)[11:13]) / os.sysconf("SC_CLK_TCK")


def _stat(pid: str) -> list[str]:
    """The cells of /proc/<pid>/stat after the name: state, parent, process group, ..., utime, stime."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def events(rows: int, fields: int = OWN_FIELDS, seed: int = 1) -> pl.DataFrame:
    """Sign-ins of DAYS days as text cells, newest first as Splunk gives them.

    With entity=user each input field gives four columns of the matrix, and the context one more where the surroundings
    are quiet: the OWN_FIELDS give 24 or 25. Users have habits, destinations differ in how common they are, and one row
    in 500 is an attack, in the later half. More fields than OWN_FIELDS are noise, half of them names, half numbers.
    """
    rng = np.random.default_rng(seed)
    time_s = np.sort(START_S + rng.random(rows) * DAYS * 86_400)
    attack = (rng.random(rows) < 2 * ATTACK_SHARE) & (np.arange(rows) > rows // 2)
    user = np.minimum(rng.pareto(1.0, rows) * 100, USERS - 1).astype(np.int64)
    strange = attack | (rng.random(rows) < 0.05)
    src = np.where(strange, rng.integers(0, SOURCES, rows), user * 3 + rng.integers(0, 2, rows))
    dest = np.where(strange, rng.integers(0, DESTS, rows), (user * 7 + rng.integers(0, 5, rows) ** 2) % DESTS)
    failed = rng.random(rows) < np.where(attack, 0.5, 0.03)
    size = rng.lognormal(8, 1.5, rows) * np.where(attack, 20, 1)
    columns = {
        "_time": _texts(time_s, "{:.3f}"),
        "user": _named("user", user),
        "src": _named("host-", src),
        "dest": _named("server-", dest),
        "app": _named("app", rng.zipf(1.6, rows) % 20),
        "action": pl.Series(failed).replace_strict({True: "failure", False: "success"}, return_dtype=pl.String),
        "bytes": _texts(size, "{:.0f}"),
        "duration": _texts(rng.lognormal(1, 1, rows), "{:.2f}"),
        "label": _texts(attack, "{:d}"),
    }
    for number in range(fields - OWN_FIELDS):
        name, noise = f"more{number}", rng.zipf(1.5, rows) % 500
        columns[name] = _named("value", noise) if number % 2 else _texts(noise + rng.random(rows), "{:.2f}")
    return pl.DataFrame(columns).reverse()


def _named(stem: str, numbers: npt.NDArray[np.int64]) -> pl.Series:
    return stem + pl.Series(numbers).cast(pl.String)


def _texts(numbers: npt.NDArray[Any], form: str) -> pl.Series:
    return pl.Series([form.format(number) for number in numbers])


def write_parts(rows: int, fields: int, labelled: bool, folder: Path) -> int:
    """The events as CSV bodies of PART_ROWS, in files 0.csv, 1.csv ...; how many."""
    found = events(rows, fields)
    found = found if labelled else found.drop("label")
    starts = range(0, rows, PART_ROWS)
    for seq, start in enumerate(starts):
        found[start : start + PART_ROWS].write_csv(folder / f"{seq}.csv")
    return len(starts)


def options_of(labelled: bool) -> dict[str, str]:
    return {"model": "large", "entity": "user"} | ({"label": "label"} if labelled else {})


def through_verb(folder: Path, parts: int, labelled: bool, answer: Connection) -> None:
    """Fit in this process through the verb, from the parts; the stages go to `answer`."""
    settings = read_settings(home=folder / "home")
    stages = Stages()
    house = replace(open_house(settings), progress=lambda share, words: stages.enter(words))
    stages.enter("gathering parts")
    bodies = ((folder / f"{seq}.csv").read_bytes() for seq in range(parts))
    run(gathered(bodies, settings.limits), FitOptions(**options_of(labelled)), house)  # type: ignore[arg-type]
    stages.enter("")
    answer.send(stages.found)


def in_child(folder: Path, parts: int, labelled: bool) -> list[Stage]:
    """`through_verb` in a fresh process, so that nothing else is counted."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    child = spawn.Process(target=through_verb, args=(folder, parts, labelled, theirs))
    child.start()
    theirs.close()
    try:
        return list(ours.recv())
    finally:
        child.join()


def through_service(folder: Path, parts: int, labelled: bool) -> list[Stage]:
    """Fit in a service of its own: send the parts, commit, watch the job."""
    token = create(open_ledger(read_settings(home=folder / "home")), "bench", ("fit", "score"), "bench")
    with service(folder) as (url, worker):
        ask, stages = Asker(url, token), Stages(worker)
        stages.enter("sending parts")
        for seq in range(parts):
            ask("PUT", f"/v1/fit/bench/1/{seq}", (folder / f"{seq}.csv").read_bytes())
        stages.enter("gathering parts")
        words = "&".join(f"{name}={value}" for name, value in options_of(labelled).items())
        job = ask("POST", f"/v1/fit?session=bench/1&parts={parts}&{words}", b"").decode().splitlines()[1].split(",")[1]
        while (found := json.loads(ask("GET", f"/v1/jobs/{job}")))["state"] in ("queued", "running"):
            if found["message"] not in ("queued", "started"):
                stages.enter(found["message"])
            time.sleep(LOOK_S)
        stages.enter("")
    if found["state"] != "done":
        raise RuntimeError(found["message"])
    return stages.found


class Asker:
    """Requests to one service with one token."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/csv"}

    def __call__(self, method: str, path: str, body: bytes | None = None) -> bytes:
        asked = urllib.request.Request(self._url + path, data=body, headers=self._headers, method=method)
        with urllib.request.urlopen(asked, timeout=60) as reply:
            return bytes(reply.read())


@contextmanager
def service(folder: Path) -> Iterator[tuple[str, str]]:
    """`aiscore serve` on the home in `folder`: its address, and the id of the process that works."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{probe.getsockname()[1]}"
    words = [sys.executable, "-m", "sidecar.cli", "serve", "--home", str(folder / "home"), "--bind", bind]
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait_until_ready(f"http://{bind}/readyz")
        yield f"http://{bind}", max(_members(process.pid), key=peak_mb)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_ready(url: str) -> None:
    give_up = time.monotonic() + READY_S
    while time.monotonic() < give_up:
        with suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{url} did not answer")


def _members(group: int) -> list[str]:
    """The processes of a group."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it may have ended meanwhile
            found += [folder.name] if int(_stat(folder.name)[2]) == group else []
    return found


def measured(rows: int, fields: int, labelled: bool, served: bool) -> list[Stage]:
    """The stages of one fit."""
    folder = Path(tempfile.mkdtemp(prefix="fit_large-"))
    try:
        parts = write_parts(rows, fields, labelled, folder)
        return (through_service if served else in_child)(folder, parts, labelled)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def show(title: str, stages: list[Stage]) -> None:
    table = Table("stage", "seconds", "CPU seconds", "peak MB", title=title, title_justify="left")
    wall, cpu, peaks = (list(column) for column in list(zip(*stages, strict=True))[1:])
    for name, *figures in [*stages, ("all", sum(wall), sum(cpu), max(peaks))]:
        seconds, processor, peak = figures
        table.add_row(name, f"{seconds:.1f}", f"{processor:.1f}", f"{peak:,.0f}")
    Console().print(table)


def main() -> int:
    summary, _, examples = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m bench.fit_large",
        description=summary,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rows", type=int, default=100_000, help="rows to fit (default %(default)s)")
    parser.add_argument("--fields", type=int, default=OWN_FIELDS, help="input fields, 6 or more (default %(default)s)")
    parser.add_argument("--labels", choices=("no", "yes", "both"), default="both", help="(default %(default)s)")
    parser.add_argument("--served", action="store_true", help="through `aiscore serve` and a fit session")
    chosen = parser.parse_args()
    for labelled in {"no": [False], "yes": [True], "both": [False, True]}[chosen.labels]:
        title = f"{chosen.rows:,} rows, {chosen.fields} fields, {'with' if labelled else 'without'} labels"
        way = "through the service" if chosen.served else "through the verb"
        show(f"{title}, {way}", measured(chosen.rows, chosen.fields, labelled, chosen.served))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
