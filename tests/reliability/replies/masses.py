"""Rows by the hundred thousand through cut and splice, in the Python that runs the command."""

import json
import subprocess
from pathlib import Path

from splunk_app import package
from tests.reliability.campaign import Found
from tests.reliability.replies.through import python
from tests.splunk_app import identity


def tried(version: str, rows: int, seed: int) -> Found:
    """What tests/splunk_app/identity.py finds in so many rows."""
    words = [python(version), str(Path(identity.__file__)), str(package.HERE / "bin"), str(rows), str(seed), "50000"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=900, env={"PYTHONDONTWRITEBYTECODE": "1"})
    if done.returncode:
        return Found({}, [f"Python {version}, seed {seed}: {done.stderr[-500:]}"])
    found = json.loads(done.stdout)
    lost = rows - found["rows"]
    wrong = [f"Python {version}, seed {seed}: {found['first']}"] * bool(found["changed"] or lost)
    passed = {"rows_through": found["rows"], f"rows_through_{version}": found["rows"], "bytes_through": found["bytes"]}
    return Found({"events_in": rows, "events_lost": lost, "bytes_changed": found["changed"], **passed}, wrong)
