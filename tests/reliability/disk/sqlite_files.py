"""SQLite's own file calls, told to a recorder: the very library that Python's `sqlite3` uses, unchanged.

A copy of its default VFS becomes the default; every file it opens gets a copy of its table of methods in which
some go through here and then on to the real ones. The file objects stay SQLite's own, so shared memory, locks
and the write-ahead log work as they always do.
"""

import _sqlite3
import ctypes
import errno
import os
import sqlite3
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from typing import Any

from tests.reliability.disk.recorder import Op, Recorder

OK, FULL, CANTOPEN = 0, 13, 14
IOERR_READ, IOERR_WRITE, IOERR_FSYNC, IOERR_TRUNCATE = 266, 778, 1034, 1546
IOERR_DELETE, IOERR_SHMSIZE = 2570, 4874
OPEN_READONLY, OPEN_READWRITE, OPEN_CREATE = 1, 2, 4

OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
DELETE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
CLOSE = CFUNCTYPE(c_int, c_void_p)
TRANSFER = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_int64)
SYNC = CFUNCTYPE(c_int, c_void_p, c_int)
SHM_MAP = CFUNCTYPE(c_int, c_void_p, c_int, c_int, c_int, c_void_p)
SET_CALL = CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p)
GET_CALL = CFUNCTYPE(c_void_p, c_void_p, c_char_p)
OPEN_FOLDER = CFUNCTYPE(c_int, c_char_p, c_void_p)


class Vfs(Structure):
    """sqlite3_vfs, version 3."""

    _fields_ = [
        ("iVersion", c_int),
        ("szOsFile", c_int),
        ("mxPathname", c_int),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        *((name, c_void_p) for name in ("xOpen", "xDelete", "xAccess", "xFullPathname")),
        *((name, c_void_p) for name in ("xDlOpen", "xDlError", "xDlSym", "xDlClose", "xRandomness", "xSleep")),
        *((name, c_void_p) for name in ("xCurrentTime", "xGetLastError", "xCurrentTimeInt64")),
        *((name, c_void_p) for name in ("xSetSystemCall", "xGetSystemCall", "xNextSystemCall")),
    ]


class Methods(Structure):
    """sqlite3_io_methods, version 3."""

    _fields_ = [
        ("iVersion", c_int),
        *((name, c_void_p) for name in ("xClose", "xRead", "xWrite", "xTruncate", "xSync", "xFileSize", "xLock")),
        *((name, c_void_p) for name in ("xUnlock", "xCheckReservedLock", "xFileControl", "xSectorSize")),
        *((name, c_void_p) for name in ("xDeviceCharacteristics", "xShmMap", "xShmLock", "xShmBarrier")),
        *((name, c_void_p) for name in ("xShmUnmap", "xFetch", "xUnfetch")),
    ]


def library() -> ctypes.CDLL:
    """The shared library that this process's `sqlite3` module uses; RuntimeError when it has SQLite built in."""
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "/libsqlite3" in line}
    if len(paths) != 1:
        raise RuntimeError(f"{_sqlite3.__file__} uses no shared libsqlite3 ({sorted(paths)}): nothing can be recorded")
    found = ctypes.CDLL(paths.pop())
    found.sqlite3_libversion.restype = c_char_p
    assert found.sqlite3_libversion().decode() == sqlite3.sqlite_version
    return found


def install(recorder: Recorder) -> "Shim":
    """Put the recorder between SQLite and its files in this process, for good."""
    return Shim(recorder, library())


