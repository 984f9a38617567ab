"""Sealed sets of files: a manifest names each file by its SHA-256, and a signature covers the manifest.

Nothing inside is parsed before the signature and the hashes have been checked, and nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from models.arrays import Buffer
from models.errors import DataError

SCHEMA = 1
MAX_FILES = 20_000
MAX_MANIFEST_BYTES = 200 * MAX_FILES
NAME = re.compile(r"[a-z][a-z0-9_]{0,30}(\.[a-z0-9_]{1,30}){0,3}\.(json|npy)")
"""Names of the files in a set. They are keys: no path is ever made of one."""
DIGEST = re.compile(r"[0-9a-f]{64}")


class BundleError(DataError):
    """A sealed set is not what its signature or its hashes say."""


def seal(kind: str, files: Mapping[str, Buffer]) -> bytes:
    """The manifest of a set of files: canonical JSON, the same bytes for the same files. kind: what the set is.

    >>> seal("bundle", {"a.json": b"{}"})[:38]
    b'{"files":{"a.json":"44136fa355b3678a11'
    """
    return _canonical(kind, {name: hashlib.sha256(content).hexdigest() for name, content in files.items()})


def version_of(manifest: bytes) -> str:
    """The version of a sealed set: the SHA-256 of its manifest, 64 hex letters."""
    return hashlib.sha256(manifest).hexdigest()


def sign(manifest: bytes, key: bytes) -> str:
    """The signature of a manifest: HMAC-SHA256, 64 hex letters."""
    return hmac.new(key, manifest, hashlib.sha256).hexdigest()


def open_sealed(
    manifest: bytes, signature: str, key: bytes, read: Callable[[str], Buffer], kind: str
) -> dict[str, Buffer]:
    """The files of a sealed set by name, after the signature and every hash have been checked.

    read: content by SHA-256. Raises BundleError when anything differs from what was sealed, or is of another kind.
    """
    _check_signature(manifest, signature, key)
    digests = _digests(manifest, kind)
    files = {name: read(digest) for name, digest in digests.items()}
    for name, content in files.items():
        if hashlib.sha256(content).hexdigest() != digests[name]:
            raise _refused(f"{name} has changed since it was sealed")
    return files


def files_in(manifest: bytes, signature: str, key: bytes) -> list[str]:
    """The SHA-256 of each file of a sealed set, of whatever kind. BundleError where the manifest was not sealed."""
    _check_signature(manifest, signature, key)
    return [*_digests(manifest, str(_parsed(manifest).get("kind"))).values()]


def _check_signature(manifest: bytes, signature: str, key: bytes) -> None:
    if not hmac.compare_digest(sign(manifest, key).encode(), signature.encode(errors="replace")):
        raise _refused("the signature does not fit")


def _digests(manifest: bytes, kind: str) -> dict[str, str]:
    """What a signed manifest lists. BundleError for all that `seal` would not have written: a key may be stolen."""
    found = _parsed(manifest)
    files = found.get("files")
    if found.get("kind") != kind or found.get("schema") != SCHEMA or not isinstance(files, dict):
        raise _refused(f"the manifest is not that of a {kind} of schema {SCHEMA}")
    if len(files) > MAX_FILES:
        raise _refused(f"the manifest lists more than {MAX_FILES} files")
    for name, digest in files.items():
        if not (NAME.fullmatch(name) and isinstance(digest, str) and DIGEST.fullmatch(digest)):
            raise _refused(f"the manifest lists {name[:40]!r}, which is no file of a {kind}")
    if _canonical(kind, files) != manifest:  # names listed twice, other spacing
        raise _refused("the manifest is not written as `seal` writes")
    return files


def _parsed(manifest: bytes) -> dict[str, Any]:
    if len(manifest) > MAX_MANIFEST_BYTES:
        raise _refused(f"the manifest has more than {MAX_MANIFEST_BYTES} bytes")
    try:
        found = json.loads(manifest)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _refused("the manifest is no JSON object")
    return found


def _canonical(kind: str, files: Mapping[str, str]) -> bytes:
    return json.dumps({"files": files, "kind": kind, "schema": SCHEMA}, sort_keys=True, separators=(",", ":")).encode()


def _refused(what: str) -> BundleError:
    return BundleError(what, field="bundle", mend="fit the model again")
