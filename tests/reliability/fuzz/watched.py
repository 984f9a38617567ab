"""An audit hook over hostile requests: what an attacker wants is never reached once the service is warm.

Known exceptions, told by a frame of numba in the stack: its cache index is a pickle, in the private folder of the home
where nobody else may write, and compiling a kernel makes code.

python -m tests.reliability.fuzz.watched HOME SEED REQUESTS   prints what was found as JSON
"""

import json
import os
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from tests.reliability.fuzz import homes, trial

WARM_SEED = 424_242
WARM_REQUESTS = 1_500
NEVER = frozenset(
    ["pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty",
    "subprocess.Popen"]
    + ["ctypes.dlopen", "socket.connect", "socket.bind", "socket.sendto", "exec", "compile", "code.__new__", "import",
    "open"]
    + ["sqlite3.connect", "os.remove", "os.rename", "os.mkdir", "os.symlink", "os.link", "os.chmod", "shutil.rmtree"]
    + ["os.startfile", "pty.spawn", "webbrowser.open", "ftplib.connect", "smtplib.connect", "urllib.Request"]
)  # fmt: skip
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
FILES = ("sqlite3.connect", "os.remove", "os.rename", "os.mkdir", "os.symlink", "os.link", "os.chmod", "shutil.rmtree")
COMPILER = ("pickle.find_class", "exec", "compile", "code.__new__", "import", "open", "ctypes.dlopen", "os.mkdir",
"os.rename", "os.remove")  # fmt: skip
"""What numba may do, and nobody else."""


class Watch:
    """Hears every audit event from the moment it is armed."""

    def __init__(self, home: Path) -> None:
        self._home = str(home.resolve())
        self._busy = threading.local()
        self.armed = False
        self.heard: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.armed or event not in NEVER or getattr(self._busy, "now", False):
            return
        self._busy.now = True
        try:
            self.heard[event] += 1
            if self._harmful(event, arguments):
                self.wrong[f"{event} {' '.join(map(str, arguments))[:200]} at {_place(sys._getframe(1))}"] += 1
        finally:
            self._busy.now = False

    def _harmful(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if event == "import" and str(arguments[0]) in sys.modules:
            return False
        if event == "open" and not _writes(arguments):
            return False
        if event in ("open", *FILES) and self._at_home(arguments[0]):
            return False
        if event in COMPILER and _by_numba(sys._getframe(2)):
            self.heard["by numba"] += 1
            return False
        return True

    def _at_home(self, path: object) -> bool:
        if isinstance(path, int):  # a file that is open already
            return True
        return os.path.realpath(os.fsdecode(path)).startswith(self._home + os.sep)  # type: ignore[arg-type]


def _writes(arguments: tuple[Any, ...]) -> bool:
    _, mode, flags = arguments
    return any(letter in (mode or "") for letter in "wax+") or bool(flags and flags & WRITES)


def _by_numba(frame: FrameType | None) -> bool:
    while frame:
        if (
            f"{os.sep}numba{os.sep}" in frame.f_code.co_filename
            or f"{os.sep}llvmlite{os.sep}" in frame.f_code.co_filename
        ):
            return True
        frame = frame.f_back
    return False


def _place(frame: FrameType | None) -> str:
    found = []
    while frame and len(found) < 6:
        found.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(found)


def ran(home: Path, seed: int, requests: int) -> trial.Seen:
    """Warm up, arm the hook, send hostile requests."""
    watch = Watch(home)
    sys.addaudithook(watch)
    ear = trial.listen()
    app = trial.open_app(home)
    trial.Trial(app, WARM_SEED, ear).run(WARM_REQUESTS)
    _rest(app)
    homes.fit_again(app.extensions["aiscore"].house)
    watch.armed = True
    seen = trial.Trial(app, seed, ear).run(requests)
    _rest(app)
    watch.armed = False
    seen.counts["fuzz_watched"] = requests
    seen.counts.update({f"audit_{event.replace(' ', '_').replace('.', '_')}": n for event, n in watch.heard.items()})
    for line, times in watch.wrong.items():
        seen.add("audit_wrong", f"{times} times {line}".replace(": ", " "))
    return seen


def _rest(app: Any) -> None:
    """Wait for the fits in the background."""
    import time

    end = time.monotonic() + 60
    while app.extensions["aiscore"].jobs.busy() and time.monotonic() < end:
        time.sleep(0.05)


def main(home: str, seed: str, requests: str) -> None:
    """Print what was found."""
    seen = ran(Path(home), int(seed), int(requests))
    print(json.dumps({"counts": seen.counts, "wrong": seen.wrong, "most": seen.most}))


if __name__ == "__main__":
    main(*sys.argv[1:])
