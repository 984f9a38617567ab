"""The process that is recorded: `python -m tests.reliability.disk.child workload folder count log`."""

import pickle
import subprocess
import sys
from pathlib import Path

from tests.reliability.disk import python_files, sqlite_files
from tests.reliability.disk.recorder import Op, Recorder
from tests.reliability.disk.workloads import WORKLOADS

ROOT = Path(__file__).resolve().parents[3]
LIMIT_S = 120
SHIMS: list[sqlite_files.Shim] = []
"""SQLite calls them as long as the process lives."""


def recorded(workload: str, folder: Path, count: int) -> list[Op]:
    """The log of a workload in a process of its own."""
    log = folder / "log"
    (folder / "root").mkdir(parents=True)
    words = [sys.executable, "-m", "tests.reliability.disk.child", workload, str(folder / "root"), str(count), str(log)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S)
    if done.returncode:
        raise RuntimeError(f"the workload {workload} ended with {done.returncode}: {done.stderr[-2000:]}")
    with log.open("rb") as file:
        found: list[Op] = pickle.load(file)
    return found


def main(workload: str, folder: str, count: str, log: str) -> None:
    """Run a workload under the recorder and write down its log."""
    recorder = Recorder(Path(folder))
    python_files.install(recorder)
    SHIMS.append(sqlite_files.install(recorder))
    WORKLOADS[workload](Path(folder), recorder.said, int(count))
    with open(log, "wb") as file:
        pickle.dump(recorder.log, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
