"""Processes of the stand-in for Splunk: one command of the packaged app over events, or days of its searches."""

import subprocess  # nosec B404  # see the one call below
import sys
from collections.abc import Callable
from pathlib import Path

from models.errors import DataError
from sidecar.demo import starting
from sidecar.demo.service import Service, environment
from sidecar.errors import OutsideError

_GLANCE_S = 0.25

_PATIENT = ("--set", "chunk_deadline_s=90", "--set", "search_budget_s=900")
"""A search that somebody waits for labels rows unscored after a minute; the demo would rather take longer."""


def checkout() -> Path:
    """The checkout that this file belongs to; the demo needs its stand-in for splunkd and the app's sources.

    Raises DataError where there is none, as in an installed package.
    """
    root = Path(__file__).parents[2]
    if not (root / "tests" / "splunkd" / "pipe.py").is_file() or not (root / "splunk_app" / "bin").is_dir():
        raise DataError(
            "the demo runs the Splunk app against a stand-in for Splunk, and both are only in a checkout",
            field="demo",
            mend="run `make demo` in a checkout of AIScore",
        )
    return root


def run_command(
    command: str, events: Path, results: Path, service: Service, glance: Callable[[], None] = lambda: None
) -> list[str]:
    """Run one command line over a CSV of events; returns the messages a person in Splunk would see.

    `glance` is called a few times a second while it runs. Raises OutsideError as `run_module` does.
    """
    words = ["tests.splunkd.pipe", command, "--events", str(events), "--quiet", *_PATIENT]
    return run_module(words, results, f"`| {command}`", service, glance)


def run_module(
    words: list[str], results: Path, what: str, service: Service, glance: Callable[[], None], **settings: str
) -> list[str]:
    """Run a module of the stand-in for Splunk against the sidecar, its output into `results`; returns what it said.

    The process is ended when we are interrupted; `settings` go into its environment. Raises OutsideError with its
    messages and the end of the sidecar's log when it fails.
    """
    said = results.with_suffix(".messages")
    process = None
    with results.open("wb") as out, said.open("wb") as messages:
        try:
            with starting.whole():
                process = subprocess.Popen(  # nosec B603  # a list of words, no shell; each is ours
                    [sys.executable, "-m", *words, "--sidecar", service.url, "--secret-file", str(service.secret)],
                    cwd=checkout(), stdin=subprocess.DEVNULL, stdout=out, stderr=messages, env=environment() | settings,
                )  # fmt: skip
            _wait(process, service, glance)
        finally:
            if process and process.poll() is None:
                process.terminate()
                process.wait()
    spoken = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    said.unlink()
    if process.returncode:
        last = "\n".join(spoken[-12:])
        raise OutsideError(f"{what} failed:\n{last}\nthe end of {service.log}:\n{service.last_lines()}")
    return spoken


def _wait(process: subprocess.Popen[bytes], service: Service, glance: Callable[[], None]) -> None:
    while True:
        try:
            process.wait(_GLANCE_S)
            return
        except subprocess.TimeoutExpired:
            glance()
        if service.process.poll() is not None:
            raise OutsideError(f"the sidecar ended; the end of {service.log}:\n{service.last_lines()}")
