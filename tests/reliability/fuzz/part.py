"""The batches of this part: requests by the ten thousand, two processes at once."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tests.reliability.campaign import Batch, Found
from tests.reliability.fuzz import homes
from tests.reliability.twin import ROOT

PROCESSES = 2
REQUESTS = 12_500
"""Of one process in one batch."""
TRIALS = 40
LIMIT_S = 600


def batches(seed: int) -> list[Batch]:
    """A million requests."""
    return [Batch(f"requests {number}", _many(seed, number)) for number in range(TRIALS)]


def _many(seed: int, number: int) -> Callable[[], Found]:
    first = seed * 10_000 + number * PROCESSES
    return lambda: tried(fitted(), [first + at for at in range(PROCESSES)], REQUESTS)


@cache
def fitted() -> Path:
    """A home with its models, made once a process."""
    home = Path(tempfile.mkdtemp(prefix="fuzz-")) / "home"
    words = [sys.executable, "-m", "tests.reliability.fuzz.homes", str(home)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True, timeout=LIMIT_S)
    return home


def tried(home: Path, seeds: list[int], requests: int) -> Found:
    """One process a seed, all at once, each over its own copy of a home."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        started = [_started(home, Path(folder) / str(seed), seed, requests) for seed in seeds]
        return _together([_found(seed, process, requests) for seed, process in zip(seeds, started, strict=True)])


def _started(home: Path, copy: Path, seed: int, requests: int) -> subprocess.Popen[bytes]:
    shutil.copytree(home, copy)
    words = [sys.executable, "-m", "tests.reliability.fuzz.trial", str(copy), str(seed), str(requests)]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _found(seed: int, process: subprocess.Popen[bytes], requests: int) -> dict[str, Any]:
    try:
        out, errors = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        out, errors = process.communicate()
    if process.returncode:
        # It was ended by its own watch when a request did not end, or it died.
        said = " ".join(errors.decode(errors="replace").split())
        hang = int("Timeout" in said)
        line = f"seed {seed}: ended with {process.returncode}: {said[:1500]}"
        return {"counts": {"fuzz_hangs": hang, "server_deaths": 1 - hang}, "wrong": [line], "most": {}}
    found: dict[str, Any] = json.loads(out)
    assert found["counts"]["fuzz_requests"] == requests
    if b"Traceback" in errors:
        found["wrong"].append(f"seed {seed}: {errors[-1500:]!r}")
    return found


def _together(found: list[dict[str, Any]]) -> Found:
    counts: Counter[str] = Counter({"fuzz_500": 0, "fuzz_hangs": 0, "fuzz_wrong": 0})
    most: dict[str, float] = {}
    for one in found:
        counts.update(one["counts"])
        most |= {name: max(value, most.get(name, value)) for name, value in one["most"].items()}
    return Found(dict(counts), [line for one in found for line in one["wrong"]], most)
