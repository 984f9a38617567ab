"""Blobs as files named by their hash, memory-mapped when read."""

import hashlib
import mmap
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from sidecar.errors import StoreError

NAME = re.compile(r"[0-9a-f]{64}")


class FileBlobs:
    """`Blobs` under `folder`, in sub-folders by the first two letters."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, contents: Iterable[bytes]) -> list[str]:
        named = [(hashlib.sha256(content).hexdigest(), content) for content in contents]
        fresh = {name: content for name, content in named if not self._holds(name)}
        try:
            self._write_durably(fresh)
        except OSError as failure:
            raise StoreError(f"a blob cannot be written: {failure.strerror}") from failure
        return [name for name, _ in named]

    def read(self, name: str) -> memoryview:
        if not NAME.fullmatch(name):
            raise StoreError("a blob's name is 64 hex letters")
        view = _mapped(self._path(name), name)
        if hashlib.sha256(view).hexdigest() != name:
            raise StoreError(f"blob {name[:12]} was altered; restore it from a backup")
        return view

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def _holds(self, name: str) -> bool:
        # A damaged blob is written again rather than trusted for its name.
        path = self._path(name)
        return path.exists() and hashlib.sha256(_mapped(path, name)).hexdigest() == name

    def _write_durably(self, fresh: Mapping[str, bytes]) -> None:
        # Written aside, flushed, renamed, and the folders flushed: after a crash a name is whole or absent.
        for name, content in fresh.items():
            path = self._path(name)
            path.parent.mkdir(exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(file.name, path)
        for folder in {self._path(name).parent for name in fresh} | ({self._folder} if fresh else set()):
            _flush_folder(folder)


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


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
