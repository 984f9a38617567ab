"""Files and folders that are still there after the power has failed.

A file is durable when it was flushed, its name when the folder was flushed that holds it: a disk may keep one
and lose the other.
"""

import os
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes | memoryview, aside: Path) -> None:
    """Put a file at `path`, whole or not at all; `aside` is a name in the same folder that nobody else writes.

    The name is durable once the folder is flushed (`flush_folder`).
    """
    try:
        with open(aside, "wb", opener=private) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        with suppress(OSError):  # on a full disk what is half written only takes room
            aside.unlink()
        raise


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """A folder for its owner alone, with those above it, all durable."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True, mode=0o700)
    # Also one that is there: whoever made it may not have come so far. Not everybody may read what lies above.
    with suppress(PermissionError):
        flush_folder(folder.parent)


def private(path: str, flags: int) -> int:
    """Open a file that, if it is made, is its owner's alone; an opener for `open`."""
    return os.open(path, flags, 0o600)
