"""Blobs come back as they went in, or not at all."""

import hashlib
import os
from pathlib import Path

import pytest

from sidecar.errors import StoreError
from sidecar.store.base import Blobs
from sidecar.store.files import FileBlobs
from sidecar.store.memory import MemoryBlobs


@pytest.fixture(params=["memory", "files"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return MemoryBlobs() if request.param == "memory" else FileBlobs(tmp_path)


def where(folder: Path, name: str) -> Path:
    return folder / name[:2] / name


def test_they_come_back_by_their_hash(blobs: Blobs) -> None:
    contents = [b"one", b"", bytes(range(256)) * 50, b"one"]
    names = blobs.put(contents)
    assert names == [hashlib.sha256(content).hexdigest() for content in contents]
    assert [bytes(blobs.read(name)) for name in names] == contents


def test_an_absent_one_is_told(blobs: Blobs) -> None:
    with pytest.raises(StoreError, match="is missing"):
        blobs.read("0" * 64)


@pytest.mark.parametrize("name", ["../keys/bundle.key", "0" * 63, "Z" * 64, ""])
def test_a_name_is_a_hash_and_never_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="64 hex letters"):
        FileBlobs(tmp_path).read(name)


def test_an_altered_one_is_refused_and_mended_by_putting_it_again(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    (name,) = blobs.put([b"content"])
    where(tmp_path, name).write_bytes(b"contemt")
    with pytest.raises(StoreError, match="was altered"):
        blobs.read(name)
    blobs.put([b"content"])
    assert bytes(blobs.read(name)) == b"content"


def test_putting_again_writes_nothing(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    (name,) = blobs.put([b"content"])
    before = where(tmp_path, name).stat().st_ino
    blobs.put([b"content"])
    assert where(tmp_path, name).stat().st_ino == before


def test_a_blob_that_was_read_cannot_be_written(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    (name,) = blobs.put([b"content"])
    with pytest.raises(TypeError):
        blobs.read(name)[0] = 0


def test_what_was_read_stays_what_it_was_whatever_becomes_of_the_file(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    (name,) = blobs.put([b"content" * 10_000])
    kept = blobs.read(name)
    where(tmp_path, name).write_bytes(b"another" * 10_000)
    assert bytes(kept) == b"content" * 10_000


def test_a_crash_while_writing_leaves_no_half_blob(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise OSError(28, "No space left on device")

    blobs = FileBlobs(tmp_path)
    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(StoreError, match="No space left"):
        blobs.put([b"content"])
    monkeypatch.undo()
    with pytest.raises(StoreError, match="is missing"):
        blobs.read(hashlib.sha256(b"content").hexdigest())
    assert list(tmp_path.glob("*/*")) == []


def test_a_bad_sector_is_an_error_and_mended_by_putting_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    blobs = FileBlobs(tmp_path)
    (name,) = blobs.put([b"content"])
    before = where(tmp_path, name).stat().st_ino
    with monkeypatch.context() as broken:
        broken.setattr(Path, "read_bytes", fail)
        with pytest.raises(StoreError, match="cannot be read: Input/output error"):
            blobs.read(name)
        blobs.put([b"content"])
    assert where(tmp_path, name).stat().st_ino != before
    assert bytes(blobs.read(name)) == b"content"


def test_every_file_and_its_folder_are_flushed_before_the_name_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs, steps = FileBlobs(tmp_path), list[str]()
    real_flush, real_rename = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append("flush"), real_flush(handle))[1])
    monkeypatch.setattr(os, "replace", lambda old, new: (steps.append("rename"), real_rename(old, new))[1])
    blobs.put([b"content"])
    assert steps == ["flush", "rename", "flush", "flush"]
    blobs.put([b"content"])  # whoever wrote it may not have come so far
    assert steps[4:] == ["flush", "flush"]


def test_what_was_never_finished_is_swept_once_it_is_old(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    (name,) = blobs.put([b"content"])
    old, young = (where(tmp_path, name).parent / f".new-{letter}" for letter in "ab")
    for path, at in ((old, 1000.0), (young, 3000.0), (where(tmp_path, name), 1000.0)):
        path.write_bytes(b"content")
        os.utime(path, (at, at))
    assert blobs.sweep(2000.0) == 1 and blobs.sweep(2000.0) == 0
    assert young.exists() and not old.exists() and bytes(blobs.read(name)) == b"content"
