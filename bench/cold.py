"""A generation over memory-mapped files, and its pages put out of memory: a lookup when nothing is cached."""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Mapped:
    """Files by name, each mapped read-only."""

    paths: Mapping[str, Path]
    maps: Mapping[str, mmap.mmap]

    @classmethod
    def over(cls, paths: Mapping[str, Path]) -> Mapped:
        return cls(paths, {name: _map(path) for name, path in paths.items()})

    def buffers(self) -> dict[str, memoryview]:
        """What the generation is read from: no bytes of it are copied."""
        return {name: memoryview(each) for name, each in self.maps.items()}

    def advise(self, advice: int) -> None:
        for each in self.maps.values():
            each.madvise(advice)

    def drop(self) -> None:
        """Let go of all pages: of the mappings first, since the cache keeps a page that is mapped, then of the cache.

        Nothing of them may be unwritten, as is so of blobs, which are flushed when they are put.
        """
        self.advise(mmap.MADV_DONTNEED)
        for path in self.paths.values():
            _advise_file(path, os.POSIX_FADV_DONTNEED)

    def read_ahead(self) -> None:
        """Ask for all pages, in the order in which they lie."""
        for path in self.paths.values():
            _advise_file(path, os.POSIX_FADV_WILLNEED)

    def resident_pages(self) -> int:
        """How many pages are in memory, in the system's cache as well."""
        return sum(_resident(each) for each in self.maps.values())


def _advise_file(path: Path, advice: int) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, advice)
    finally:
        os.close(descriptor)


def _map(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _resident(mapped: mmap.mmap) -> int:
    pages = -(-len(mapped) // mmap.PAGESIZE)
    told = (ctypes.c_ubyte * pages)()
    start = np.frombuffer(mapped, np.uint8).ctypes.data
    if LIBC.mincore(ctypes.c_void_p(start), ctypes.c_size_t(len(mapped)), told):
        raise OSError(ctypes.get_errno(), "mincore")
    return int((np.frombuffer(told, np.uint8) & 1).sum())
