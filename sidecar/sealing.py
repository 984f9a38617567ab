"""Sets of files, sealed and kept as blobs."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from models.bundle import seal, sign, version_of


class Kept(NamedTuple):
    """A sealed set of files: its version (64 hex letters), signature, manifest and contents."""

    version: str
    signature: str
    manifest: bytes
    files: Mapping[str, bytes]

    def told(self) -> dict[str, str]:
        """How the ledger names it."""
        return {"version": self.version, "signature": self.signature}


def sealed(kind: str, files: Mapping[str, bytes], key: bytes) -> Kept:
    """The set, signed with `key`."""
    manifest = seal(kind, files)
    return Kept(version_of(manifest), sign(manifest, key), manifest, files)


def contents(*sets: Kept) -> Iterator[bytes]:
    """What is to be kept of the sets."""
    for kept in sets:
        yield kept.manifest
        yield from kept.files.values()
