"""Python's file functions, told to a recorder: for a process that does nothing else than one workload."""

import _io
import builtins
import io
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

from tests.reliability.disk.recorder import Op, Recorder

real_open, real_os_open, real_close = io.open, os.open, os.close
real_fsync, real_replace, real_link, real_unlink = os.fsync, os.replace, os.link, os.unlink
real_mkdir, real_rmdir = os.mkdir, os.rmdir


def install(recorder: Recorder) -> None:
    """Put the recorder between this process and its files, for good."""
    calls = Calls(recorder)
    places: tuple[ModuleType, ...] = (io, _io, builtins)
    for place in places:
        setattr(place, "open", calls.open)  # noqa: B010
    os.open, os.close = calls.os_open, calls.close  # type: ignore[assignment]
    os.fsync = os.fdatasync = calls.fsync  # type: ignore[assignment]
    os.replace = os.rename = calls.replace  # type: ignore[assignment]
    os.unlink = os.remove = calls.unlink
    os.link, os.mkdir, os.rmdir = calls.link, calls.mkdir, calls.rmdir  # type: ignore[assignment]
    # Some modules look up here what the system can do with a folder's handle.
    for call in (calls.os_open, calls.unlink, calls.rmdir):
        os.supports_dir_fd.add(call)


class Written(io.FileIO):
    """An unbuffered file whose writes are told."""

    def __init__(self, recorder: Recorder, file: Any, mode: str, opener: Any = None, closefd: bool = True) -> None:
        super().__init__(file, mode, closefd=closefd, opener=opener)
        self._recorder = recorder

    def write(self, content: Any) -> int:
        with self._recorder.call("write") as error:
            number = self._recorder.held(self.fileno())
            if number is None:
                return super().write(content) or 0
            assert isinstance(number, int)
            content = bytes(content)
            if error:  # a full disk takes the beginning
                content = content[: len(content) // 2]
            offset = os.fstat(self.fileno()).st_size if "a" in self.mode else self.tell()
            done = super().write(content) or 0
            self._recorder.log.append(Op("write", file=number, offset=offset, data=content[:done]))
            if error:
                raise OSError(error, os.strerror(error))
            return done

    def close(self) -> None:
        if not self.closed and hasattr(self, "_recorder"):
            self._recorder.let_go(self.fileno())
        super().close()


class Calls:
    """The functions that take the place of the real ones."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def open(
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        ours = self._recorder.held(file) is not None if isinstance(file, int) else self._recorder.here(file) is not None
        if not ours:
            return real_open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        if not set(mode) & set("wax+"):
            with self._recorder.call("open to read") as error:
                _fail(error)
                return real_open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        raw = self._raw(file, mode.replace("t", "").replace("b", ""), closefd, opener)
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)

    def _raw(self, file: Any, mode: str, closefd: bool, opener: Any) -> Written:
        if isinstance(file, int) or opener:
            return Written(self._recorder, file, mode, opener, closefd)
        with self._recorder.call("open") as error:
            _fail(error)
            path = str(self._recorder.here(file))
            raw = Written(self._recorder, file, mode)
            number = self._recorder.opened(path, create=True)
            self._recorder.hold(raw.fileno(), number)
            if "w" in mode:
                self._recorder.log.append(Op("truncate", file=number))
            return raw

    def os_open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        here = self._place(path, dir_fd)
        if here is None:
            return real_os_open(path, flags, mode, dir_fd=dir_fd)
        with self._recorder.call("open" if flags & os.O_ACCMODE else "open to read") as error:
            _fail(error)
            handle = real_os_open(path, flags, mode, dir_fd=dir_fd)
            folder = os.path.isdir(f"/proc/self/fd/{handle}")
            self._recorder.hold(handle, here if folder else self._recorder.opened(here, bool(flags & os.O_CREAT)))
            if flags & os.O_TRUNC:
                self._recorder.log.append(Op("truncate", file=self._recorder.opened(here, create=False)))
            return handle

    def close(self, handle: int) -> None:
        self._recorder.let_go(handle)
        real_close(handle)

    def fsync(self, handle: Any) -> None:
        number = handle if isinstance(handle, int) else handle.fileno()
        held = self._recorder.held(number)
        with self._recorder.call("sync") as error:
            if error and isinstance(held, int):
                self._recorder.log.append(Op("failed_sync", file=held))
            _fail(error)
            real_fsync(number)
            if isinstance(held, str):
                self._recorder.log.append(Op("sync_folder", held))
            elif held is not None:
                self._recorder.log.append(Op("sync", file=held))

    def replace(self, path: Any, to: Any) -> None:
        self._two("rename", path, to, real_replace, self._recorder.renamed)

    def link(self, path: Any, to: Any) -> None:
        self._two("link", path, to, real_link, self._recorder.linked)

    def _two(self, what: str, path: Any, to: Any, real: Callable[..., None], told: Callable[[str, str], None]) -> None:
        here, there = self._recorder.here(path), self._recorder.here(to)
        if here is None or there is None:
            return real(path, to)
        with self._recorder.call(what) as error:
            _fail(error)
            real(path, to)
            told(here, there)

    def unlink(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._gone("unlink", path, dir_fd, real_unlink)

    def rmdir(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._gone("rmdir", path, dir_fd, real_rmdir)

    def _gone(self, what: str, path: Any, dir_fd: int | None, real: Callable[..., None]) -> None:
        here = self._place(path, dir_fd)
        if here is None:
            return real(path, dir_fd=dir_fd)
        with self._recorder.call(what) as error:
            _fail(error)
            real(path, dir_fd=dir_fd)
            if what == "rmdir":
                self._recorder.log.append(Op("rmdir", here))
            else:
                self._recorder.unlinked(here)

    def mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        here = self._place(path, dir_fd)
        if here is None:
            return real_mkdir(path, mode, dir_fd=dir_fd)
        with self._recorder.call("mkdir") as error:
            _fail(error)
            real_mkdir(path, mode, dir_fd=dir_fd)
            self._recorder.log.append(Op("mkdir", here))

    def _place(self, path: Any, dir_fd: int | None) -> str | None:
        whole = os.path.join(os.readlink(f"/proc/self/fd/{dir_fd}"), path) if dir_fd is not None else path
        return self._recorder.here(whole)


def _fail(error: int) -> None:
    if error:
        raise OSError(error, os.strerror(error))
