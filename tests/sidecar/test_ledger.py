"""Both ledgers keep one promise; the one on disk also notices every way of tampering."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from sidecar.errors import LedgerBroken, StoreError
from sidecar.store.base import Entry, Head, Ledger
from sidecar.store.chain import START, canonical, sealed
from sidecar.store.memory import MemoryLedger
from sidecar.store.sqlite import SqliteLedger

SECRET = b"s" * 32
APPEND = """
import sys; from pathlib import Path; from sidecar.store.sqlite import SqliteLedger
ledger = SqliteLedger(Path(sys.argv[1]), b"s" * 32, lambda: 0.0)
for n in range(int(sys.argv[2])): ledger.append("fact", {"n": n}, by=sys.argv[3])
"""


def on_disk(folder: Path) -> SqliteLedger:
    return SqliteLedger(folder / "ledger.db", SECRET, lambda: 1_700_000_000.0)


@pytest.fixture(params=["memory", "sqlite"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    return MemoryLedger(lambda: 1_700_000_000.0) if request.param == "memory" else on_disk(tmp_path)


def test_entries_come_back_as_written_and_linked(ledger: Ledger) -> None:
    first = ledger.append("fit", {"model": "ä", "rows": 3}, by="ann")
    second = ledger.append("promote", {"model": "ä"}, by="bob")
    assert (first.number, first.previous, first.at) == (1, START, "2023-11-14T22:13:20.000Z")
    assert second.previous == first.hash
    assert list(ledger.entries()) == [first, second]
    assert list(ledger.entries(after=1)) == [second]
    assert list(ledger.entries(after=2)) == []
    assert ledger.verify() == 2


def test_a_key_is_used_once(ledger: Ledger) -> None:
    first = ledger.append("job", {"n": 1}, by="ann", key="k")
    assert ledger.append("job", {"n": 2}, by="bob", key="k") == first
    assert len(ledger.entries()) == 1


def test_many_threads_lose_nothing(ledger: Ledger) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: ledger.append("fact", {"n": n}, by="t"), range(80)))
    assert {entry.body["n"] for entry in ledger.entries()} == set(range(80))
    assert ledger.verify() == 80


def test_many_processes_lose_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", APPEND, str(tmp_path / "ledger.db"), "25"]
    running = [subprocess.Popen([*command, name]) for name in ("a", "b", "c")]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    ledger = on_disk(tmp_path)
    assert ledger.verify() == 75
    assert sum(entry.by == "b" for entry in ledger.entries()) == 25


def test_it_is_durable_and_can_be_read_while_written(tmp_path: Path) -> None:
    ledger = on_disk(tmp_path)
    db = ledger._db()
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_the_database_itself_refuses_changes(tmp_path: Path) -> None:
    on_disk(tmp_path).append("fit", {}, by="ann")
    with sqlite3.connect(tmp_path / "ledger.db") as db:
        for change in ("UPDATE entry SET by = 'eve'", "DELETE FROM entry"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                db.execute(change)


def forge(folder: Path, *statements: str) -> None:
    """Change the file as somebody would who can write it."""
    with sqlite3.connect(folder / "ledger.db") as db:
        db.execute("DROP TRIGGER entry_never_changes")
        db.execute("DROP TRIGGER entry_never_goes")
        for statement in statements:
            db.execute(statement)
    db.close()


EDIT = ["UPDATE entry SET body = '{\"n\":9}' WHERE number = 2"]
BREAK = ["UPDATE entry SET body = 'not json' WHERE number = 2"]
NAN = ["UPDATE entry SET body = '{\"n\":NaN}' WHERE number = 2"]
HALF = ['UPDATE entry SET body = \'{"n":"\\ud800"}\' WHERE number = 2']
SPELLED = ["UPDATE entry SET body = '{\"n\": 1}' WHERE number = 2"]
TIME = ["UPDATE entry SET at = '2020-01-01T00:00:00.000Z' WHERE number = 3"]
NAME = ["UPDATE entry SET by = 'eve' WHERE number = 1"]
CUT_MIDDLE = ["DELETE FROM entry WHERE number = 2"]
CUT_FIRST = ["DELETE FROM entry WHERE number = 1"]
CUT_END = ["DELETE FROM entry WHERE number = 4"]
CUT_ALL = ["DELETE FROM entry"]
SWAP = [
    "UPDATE entry SET number = 99 WHERE number = 2",
    "UPDATE entry SET number = 2 WHERE number = 3",
    "UPDATE entry SET number = 3 WHERE number = 99",
]


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (EDIT, "entry 2 was altered"),
        (BREAK, "entry 2 was altered"),
        (TIME, "entry 3 was altered"),
        (NAME, "entry 1 was altered"),
        (CUT_MIDDLE, "entry 2 is missing"),
        (CUT_FIRST, "entry 1 is missing"),
        (CUT_END, "entry 4 is missing"),
        (CUT_ALL, "entries 1 to 4 are missing: the ledger was cut after entry 0"),
        (SWAP, "entry 2 was moved: it was written as entry 3"),
        (NAN, "entry 2 was altered"),
        (HALF, "entry 2 was altered"),
        (SPELLED, "entry 2 was altered"),
    ],
)
def test_tampering_is_found(tmp_path: Path, statements: list[str], told: str) -> None:
    ledger = on_disk(tmp_path)
    for n in range(4):
        ledger.append("fact", {"n": n}, by="ann")
    assert ledger.verify() == 4
    forge(tmp_path, *statements)
    with pytest.raises(StoreError, match=told):
        on_disk(tmp_path).verify()


def test_an_entry_with_a_right_hash_and_no_seal_is_forged(tmp_path: Path) -> None:
    ledger = on_disk(tmp_path)
    for n in range(3):
        ledger.append("fact", {"n": n}, by="ann")
    forged = sealed(replace(ledger.entries()[1], by="eve"))
    forge(tmp_path, f"UPDATE entry SET by = 'eve', hash = '{forged.hash}' WHERE number = 2")
    with pytest.raises(StoreError, match="entry 2 was forged"):
        on_disk(tmp_path).verify()


def added(folder: Path, entry: Entry) -> None:
    """Put an entry behind the last one, by hand."""
    with sqlite3.connect(folder / "ledger.db") as db:
        row = (entry.number, entry.kind, entry.at, entry.by, entry.key, canonical(entry.body), entry.previous)
        db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, entry.hash, "0" * 64))
    db.close()


def test_an_entry_put_behind_the_last_is_neither_read_nor_built_upon(tmp_path: Path) -> None:
    ledger = on_disk(tmp_path)
    last = ledger.append("fact", {"n": 1}, by="ann")
    body = {"id": "eve", "name": "eve", "scopes": ["admin"], "hash": "0" * 64}
    added(tmp_path, sealed(Entry(2, "token", last.at, "ann", None, body, last.hash, "")))
    for act in (lambda: ledger.entries(after=1), lambda: ledger.append("fact", {}, by="ann"), ledger.verify):
        with pytest.raises(LedgerBroken, match="entry 2 was forged") as found:
            act()
        assert (found.value.entry, found.value.fault) == (2, "forged")


def test_nothing_is_written_behind_a_cut(tmp_path: Path) -> None:
    ledger = on_disk(tmp_path)
    for n in range(4):
        ledger.append("fact", {"n": n}, by="ann")
    forge(tmp_path, "DELETE FROM entry WHERE number > 2")
    for writer in (ledger, on_disk(tmp_path)):
        with pytest.raises(LedgerBroken, match="entries 3 to 4 are missing: the ledger was cut after entry 2"):
            writer.append("fact", {}, by="ann")
    drop_head(tmp_path)
    with pytest.raises(LedgerBroken, match="head is missing"):
        on_disk(tmp_path).append("fact", {}, by="ann")
    with pytest.raises(LedgerBroken, match="cut after entry 2"):
        ledger.verify()


def test_an_entry_that_is_used_again_is_checked(tmp_path: Path) -> None:
    ledger = on_disk(tmp_path)
    ledger.append("job", {"job": "a"}, by="ann", key="k")
    forge(tmp_path, 'UPDATE entry SET body = \'{"job":"b"}\'')
    with pytest.raises(LedgerBroken, match="entry 1 was altered"):
        ledger.append("job", {"job": "c"}, by="ann", key="k")


def test_an_old_copy_of_everything_is_found_by_who_has_seen_more(tmp_path: Path) -> None:
    ledger = on_disk(tmp_path)
    ledger.append("fact", {"n": 1}, by="ann")
    old_head = (tmp_path / "ledger.db.head").read_bytes()
    last = ledger.append("fact", {"n": 2}, by="ann")
    kept = Head(last.number, last.hash)
    forge(tmp_path, "DELETE FROM entry WHERE number = 2")
    (tmp_path / "ledger.db.head").write_bytes(old_head)
    assert on_disk(tmp_path).verify() == 1, "by itself it is whole"
    with pytest.raises(LedgerBroken, match="cut after entry 1"):
        ledger.verify()
    with pytest.raises(LedgerBroken, match="cut after entry 1"):
        on_disk(tmp_path).verify([kept])
    on_disk(tmp_path).append("fact", {"n": "another"}, by="ann")
    for checker, heads in ((ledger, []), (on_disk(tmp_path), [kept])):
        with pytest.raises(LedgerBroken, match="was rewritten|were rewritten"):
            checker.verify(heads)
    with pytest.raises(LedgerBroken, match="entry 2 was rewritten"):
        ledger.entries(after=2)


def test_kept_heads_tell_where_it_was_rewritten(ledger: Ledger) -> None:
    heads = [Head(entry.number, entry.hash) for entry in [ledger.append("f", {"n": n}, by="ann") for n in range(6)]]
    assert ledger.verify(heads) == 6
    wrong = Head(5, "1" * 64)
    with pytest.raises(LedgerBroken, match="entries 3 to 5, or all, were rewritten") as found:
        ledger.verify([heads[1], wrong])
    assert (found.value.entry, found.value.fault) == (3, "rewritten")
    with pytest.raises(LedgerBroken, match="entry 5 was rewritten"):
        ledger.verify([heads[3], heads[4], wrong])
    with pytest.raises(LedgerBroken, match="entries 7 to 9 are missing") as found:
        ledger.verify([heads[5], Head(9, "1" * 64)])
    assert (found.value.entry, found.value.fault) == (7, "cut")


def test_the_ends_are_the_first_and_the_last(ledger: Ledger) -> None:
    assert ledger.ends() is None
    first = ledger.append("fact", {"n": 1}, by="ann")
    assert ledger.ends() == (first, first)
    last = ledger.append("fact", {"n": 2}, by="ann")
    assert ledger.ends() == (first, last)


def test_who_writes_meanwhile_does_not_look_like_a_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, other = on_disk(tmp_path), on_disk(tmp_path)
    ledger.append("fact", {"n": 1}, by="ann")
    read = SqliteLedger._read_head

    def slow(self: SqliteLedger) -> Head | None:
        if self is ledger:
            other.append("fact", {"n": 2}, by="bob")
        found = read(self)
        if self is ledger:
            other.append("fact", {"n": 3}, by="bob")
        return found

    monkeypatch.setattr(SqliteLedger, "_read_head", slow)
    assert ledger.verify() == 3


def test_reading_only_what_is_new_finds_an_altered_entry_too(tmp_path: Path) -> None:
    ledger = on_disk(tmp_path)
    for n in range(3):
        ledger.append("fact", {"n": n}, by="ann")
    forge(tmp_path, "UPDATE entry SET by = 'eve' WHERE number = 3")
    with pytest.raises(StoreError, match="entry 3 was altered"):
        ledger.entries(after=2)
    forge_again = ["DELETE FROM entry WHERE number >= 2"]
    with sqlite3.connect(tmp_path / "ledger.db") as db:
        db.execute(forge_again[0])
    with pytest.raises(StoreError, match="entry 2 is missing"):
        ledger.entries(after=2)


def rewrite_all(folder: Path) -> None:
    """A forger who knows the format writes a whole new chain."""
    (folder / "new").mkdir()
    other = on_disk(folder / "new")
    for n in range(4):
        other.append("fact", {"n": n}, by="eve")
    attach = f"ATTACH '{folder}/new/ledger.db' AS other"
    forge(folder, "DELETE FROM entry", "COMMIT", attach, "INSERT INTO entry SELECT * FROM other.entry")


def drop_head(folder: Path) -> None:
    (folder / "ledger.db.head").unlink()


def forge_head(folder: Path) -> None:
    path = folder / "ledger.db.head"
    path.write_text(path.read_text().replace("4 ", "2 ", 1))


def garble_head(folder: Path) -> None:
    path = folder / "ledger.db.head"
    path.write_bytes(path.read_bytes()[:-9] + b"\xff\xfe\n")


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (rewrite_all, "rewritten"),
        (drop_head, "head is missing"),
        (forge_head, "head was altered"),
        (garble_head, "head was altered"),
    ],
)
def test_the_signed_head_is_needed(tmp_path: Path, tamper: Callable[[Path], None], told: str) -> None:
    ledger = on_disk(tmp_path)
    for n in range(4):
        ledger.append("fact", {"n": n}, by="ann")
    tamper(tmp_path)
    with pytest.raises(StoreError, match=told):
        on_disk(tmp_path).verify()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"x" * 8192)
    with pytest.raises(StoreError, match="cannot be used"):
        on_disk(tmp_path)


def test_an_old_head_is_told_unless_a_crash_may_have_left_it(tmp_path: Path) -> None:
    ledger = on_disk(tmp_path)
    notes = []
    for n in range(3):
        ledger.append("fact", {"n": n}, by="ann")
        notes.append((tmp_path / "ledger.db.head").read_bytes())
    (tmp_path / "ledger.db.head").write_bytes(notes[1])
    assert on_disk(tmp_path).verify() == 3
    (tmp_path / "ledger.db.head").write_bytes(notes[0])
    with pytest.raises(LedgerBroken, match="head is an old one: it names entry 1, and there are 3"):
        on_disk(tmp_path).verify()


def test_an_index_that_hides_a_used_key_is_found(tmp_path: Path) -> None:
    ledger = on_disk(tmp_path)
    ledger.append("job", {"job": "a"}, by="ann", key="the key")
    ledger._db().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger._db().close()
    path = tmp_path / "ledger.db"
    content = bytearray(path.read_bytes())
    of_index = [page for page in range(4096, len(content), 4096) if content[page] == 0x0A]
    (place,) = [found for page in of_index if (found := content.find(b"the key", page, page + 4096)) > 0]
    content[place : place + 7] = b"another"
    path.write_bytes(content)
    assert [entry.key for entry in on_disk(tmp_path).entries()] == ["the key"], "the entries are whole"
    with pytest.raises(LedgerBroken, match="file is damaged") as found:
        on_disk(tmp_path).verify()
    assert (found.value.entry, found.value.fault) == (0, "damaged")


def test_a_ledger_without_seals_is_told(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ledger.db") as db:
        db.execute("CREATE TABLE entry (number INTEGER PRIMARY KEY, hash TEXT)")
    db.close()
    with pytest.raises(StoreError, match="bears no seals: an earlier version made it"):
        on_disk(tmp_path)