class Shim:
    """The recording VFS; must live as long as SQLite is used."""

    def __init__(self, recorder: Recorder, sqlite: ctypes.CDLL) -> None:
        self._recorder = recorder
        self._files: dict[int, tuple[int, str]] = {}
        self._methods: dict[int, tuple[Methods, Methods]] = {}
        self._folders: list[str] = []
        sqlite.sqlite3_vfs_find.restype = POINTER(Vfs)
        self._real = sqlite.sqlite3_vfs_find(None)
        assert self._real.contents.iVersion >= 3
        self._vfs = Vfs.from_buffer_copy(self._real.contents)
        self._vfs.zName = b"recorded"
        self._kept: list[Any] = []
        self._take(self._vfs, "xOpen", OPEN, self._open)
        self._take(self._vfs, "xDelete", DELETE, self._delete)
        self._watch_folders()
        assert sqlite.sqlite3_vfs_register(ctypes.byref(self._vfs), 1) == OK

    def _take(self, table: Structure, name: str, kind: Any, call: Any) -> None:
        if not getattr(table, name):
            return  # journals and logs have no shared memory
        real = kind(getattr(table, name))
        mine = kind(lambda *given: call(real, *given))
        self._kept += [real, mine]
        setattr(table, name, ctypes.cast(mine, c_void_p).value)

    def _watch_folders(self) -> None:
        # SQLite flushes a folder inside of xSync and xDelete: it is seen where the folder is opened for that.
        get = GET_CALL(self._real.contents.xGetSystemCall)
        real = OPEN_FOLDER(get(ctypes.cast(self._real, c_void_p), b"openDirectory"))

        def opened(path: bytes, handle: int) -> int:
            rc: int = real(path, handle)
            here = self._recorder.here(os.path.dirname(path))
            if rc == OK and here is not None:
                self._folders.append(here)
            return rc

        mine = OPEN_FOLDER(opened)
        self._kept += [real, mine]
        put = SET_CALL(self._real.contents.xSetSystemCall)
        assert put(ctypes.cast(self._real, c_void_p), b"openDirectory", ctypes.cast(mine, c_void_p)) == OK

    def _open(self, real: Any, vfs: int, name: int | None, file: int, flags: int, out: int | None) -> int:
        here = self._recorder.here(ctypes.string_at(name)) if name else None
        if here is None:
            return int(real(vfs, name, file, flags, out))
        with self._recorder.call("sqlite open") as error:
            if error == errno.EROFS and flags & OPEN_READWRITE:
                flags = flags & ~(OPEN_READWRITE | OPEN_CREATE) | OPEN_READONLY
            elif error:
                return CANTOPEN
            rc = int(real(vfs, name, file, flags, out))
            if rc == OK:
                self._files[file] = (self._recorder.opened(here, bool(flags & OPEN_CREATE)), here)
                self._swap(file)
            return rc

    def _swap(self, file: int) -> None:
        place = ctypes.cast(file, POINTER(c_void_p))
        address = place[0]
        if address not in self._methods:
            real = Methods.from_address(address)
            mine = Methods.from_buffer_copy(real)
            self._take(mine, "xClose", CLOSE, self._close)
            self._take(mine, "xRead", TRANSFER, self._read)
            self._take(mine, "xWrite", TRANSFER, self._write)
            self._take(mine, "xTruncate", TRUNCATE, self._truncate)
            self._take(mine, "xSync", SYNC, self._sync)
            self._take(mine, "xShmMap", SHM_MAP, self._shm_map)
            self._methods[address] = (mine, real)
        place[0] = ctypes.addressof(self._methods[address][0])

    def _close(self, real: Any, file: int) -> int:
        with self._recorder.lock:
            self._files.pop(file, None)
            return int(real(file))

    def _read(self, real: Any, file: int, buffer: int, size: int, offset: int) -> int:
        with self._recorder.call("sqlite read") as error:
            return IOERR_READ if error == errno.EIO else int(real(file, buffer, size, offset))

    def _write(self, real: Any, file: int, buffer: int, size: int, offset: int) -> int:
        with self._recorder.call("sqlite write") as error:
            size = size // 2 if error == errno.ENOSPC else size  # a full disk takes the beginning
            if error in (errno.EIO, errno.EROFS):
                return IOERR_WRITE
            rc = int(real(file, buffer, size, offset))
            content = ctypes.string_at(buffer, size)
            self._recorder.log.append(Op("write", file=self._files[file][0], offset=offset, data=content))
            return FULL if error else rc

    def _truncate(self, real: Any, file: int, size: int) -> int:
        with self._recorder.call("sqlite truncate") as error:
            if error:
                return IOERR_TRUNCATE
            self._recorder.log.append(Op("truncate", file=self._files[file][0], offset=size))
            return int(real(file, size))

    def _sync(self, real: Any, file: int, flags: int) -> int:
        with self._recorder.call("sqlite sync") as error:
            if error:
                self._recorder.log.append(Op("failed_sync", file=self._files[file][0]))
                return IOERR_FSYNC
            rc = int(real(file, flags))
            if rc == OK:
                self._recorder.log.append(Op("sync", file=self._files[file][0]))
            self._tell_folders()
            return rc

    def _delete(self, real: Any, vfs: int, name: int, flush: int) -> int:
        here = self._recorder.here(ctypes.string_at(name))
        if here is None:
            return int(real(vfs, name, flush))
        with self._recorder.call("sqlite delete") as error:
            if error:
                return IOERR_DELETE
            rc = int(real(vfs, name, flush))
            if rc == OK:
                self._recorder.unlinked(here)
            self._tell_folders()
            return rc

    def _shm_map(self, real: Any, file: int, region: int, size: int, extend: int, out: int) -> int:
        with self._recorder.call("sqlite shared memory") as error:
            return IOERR_SHMSIZE if error and extend else int(real(file, region, size, extend, out))

    def _tell_folders(self) -> None:
        self._recorder.log.extend(Op("sync_folder", folder) for folder in self._folders)
        self._folders.clear()
