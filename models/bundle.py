"""Sealed sets of files: a manifest names each file by its SHA-256, and a signature covers the manifest.

Nothing inside is parsed before the signature and the hashes have been checked, and nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping

from models.arrays import Buffer
from models.errors import DataError

SCHEMA = 1
MAX_FILES = 20_000


class BundleError(DataError):
    """A sealed set is not what its signature or its hashes say."""


def seal(kind: str, files: Mapping[str, Buffer]) -> bytes:
    """The manifest of a set of files: canonical JSON, the same bytes for the same files. kind: what the set is.

    >>> seal("bundle", {"a.json": b"{}"})[:38]
    b'{"files":{"a.json":"44136fa355b3678a11'
    """
    names = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return json.dumps({"files": names, "kind": kind, "schema": SCHEMA}, sort_keys=True, separators=(",", ":")).encode()


def version_of(manifest: bytes) -> str:
    """The version of a sealed set: the SHA-256 of its manifest, 64 hex letters."""
    return hashlib.sha256(manifest).hexdigest()


def sign(manifest: bytes, key: bytes) -> str:
    """The signature of a manifest: HMAC-SHA256, 64 hex letters."""
    return hmac.new(key, manifest, hashlib.sha256).hexdigest()


def open_sealed(
    manifest: bytes, signature: str, key: bytes, read: Callable[[str], Buffer], kind: str | None = None
) -> dict[str, Buffer]:
    """The files of a sealed set by name, after the signature and every hash have been checked.

    read: content by SHA-256. Raises BundleError when anything differs from what was sealed.
    """
    if not hmac.compare_digest(sign(manifest, key).encode(), signature.encode()):
        raise BundleError("the signature does not fit", field="bundle", mend="fit the model again")
    found = json.loads(manifest)
    if found["schema"] != SCHEMA or (kind and found["kind"] != kind) or len(found["files"]) > MAX_FILES:
        raise BundleError(f"not a {kind or 'bundle'} of schema {SCHEMA}", field="bundle", mend="fit the model again")
    files = {name: read(digest) for name, digest in found["files"].items()}
    for name, content in files.items():
        if hashlib.sha256(content).hexdigest() != found["files"][name]:
            raise BundleError(f"{name} has changed since it was sealed", field="bundle", mend="fit the model again")
    return files
