"""A disk that is full, broken or read-only at any call: words for the keeper, and never a false success."""

import sqlite3
from pathlib import Path

import pytest

from sidecar.errors import StoreError
from sidecar.store import sqlite
from tests.reliability.disk import faults
from tests.reliability.disk.workloads import open_ledger


@pytest.mark.parametrize(
    ("kind", "error", "lasting"),
    [("ledger", "broken", False), ("ledger", "read-only", True), ("home", "full", True), ("home", "broken", False)],
    ids=["ledger-once", "ledger-lasting", "home-lasting", "home-once"],
)
def test_no_failing_call_is_taken_for_a_success(kind: str, error: str, lasting: bool) -> None:
    """Each third call here; the campaign takes every one."""
    found = faults.tried(kind, error, lasting, step=3)
    assert list(found.wrong) == []
    assert found.counts["false_successes"] == 0
    assert found.counts["disk_faults"] >= found.counts["disk_fault_runs"] > 50
    assert found.counts["writes_acknowledged"] > 150
    assert found.counts["writes_refused"] > 40


def test_the_head_note_lags_by_one_entry_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry is there when its note fails, so its writer hears of success; nobody may build on it unnoted."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    ledger = open_ledger(tmp_path)
    with monkeypatch.context() as full:
        full.setattr(sqlite, "write_whole", fail)
        assert ledger.append("fact", {"n": 1}, by="t", key="k").number == 1
        with pytest.raises(StoreError, match="No space left"):
            ledger.append("fact", {"n": 2}, by="t")
        assert ledger.append("fact", {"n": 1}, by="t", key="k").number == 1
        assert len(ledger.entries()) == ledger.verify() == 1
    assert ledger.append("fact", {"n": 2}, by="t").number == 2
    assert (tmp_path / "ledger.db.head").read_text().startswith("2 ")
    assert open_ledger(tmp_path).verify() == 2


def test_what_cannot_be_written_leaves_no_transaction_behind(tmp_path: Path) -> None:
    ledger, other = open_ledger(tmp_path), open_ledger(tmp_path)
    with pytest.raises(TypeError):
        ledger.append("fact", {"n": object()}, by="t")
    other._db().execute("PRAGMA busy_timeout = 100")
    assert other.append("fact", {"n": 1}, by="t").number == 1
    assert ledger.append("fact", {"n": 2}, by="t").number == 2


def test_a_connection_that_was_opened_on_a_read_only_disk_is_not_kept(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    ledger._drop()
    ledger._local.db = sqlite3.connect(f"file:{tmp_path}/ledger.db?mode=ro", uri=True, isolation_level=None)
    with pytest.raises(StoreError, match="readonly"):
        ledger.append("fact", {"n": 1}, by="t")
    assert ledger.append("fact", {"n": 1}, by="t").number == 1


def test_a_place_without_a_write_ahead_log_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite answers with the mode it has, and goes on in it: a database in memory has no such log."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda _, **given: connect(":memory:", **given))
    with pytest.raises(StoreError, match="take a local disk"):
        open_ledger(tmp_path)
