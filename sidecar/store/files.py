"""Blobs as files named by their hash, checked when read."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from sidecar.durable import flush_folder, make_folder, write_whole
from sidecar.errors import StoreError
from sidecar.store.turns import WAIT_S, Turns

NAME = re.compile(r"[0-9a-f]{64}")


class FileBlobs:
    """`Blobs` under `folder`, in sub-folders by the first two letters. wait_s: as in `Turns`."""

    def __init__(self, folder: Path, wait_s: float = WAIT_S) -> None:
        self._folder = folder
        self._turns = Turns(folder / "turns.lock", wait_s)
        try:
            make_folder(folder)
        except OSError as failure:
            raise StoreError(f"{folder} cannot be made: {failure.strerror}") from failure

    def naming(self) -> AbstractContextManager[None]:
        return self._turns.shared()

    def removing(self) -> AbstractContextManager[None]:
        return self._turns.alone()

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

    def drop(self, names: Iterable[str]) -> None:
        try:
            for path in map(self._path, names):
                path.unlink(missing_ok=True)
        except OSError as failure:
            raise StoreError(f"a blob cannot be removed: {failure.strerror}") from failure

    def read(self, name: str) -> memoryview:
        if not NAME.fullmatch(name):
            raise StoreError("a blob's name is 64 hex letters")
        return _content(self._path(name), name)

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


def _content(path: Path, name: str) -> memoryview:
    try:
        # Never mapped: a mapped file that is cut short ends the process, and one that is altered alters a loaded model.
        content = path.read_bytes()
    except FileNotFoundError:
        raise StoreError(f"blob {name[:12]} is missing; restore it from a backup") from None
    except OSError as failure:
        raise StoreError(f"blob {name[:12]} cannot be read: {failure.strerror}") from failure
    if hashlib.sha256(content).hexdigest() != name:
        raise StoreError(f"blob {name[:12]} was altered; restore it from a backup")
    return memoryview(content)
