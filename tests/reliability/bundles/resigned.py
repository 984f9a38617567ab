"""Re-signed cases, run in child processes: a death, a hang and a wrong answer are told by the case that did it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from tests.reliability.bundles.sandbox import CPU_S
from tests.reliability.campaign import Found

ROOT = Path(__file__).resolve().parents[3]
READY_S = 300.0
CASE_S = 4.0 * CPU_S
"""A case that takes longer on the clock hangs; on a busy machine it may take long without working."""


def resigned(first: int, stop: int, seed: int, step: int = 1) -> Found:
    """Cases from first to stop, or one of each `step` of them. After a death the next child goes on behind it."""
    counts = dict.fromkeys(("bundles_resigned", "bundles_refused", "bundles_loaded_harmless", "bundles_wrong"), 0)
    most = {"probe_s": 0.0, "probe_mb": 0.0}
    wrong: list[str] = []
    at = first
    while at < stop:
        begun, ended, death = _child(seed, at, stop, step)
        for number, told in ended.items():
            faults = told["wrong"]
            counts["bundles_refused"] += bool(told["refused"]) and not faults
            counts["bundles_loaded_harmless"] += not told["refused"] and not faults
            counts["bundles_wrong"] += bool(faults)
            wrong += [f"seed {seed} case {number}: {begun[number]['what']}: {fault}" for fault in faults]
            most = {"probe_s": max(most["probe_s"], told["s"]), "probe_mb": max(most["probe_mb"], told["mb"])}
        counts["bundles_resigned"] += sum(told["changed"] for told in begun.values())
        last = max(begun, default=-1)
        if death:
            what = begun[last]["what"] if begun else "before any case"
            wrong.append(f"seed {seed} case {last}: {what}: {death}")
            counts["bundles_wrong"] += 1
            if not begun:
                break
        at = last + step
    return Found(counts, wrong, most)


def _child(seed: int, first: int, stop: int, step: int) -> tuple[dict[int, Any], dict[int, Any], str]:
    """One child over these cases: what it began, what it ended, and how it died, if it did."""
    words = [sys.executable, "-m", "tests.reliability.bundles.probe", *map(str, (seed, first, stop, step))]
    begun: dict[int, Any] = {}
    ended: dict[int, Any] = {}
    with TemporaryFile("w+") as said:
        child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=said, text=True, cwd=ROOT)
        assert child.stdout
        with child, _Patience(child) as patience:
            for line in child.stdout:
                patience.renew(CASE_S)
                told = json.loads(line)
                (begun if "what" in told else ended)[told["case"]] = told
        said.seek(0)
        last = said.read().strip().splitlines()[-1:]
    if patience.out:
        return begun, ended, f"no end after {CASE_S:g} s"
    return begun, ended, f"the process ended with {child.returncode}: {last}" if child.returncode else ""


class _Patience:
    """Kills a child that has said nothing for too long."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self._child = child
        self._timer = self._started(READY_S)
        self.out = False

    def renew(self, seconds: float) -> None:
        self._timer.cancel()
        self._timer = self._started(seconds)

    def _started(self, seconds: float) -> threading.Timer:
        timer = threading.Timer(seconds, self._end)
        timer.daemon = True
        timer.start()
        return timer

    def _end(self) -> None:
        self.out = True
        self._child.kill()

    def __enter__(self) -> _Patience:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
