"""A sealed set opens only as it was sealed, and nothing in it is ever executed."""

from __future__ import annotations

import io
import json
import pickle

import numpy as np
import pytest

from models.arrays import array_bytes, read_array
from models.bundle import MAX_FILES, BundleError, open_sealed, seal, sign, version_of
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


@pytest.mark.parametrize(
    "manifest",
    [
        seal("bundle", {f"more.{number}.npy": b"" for number in range(MAX_FILES + 1)}),
        seal("bundle", {"../model.json": b"{}"}),
        seal("bundle", {"model.pkl": b"{}"}),
        seal("bundle", FILES).replace(b'{"files":{', b'{"files":{"a.npy":"' + b"0" * 64 + b'",'),
        json.dumps(json.loads(seal("bundle", FILES))).encode(),
        b'{"files":' + b"[" * 200_000,
        b"null",
    ],
    ids=["too many files", "a path", "no file of ours", "a name twice", "other spacing", "nested deeply", "no object"],
)
def test_a_signed_manifest_that_is_none_of_ours_is_refused(manifest: bytes) -> None:
    contents = {**store(FILES), **store({"x.json": b"{}", "y.json": b""})}
    with pytest.raises(BundleError, match="the manifest"):
        open_sealed(manifest, sign(manifest, KEY), KEY, contents.__getitem__, "bundle")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"(3,)", b"(4611686018427387904, 4)"),
        (b"(3,)", b"(-1,)"),
        (b"(3,)", b"(2,)"),
        (b"'<i8'", b"'>i8'"),
        (b"'<i8'", b"'|O'"),
        (b"'<i8'", b"exit()"),
        (b"False", b"True"),
        (b"NUMPY\x01", b"NUMPY\x02"),
    ],
)
def test_an_array_with_another_head_is_refused(old: bytes, new: bytes) -> None:
    content = array_bytes(np.arange(3))
    padding = b" " * max(len(old) - len(new), 0)
    with pytest.raises(DataError):
        read_array(content.replace(old, new).replace(b"}", b"}" + padding))


def test_what_is_neither_true_nor_false_is_refused() -> None:
    with pytest.raises(DataError, match="neither true nor false"):
        read_array(array_bytes(np.array([True, False]))[:-2] + b"\x02\x00")
