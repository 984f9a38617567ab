"""A million rows of all sorts through cut and splice: no byte of the columns that came in may change."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from splunk_app import package

HERE = Path(__file__).resolve().parent
BIN = package.HERE / "bin"
ROWS = int(os.environ.get("AISCORE_IDENTITY_ROWS", "1000000"))
SEED = 20260101


def measured(python: str, folder: Path, rows: int, largest_chunk: int) -> dict[str, Any]:
    """What identity.py finds of the kit in this folder, run by this Python."""
    words = [python, str(HERE / "identity.py"), str(folder), str(rows), str(SEED), str(largest_chunk)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600, env={"PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_no_byte_of_the_columns_that_came_in_changes(python: str) -> None:
    found = measured(python, BIN, ROWS, 50_000)
    print(found)
    assert found["rows"] == ROWS and found["changed"] == 0, found["first"]
    # Nothing was left out, and both ways through the splice were taken.
    assert set(found["kinds"]) >= {
        "plain", "quoted", "all quoted", "multivalue", "returns", "nuls", "not utf-8", "odd", "everything", "long",
        "uneven",
    }  # fmt: skip
    assert 0.2 < found["plain"] / ROWS < 0.9


FAULTS = {
    "a blank more": ("splice.py", '[b","] * len(rows)', '[b", "] * len(rows)'),
    "suffixes shifted": ("splice.py", "* len(rows), suffixes)", "* len(rows), suffixes[1:] + suffixes[:1])"),
    "blanks stripped": ("rows.py", "found = body.split(end)", "found = [line.strip() for line in body.split(end)]"),
    "returns dropped": ("rows.py", "if self.tails is not None:", "if False:"),
    "returns kept inside": ("rows.py", 'if b"\\r" in body:', "if False:"),
    "cut inside quotes": ("rows.py", "if len(found) != len(outline):", "if False:"),
    "a mark that is in use": ("rows.py", "for mark in _MARKS if mark not in body", "for mark in _MARKS"),
    "odd quotes taken for good": ("cells.py", "return None if _MISPLACED.search(found) else found", "return found"),
    "a quote left open": ("cells.py", """return cell if _CLOSED.match(cell) else cell + b'"'""", "return cell"),
    "short rows not filled": ("splice.py", '[b""] * (width - len(came))', '[b"-"] * (width - len(came))'),
    "long rows cut": ("splice.py", "row + came[width:]", "row"),
    "read as text": ("rows.py", "self.body = body\n", 'self.body = body = body.decode("utf-8", "replace").encode()\n'),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_splice_is_noticed(any_python: str, tmp_path: Path, fault: str) -> None:
    name, right, wrong = FAULTS[fault]
    shutil.copytree(BIN / "aiscore_kit", tmp_path / "aiscore_kit", ignore=shutil.ignore_patterns("__pycache__"))
    broken = tmp_path / "aiscore_kit" / name
    source = broken.read_text()
    assert source.count(right) == 1
    broken.write_text(source.replace(right, wrong))
    assert measured(any_python, tmp_path, 5000, 60)["changed"] > 0
