"""Secrets on disk: made once, 32 random bytes each, in a folder and files nobody else may read."""

import os
import secrets
from pathlib import Path

from sidecar.errors import StoreError


def private_folder(path: Path) -> Path:
    """The folder, made when absent, ours and open to nobody else; StoreError where that cannot be had."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as failure:
        raise StoreError(f"{path} cannot be made: {failure.strerror}; name another folder") from failure
    found = path.stat()
    if found.st_uid != os.geteuid():
        raise StoreError(f"{path} belongs to another user; name another folder, or run: chown -R {os.geteuid()} {path}")
    if found.st_mode & 0o077:
        path.chmod(0o700)
    if not os.access(path, os.W_OK | os.X_OK):
        raise StoreError(f"{path} cannot be written; run: chmod 700 {path}")
    return path


def key_in(folder: Path, name: str) -> bytes:
    """The key `folder`/`name`.key as its hex text; made when absent, whole or not at all."""
    path = folder / f"{name}.key"
    if not path.exists():
        _make(path)
    return read_private(path)


def new_key() -> bytes:
    """32 random bytes as hex text."""
    return secrets.token_hex(32).encode()


def read_private(path: Path) -> bytes:
    """The content of a file that only its owner can read; StoreError when others can, or it is short."""
    if path.stat().st_mode & 0o077:
        raise StoreError(f"{path} is open to other users; run: chmod 600 {path}")
    key = path.read_bytes().strip()
    if len(key) < 32:
        raise StoreError(f"{path} is too short for a key; restore it from a backup")
    return key


def write_private(path: Path, content: bytes) -> None:
    """Put the content into the file's place, whole and durably."""
    fresh = _fresh(path, content)
    os.replace(fresh, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _make(path: Path) -> None:
    # Linked into place, so that two processes starting together end with one key.
    fresh = _fresh(path, new_key())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _fresh(path: Path, content: bytes) -> Path:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return fresh
