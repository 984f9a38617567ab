"""Keys are made once, whole, and for one pair of eyes."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sidecar.errors import StoreError
from sidecar.keys import key_in, private_folder


def test_a_key_is_made_once_and_private(tmp_path: Path) -> None:
    key = key_in(tmp_path, "bundle")
    assert len(key) == 64 and key_in(tmp_path, "bundle") == key
    assert (tmp_path / "bundle.key").stat().st_mode & 0o777 == 0o600
    assert key_in(tmp_path, "ticket") != key
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle.key", "ticket.key"]


def test_starting_together_ends_with_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: key_in(tmp_path, "bundle"), range(32)))) == 1


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    key_in(tmp_path, "bundle")
    (tmp_path / "bundle.key").chmod(0o640)
    with pytest.raises(StoreError, match="chmod 600"):
        key_in(tmp_path, "bundle")


def test_an_empty_key_is_refused(tmp_path: Path) -> None:
    key_in(tmp_path, "bundle")
    (tmp_path / "bundle.key").write_text("")
    with pytest.raises(StoreError, match="too short"):
        key_in(tmp_path, "bundle")


def test_a_folder_that_was_open_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o755)
    private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file/home cannot be made"):
        private_folder(tmp_path / "file" / "home")


def test_a_key_is_flushed_before_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="bundle.key cannot be made: Input/output error"):
        key_in(tmp_path, "bundle")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    key = key_in(tmp_path, "bundle")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="cannot be made"):  # it may be another process's, of a moment ago
        key_in(tmp_path, "bundle")
    monkeypatch.undo()
    assert key_in(tmp_path, "bundle") == key


def test_a_home_in_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", fail)
    assert private_folder(tmp_path / "a" / "home").is_dir()


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled code is loaded from the cache's folder: whoever owns it could give us theirs."""
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(StoreError, match="belongs to another user"):
        private_folder(tmp_path / "cache")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    with pytest.raises(StoreError, match="cannot be written"):
        private_folder(tmp_path / "cache")
