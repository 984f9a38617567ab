"""A sealed set opens only as it was sealed, and nothing in it is ever executed."""

from __future__ import annotations

import io
import json
import pickle

import numpy as np
import pytest

from models.arrays import array_bytes, read_array
from models.bundle import BundleError, open_sealed, seal, sign, version_of
from models.errors import DataError

KEY = b"k" * 32
FILES = {"model.json": b"{}", "a.npy": array_bytes(np.arange(3))}


def store(files: dict[str, bytes]) -> dict[str, bytes]:
    manifest = json.loads(seal("bundle", files))
    return {manifest["files"][name]: content for name, content in files.items()}


def test_a_sealed_set_opens() -> None:
    manifest = seal("bundle", FILES)
    assert open_sealed(manifest, sign(manifest, KEY), KEY, store(FILES).__getitem__, "bundle") == FILES


def test_the_version_is_of_the_content_alone() -> None:
    assert version_of(seal("bundle", FILES)) == version_of(seal("bundle", dict(reversed(FILES.items()))))
    assert version_of(seal("bundle", FILES)) != version_of(seal("generation", FILES))


@pytest.mark.parametrize("fault", ["other key", "signature", "manifest", "content", "kind"])
def test_what_has_changed_is_refused(fault: str) -> None:
    manifest, blobs = seal("bundle", FILES), store(FILES)
    signature, key, kind = sign(manifest, KEY), KEY, "bundle"
    if fault == "other key":
        key = b"x" * 32
    elif fault == "signature":
        signature = "0" * 64
    elif fault == "manifest":
        manifest = manifest.replace(b"model.json", b"other.json")
    elif fault == "content":
        blobs = dict.fromkeys(blobs, b"{} ")
    else:
        kind = "generation"
    with pytest.raises(BundleError):
        open_sealed(manifest, signature, key, blobs.__getitem__, kind)


def test_the_signature_is_checked_before_anything_is_parsed() -> None:
    with pytest.raises(BundleError, match="signature"):
        open_sealed(b"not json at all", "0" * 64, KEY, {}.__getitem__, "bundle")


class Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (pytest.fail, ("a pickle was opened",))


def test_no_pickle_is_opened() -> None:
    out = io.BytesIO()
    np.save(out, np.array([Trap()], dtype=object), allow_pickle=True)
    for content in (out.getvalue(), pickle.dumps(Trap()), b"\x93NUMPY", b""):
        with pytest.raises(DataError):
            read_array(content)


def test_a_cut_array_is_refused() -> None:
    with pytest.raises(DataError, match="cut short"):
        read_array(array_bytes(np.arange(100))[:-8])


@pytest.mark.parametrize(
    "array", [np.zeros(0), np.zeros((0, 3)), np.arange(6.0).reshape(2, 3), np.array([True, False])]
)
def test_arrays_come_back(array: np.ndarray) -> None:
    again = read_array(array_bytes(array))
    assert again.dtype == array.dtype and again.shape == array.shape and np.array_equal(again, array)
