"""The app's searches on their schedule over the simulated days: a process of the stand-in, which tells each run."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sidecar.demo.search import run_module
from sidecar.demo.service import Service
from sidecar.demo.words import number_of
from sidecar.errors import OutsideError

RECIPE = "authentication"
FIRST_FIT = f"AIScore - First fit {RECIPE}"


@dataclass
class Told:
    """What the runs have told so far; `at_s` is the simulated time of the last one, `fit` is the first fit's.

    `error` is what the first run that failed said.
    """

    runs: int = 0
    failed: int = 0
    risk_events: int = 0
    notables: int = 0
    at_s: float = 0.0
    fit: dict[str, float] = field(default_factory=dict)
    error: str = ""

    def add(self, line: str) -> None:
        """One line of the process: one run."""
        run = json.loads(line)
        self.runs += 1
        self.failed += bool(run["error"])
        self.error = self.error or (f"{run['name']}: {run['error']}" if run["error"] else "")
        self.risk_events += run["risk_events"]
        self.notables += run["notables"]
        self.at_s = run["scheduled_s"]
        if run["name"] == FIRST_FIT:
            self.fit = {"rows": run["rows_in"], "seconds": run["seconds"]}

    def words(self) -> str:
        """The counts as a person reads them."""
        bad = f", {self.failed} failed" if self.failed else ""
        raised = f"{number_of(self.risk_events, 'risk event')}, {number_of(self.notables, 'notable')}"
        return f"{number_of(self.runs, 'run')}{bad}, {raised}"


def run_schedule(out: Path, hours: float, service: Service, glance: Callable[[Told], None]) -> Told:
    """Play the days of `out` into `out`/played; `glance` is called a few times a second.

    Raises OutsideError with its last words when the process, or one of the runs, fails.
    """
    lines = out / "runs.jsonl"
    told = Told()
    words = ["tests.splunkd.play", "--recipe", RECIPE, "--hours", str(hours), "--out", str(out / "played")]
    words += ["--before", str(out / "first-10-days.csv"), "--after", str(out / "last-4-days.csv")]
    lines.write_bytes(b"")
    with lines.open("rb") as done:

        def read() -> None:
            for line in _whole_lines(done.read()):
                told.add(line)
            glance(told)

        def _whole_lines(found: bytes) -> list[str]:
            """What is complete; the rest of a line that is still being written is read again next time."""
            whole = found.rfind(b"\n") + 1
            done.seek(whole - len(found), 1)
            return found[:whole].decode().splitlines()

        # Its tables are small: threads would cost more than they bring.
        try:
            run_module(words, lines, "the searches on their schedule", service, read, POLARS_MAX_THREADS="1")
        except OutsideError as failure:
            read()
            raise OutsideError(f"{told.error}\n{failure}".strip()) from None
        read()
    return told
