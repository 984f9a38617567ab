"""A twin is the same source tree with one guard taken out. A test that passes here must fail there.

It shows that the test looks at the guard, which a test that passes cannot show by itself.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.reliability.campaign import Batch, Found

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("models", "sidecar", "splunk_app", "tests", "bench", "build", "docs")
SKIPPED = ("__pycache__", ".pytest_cache", "work")
LIMIT_S = 240


class Twin(NamedTuple):
    """`old` stands once in `file` and becomes `new`; then the test `caught_by` (a pytest node id) must fail."""

    name: str
    file: str
    old: str
    new: str
    caught_by: str


def planted(twin: Twin, source: str) -> str:
    """The file's text with the bug in it; ValueError when the place is not what the twin says."""
    if source.count(twin.old) != 1:
        raise ValueError(f"{twin.name}: {twin.file} holds the text {source.count(twin.old)} times, not once")
    return source.replace(twin.old, twin.new)


def outcome(twin: Twin, tree: Path) -> str:
    """What the twin's test says in a copy of the sources at `tree`: `caught`, or why it was not."""
    copy(tree)
    path = tree / twin.file
    path.write_text(planted(twin, path.read_text(encoding="utf-8")), encoding="utf-8")
    try:
        code, last = tested([twin.caught_by], tree, LIMIT_S)
    except subprocess.TimeoutExpired:
        return f"its test took more than {LIMIT_S} s"
    # A test that could not even start has not caught anything.
    if code == 1 and re.search(r"\b[1-9]\d* failed\b", last) and "error" not in last:
        return "caught"
    return f"not caught: {last}"


def tested(tests: Sequence[str], tree: Path, limit_s: float) -> tuple[int, str]:
    """The exit code and the last line of pytest over these tests of the sources at `tree`."""
    words = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=line", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(words, cwd=tree, env=environment, capture_output=True, text=True, timeout=limit_s)
    last = done.stdout.strip().splitlines()[-1:] or [done.stderr.strip()[-200:]]
    return done.returncode, last[0]


def copy(tree: Path) -> None:
    """The sources as they stand, without what is made from them (but with the app's fetched libraries)."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns(*SKIPPED))
    for path in ROOT.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copy2(path, tree)


def batches(twins: Sequence[Twin]) -> list[Batch]:
    """One batch a twin, and before them one for the sources as they are, where every test must pass."""
    if not twins:
        return []
    each = [Batch(f"twin {twin.name}", lambda twin=twin: _tried(twin)) for twin in twins]  # type: ignore[misc]
    return [Batch("twin of nothing", lambda: _untouched(twins)), *each]


def _tried(twin: Twin) -> Found:
    with tempfile.TemporaryDirectory(prefix="twin-") as folder:
        said = outcome(twin, Path(folder))
    caught = said == "caught"
    return Found({"twins": 1, "twins_caught": int(caught)}, () if caught else (f"{twin.name}: {said}",))


def _untouched(twins: Sequence[Twin]) -> Found:
    tests = sorted({twin.caught_by for twin in twins})
    with tempfile.TemporaryDirectory(prefix="twin-") as folder:
        copy(Path(folder))
        code, last = tested(tests, Path(folder), LIMIT_S * 3)
    return Found({"twin_tests": len(tests)}, () if code == 0 else (f"fails without any bug planted: {last}",))
