"""Blobs as files named by their hash, memory-mapped when read."""

import hashlib
import mmap
import os
import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from sidecar.durable import flush_folder, make_folder, write_whole
from sidecar.errors import StoreError

NAME = re.compile(r"[0-9a-f]{64}")


class FileBlobs:
    """`Blobs` under `folder`, in sub-folders by the first two letters."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            make_folder(folder)
        except OSError as failure:
            raise StoreError(f"{folder} cannot be made: {failure.strerror}") from failure

    def put(self, contents: Iterable[bytes]) -> list[str]:
        named = [(hashlib.sha256(content).hexdigest(), content) for content in contents]
        try:
            for name, content in named:
                if not self._holds(name):
                    self._write(self._path(name), content)
            self._flush({self._path(name).parent for name, _ in named})
        except OSError as failure:
            raise StoreError(f"a blob cannot be written: {failure.strerror}") from failure
        return [name for name, _ in named]

    def read(self, name: str) -> memoryview:
        if not NAME.fullmatch(name):
            raise StoreError("a blob's name is 64 hex letters")
        return _mapped(self._path(name), name)

    def sweep(self, before: float) -> int:
        """Remove what was begun before this moment (epoch seconds) and never finished, as by a kill; how many.

        What cannot be looked at or removed waits for the next time.
        """
        gone = 0
        for path in self._folder.glob("*/.new-*"):
            with suppress(OSError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    gone += 1
        return gone

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def _holds(self, name: str) -> bool:
        # A damaged blob is written again rather than trusted for its name.
        try:
            self.read(name)
        except StoreError:
            return False
        return True

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(exist_ok=True, mode=0o700)
        write_whole(path, content, path.with_name(f".new-{secrets.token_hex(8)}"))

    def _flush(self, folders: set[Path]) -> None:
        # Also those of blobs that were there: whoever wrote them may not have come so far.
        for folder in sorted(folders):
            flush_folder(folder)
        if folders:
            flush_folder(self._folder)


def _mapped(path: Path, name: str) -> memoryview:
    try:
        with path.open("rb") as file:
            # Read before it is mapped: a bad sector is an error here, and the end of the process in mapped memory.
            if hashlib.file_digest(file, "sha256").hexdigest() != name:
                raise StoreError(f"blob {name[:12]} was altered; restore it from a backup")
            if not os.fstat(file.fileno()).st_size:
                return memoryview(b"")
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except FileNotFoundError:
        raise StoreError(f"blob {name[:12]} is missing; restore it from a backup") from None
    except OSError as failure:
        raise StoreError(f"blob {name[:12]} cannot be read: {failure.strerror}") from failure
