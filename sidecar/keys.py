"""Secrets on disk: made once, 32 random bytes each, in a folder and files nobody else may read."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from sidecar.durable import flush_folder, make_folder, write_whole
from sidecar.errors import StoreError


def private_folder(path: Path) -> Path:
    """The folder, made when absent, ours and open to nobody else; StoreError where that cannot be had."""
    try:
        make_folder(path)
        found = path.stat()
    except OSError as failure:
        raise StoreError(f"{path} cannot be made: {failure.strerror}; name another folder") from failure
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
    try:
        if not path.exists():
            _make(path)
        # What is sealed with a key outlives a power loss, so it must: even one that another process just made.
        flush_folder(folder)
    except OSError as failure:
        raise StoreError(f"{path} cannot be made: {failure.strerror}") from failure
    return read_private(path)


def new_key() -> bytes:
    """32 random bytes as hex text."""
    return secrets.token_hex(32).encode()


def read_private(path: Path) -> bytes:
    """The content of a file that only its owner can read; StoreError when others can, or it is short."""
    try:
        if path.stat().st_mode & 0o077:
            raise StoreError(f"{path} is open to other users; run: chmod 600 {path}")
        key = path.read_bytes().strip()
    except OSError as failure:
        raise StoreError(f"{path} cannot be read: {failure.strerror}") from failure
    if len(key) < 32:
        raise StoreError(f"{path} is too short for a key; restore it from a backup")
    return key


def write_private(path: Path, content: bytes) -> None:
    """Put the content into the file's place, whole and durably."""
    try:
        write_whole(path, content, _aside(path))
        flush_folder(path.parent)
    except OSError as failure:
        raise StoreError(f"{path} cannot be written: {failure.strerror}") from failure


def _make(path: Path) -> None:
    # Linked into place, so that two processes starting together end with one key.
    fresh = _aside(path)
    write_whole(fresh, new_key(), _aside(path))
    try:
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")
