"""What a process does to the files of one folder, in one order: the log from which a power loss is made.

Python's own file functions (`python_files`) and SQLite's (`sqlite_files`) both tell the recorder, under one lock,
so the order in the log is the order in which things happened. A fault makes one of the calls fail instead.
"""

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple


class Op(NamedTuple):
    """One call. `what` is create, write, truncate, sync, failed_sync, rename, link, unlink, mkdir, rmdir, sync_folder
    or said; paths are relative to the folder. A file is known by its number, as by an inode: names come and go.

    `said` is nothing the disk sees: the workload tells what it was promised by then (`facts`).
    """

    what: str
    path: str = ""
    file: int = 0
    offset: int = 0
    data: bytes = b""
    to: str = ""
    facts: Any = None


READS = {"open to read", "sqlite read"}
"""What a full or closed disk still does."""


@dataclass
class Fault:
    """The call number `at` (from 1) fails with `error`; with `lasting`, all later ones too, until it is healed."""

    error: int
    at: int
    lasting: bool = False
    calls: int = 0
    met: int = 0
    healed: bool = False

    def strikes(self, what: str) -> bool:
        """Does it strike this call? What was struck is counted in `met`."""
        if what in READS and self.error != errno.EIO:
            return False
        self.calls += 1
        now = self.calls
        struck = not self.healed and (now >= self.at if self.lasting else now == self.at)
        self.met += struck
        return struck


class Recorder:
    """The log of everything below `root`; one for the process."""

    def __init__(self, root: Path) -> None:
        self.lock = threading.RLock()
        self.begin(root)

    def begin(self, root: Path, fault: Fault | None = None) -> None:
        """Forget all, and start with an empty folder."""
        self.root = os.path.realpath(root)
        self.log: list[Op] = []
        self._fault = fault
        self._names: dict[str, int] = {}
        self._handles: dict[int, str | int] = {}
        self._files = 0

    def here(self, path: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> str | None:
        """The path relative to the folder, or None when it is not below it."""
        whole = os.path.abspath(os.fsdecode(path))
        if whole == self.root:
            return "."
        return whole[len(self.root) + 1 :] if whole.startswith(self.root + os.sep) else None

    @contextmanager
    def call(self, what: str) -> Iterator[int]:
        """Hold the others back for one call; gives the error it is to fail with, or 0."""
        with self.lock:
            yield self._fault.error if self._fault and self._fault.strikes(what) else 0

    def said(self, what: str, **facts: Any) -> None:
        """The workload knows something from now on."""
        with self.lock:
            self.log.append(Op("said", what, facts=facts))

    def opened(self, path: str, create: bool) -> int:
        """The number of the file at `path`, which is told as made when it was not there."""
        if path not in self._names:
            assert create, f"{path} was made unseen"
            self._files += 1
            self._names[path] = self._files
            self.log.append(Op("create", path, self._files))
        return self._names[path]

    def renamed(self, path: str, to: str) -> None:
        """`path` is `to` from now on."""
        self._names[to] = self._names.pop(path)
        self.log.append(Op("rename", path, self._names[to], to=to))

    def linked(self, path: str, to: str) -> None:
        """`to` is another name of the file at `path`."""
        self._names[to] = self._names[path]
        self.log.append(Op("link", path, self._names[to], to=to))

    def unlinked(self, path: str) -> None:
        """The name is gone."""
        self.log.append(Op("unlink", path, self._names.pop(path)))

    def hold(self, handle: int, what: str | int) -> None:
        """An open file descriptor: of a folder (its path) or a file (its number)."""
        self._handles[handle] = what

    def held(self, handle: int) -> str | int | None:
        """What the descriptor stands for, if it is one of ours."""
        return self._handles.get(handle)

    def let_go(self, handle: int) -> None:
        """The descriptor was closed."""
        self._handles.pop(handle, None)
