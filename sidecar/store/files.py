"""Blobs as files named by their hash, memory-mapped when read."""

import hashlib
import mmap
import os
import re
import tempfile
from pathlib import Path

from sidecar.errors import StoreError

NAME = re.compile(r"[0-9a-f]{64}")


class FileBlobs:
    """`Blobs` under `folder`, in sub-folders by the first two letters."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, content: bytes) -> str:
        name = hashlib.sha256(content).hexdigest()
        path = self._path(name)
        if not self._holds(path, name):
            path.parent.mkdir(exist_ok=True, mode=0o700)
            _write_durably(path, content)
        return name

    def read(self, name: str) -> memoryview:
        if not NAME.fullmatch(name):
            raise StoreError("a blob's name is 64 hex letters")
        view = _mapped(self._path(name), name)
        if hashlib.sha256(view).hexdigest() != name:
            raise StoreError(f"blob {name[:12]} was altered; restore it from a backup")
        return view

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def _holds(self, path: Path, name: str) -> bool:
        # A damaged blob is written again rather than trusted for its name.
        return path.exists() and hashlib.sha256(_mapped(path, name)).hexdigest() == name


def _mapped(path: Path, name: str) -> memoryview:
    try:
        with path.open("rb") as file:
            if not os.fstat(file.fileno()).st_size:
                return memoryview(b"")
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except FileNotFoundError:
        raise StoreError(f"blob {name[:12]} is missing; restore it from a backup") from None
    except OSError as failure:
        raise StoreError(f"blob {name[:12]} cannot be read: {failure.strerror}") from failure


def _write_durably(path: Path, content: bytes) -> None:
    # Written aside, flushed, renamed, and the folder flushed: after a crash the name is whole or absent.
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, path)
        _flush_folder(path.parent)
    except OSError as failure:
        raise StoreError(f"a blob cannot be written: {failure.strerror}") from failure


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
