"""The batches of this part: requests by the ten thousand, two processes at once."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from sidecar.home import ONE_THREAD
from tests.reliability.campaign import Batch, Found
from tests.reliability.fuzz import wire_trial
from tests.reliability.twin import ROOT

PROCESSES = 2
REQUESTS = 12_250
"""Of one process in one batch."""
TRIALS = 40
RAW = 5_000
WATCHED = 4_000
RAWS = 4
LIMIT_S = 600
EVENTS = b"_time,user,dest,bytes\n1700000000,u1,h1,5\n1700000060,u2,h2,7\n1700000090,u3,h3,9\n"


def batches(seed: int) -> list[Batch]:
    """A million requests, a share of them as bytes on a socket, and the routes' document turned into requests."""
    many = [Batch(f"requests {number}", _many(seed, number)) for number in range(TRIALS)]
    on_wire = [
        Batch(f"bytes {at}", lambda at=at: wire_trial.tried(fitted(), seed * 1000 + at, RAW)) for at in range(RAWS)
    ]  # type: ignore[misc]
    described = [
        Batch(f"document {at}", lambda at=at: alone("schema", fitted(), seed * 1000 + at, 60)) for at in range(2)
    ]  # type: ignore[misc]
    stranger = Batch("a stranger's 300 MB", lambda: wire_trial.stranger(fitted()))
    large = Batch("large bodies", lambda: alone("large", fitted(), seed, 0))
    watched = [
        Batch(f"watched {at}", lambda at=at: alone("watched", fitted(), seed * 1000 + at, WATCHED)) for at in range(2)
    ]  # type: ignore[misc]
    return [stranger, large, *watched, *described, *on_wire, *many]


def _many(seed: int, number: int) -> Callable[[], Found]:
    first = seed * 10_000 + number * PROCESSES
    return lambda: tried(fitted(), [first + at for at in range(PROCESSES)], REQUESTS)


@cache
def fitted() -> Path:
    """A home with its models, made once a process."""
    home = Path(tempfile.mkdtemp(prefix="fuzz-")) / "home"
    words = [sys.executable, "-m", "tests.reliability.fuzz.homes", str(home)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True, timeout=LIMIT_S)
    # Kernels are compiled into the home once, and not by each that takes a copy of it.
    words = [sys.executable, "-m", "sidecar", "run", "--home", str(home), "score", "model=labelled", "explain=all"]
    subprocess.run(words, cwd=ROOT, input=EVENTS, check=True, capture_output=True, timeout=LIMIT_S)
    return home


def tried(home: Path, seeds: list[int], requests: int) -> Found:
    """One process a seed, all at once, each over its own copy of a home."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        started = [_started(home, Path(folder) / str(seed), seed, requests) for seed in seeds]
        return _together([_found(seed, process) for seed, process in zip(seeds, started, strict=True)])


def alone(what: str, home: Path, seed: int, count: int) -> Found:
    """One process of another kind: `schema`, `watched` or `large`."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        process = _started(home, Path(folder) / "home", seed, count, what)
        return _together([_found(seed, process)])


def _started(home: Path, copy: Path, seed: int, count: int, what: str = "trial") -> subprocess.Popen[bytes]:
    shutil.copytree(home, copy)
    words = [sys.executable, "-m", f"tests.reliability.fuzz.{what}", str(copy), str(seed), str(count)]
    environment = os.environ | ONE_THREAD | {"NUMBA_CACHE_DIR": str(copy / "cache" / "numba")}
    return subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _found(seed: int, process: subprocess.Popen[bytes]) -> dict[str, Any]:
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
