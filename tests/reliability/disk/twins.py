"""The guards of this part, each taken out once."""

from tests.reliability.twin import Twin

LEDGER, BLOBS, SESSIONS = "sidecar/store/sqlite.py", "sidecar/store/files.py", "sidecar/store/sessions.py"
DURABLE, KEYS = "sidecar/durable.py", "sidecar/keys.py"
POWER = "tests/reliability/disk/test_power.py::test_nothing_is_lost_at_any_crash_point"
FAULTS = "tests/reliability/disk/test_faults.py"
SWEPT = f"{FAULTS}::test_no_failing_call_is_taken_for_a_success"

FULL = 'db.execute("PRAGMA synchronous = FULL")'
MODE = '(mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()'
INSERT = "(*row, self._seal(entry)))\n"
HEAD_WRITTEN = 'write_whole(self._head_path, signed.encode(), self._head_path.with_suffix(".new"))'
HEAD_FLUSHED = "            flush_folder(self._head_path.parent)\n"
FLUSHED = "            os.fsync(file.fileno())\n"
EACH_FOLDER = "        for folder in sorted(folders):\n            flush_folder(folder)\n"
TOLD = "except (sqlite3.Error, OSError) as failure:"
LOGGED = '            tell("ledger head cannot be noted", reason=failure.strerror)\n'
CHECKPOINT = '    db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()\n'
ROLLBACK = 'db.execute("ROLLBACK")'

TWINS: tuple[Twin, ...] = (
    Twin("synchronous NORMAL", LEDGER, FULL, FULL.replace("FULL", "NORMAL"), f"{POWER}[ledger]"),
    Twin("synchronous OFF", LEDGER, FULL, FULL.replace("FULL", "OFF"), f"{POWER}[ledger]"),
    Twin(
        "journal in memory",
        LEDGER,
        MODE,
        'db.execute("PRAGMA journal_mode = MEMORY").fetchone(); mode = "wal"',
        f"{POWER}[ledger]",
    ),
    Twin(
        "journal mode unchecked",
        LEDGER,
        'if mode != "wal":',
        "if False:",
        f"{FAULTS}::test_a_place_without_a_write_ahead_log_is_refused",
    ),
    Twin(
        "head noted before the commit",
        LEDGER,
        INSERT,
        f"{INSERT}            self._note_head(Head(entry.number, entry.hash))\n",
        f"{POWER}[ledger]",
    ),
    Twin("head written in place", LEDGER, HEAD_WRITTEN, "self._head_path.write_text(signed)", f"{POWER}[ledger]"),
    Twin("head's folder not flushed", LEDGER, HEAD_FLUSHED, "", f"{POWER}[ledger]"),
    Twin("nothing written is flushed", DURABLE, FLUSHED, "", f"{POWER}[home]"),
    Twin(
        "written in place",
        DURABLE,
        "        os.replace(aside, path)\n",
        "        path.write_bytes(content)\n        aside.unlink()\n",
        f"{POWER}[home]",
    ),
    Twin(
        "a made folder not flushed",
        DURABLE,
        "        flush_folder(folder.parent)\n",
        "        pass\n",
        f"{POWER}[home]",
    ),
    Twin("blobs' folders not flushed", BLOBS, EACH_FOLDER, "", f"{POWER}[home]"),
    Twin("a key's folder not flushed", KEYS, "        flush_folder(folder)\n", "", f"{POWER}[home]"),
    Twin("a part's folder not flushed", SESSIONS, "            flush_folder(place)\n", "", f"{POWER}[home]"),
    Twin(
        "a known part not flushed",
        SESSIONS,
        "                part = _same(known[seq], part)\n",
        "                return _same(known[seq], part)\n",
        "tests/sidecar/test_fit_sessions.py::test_a_part_sent_again_is_not_acknowledged_before_it_is_durable",
    ),
    Twin(
        "a half written file stays",
        DURABLE,
        "            aside.unlink()\n",
        "            pass\n",
        "tests/sidecar/test_blobs.py::test_a_crash_while_writing_leaves_no_half_blob",
    ),
    Twin(
        "an error of the disk is no StoreError",
        LEDGER,
        TOLD,
        "except sqlite3.Error as failure:",
        f"{SWEPT}[ledger-once]",
    ),
    Twin(
        "a connection kept after a fault",
        LEDGER,
        "            self._drop()\n",
        "",
        f"{FAULTS}::test_a_connection_that_was_opened_on_a_read_only_disk_is_not_kept",
    ),
    Twin("a found log trusted", LEDGER, CHECKPOINT, "", f"{SWEPT}[ledger-lasting]"),
    Twin(
        "no rollback", LEDGER, ROLLBACK, "pass", f"{FAULTS}::test_what_cannot_be_written_leaves_no_transaction_behind"
    ),
    Twin(
        "a written entry told as refused",
        LEDGER,
        LOGGED,
        "            raise\n",
        f"{FAULTS}::test_the_head_note_lags_by_one_entry_and_no_more",
    ),
    Twin(
        "built on what the head does not cover",
        LEDGER,
        "if self._head().number < number:",
        "if False:",
        f"{FAULTS}::test_the_head_note_lags_by_one_entry_and_no_more",
    ),
    Twin(
        "a part's digest unchecked",
        SESSIONS,
        "if hashlib.sha256(body).hexdigest() != part.digest:",
        "if False:",
        "tests/sidecar/test_fit_sessions.py::test_an_altered_part_is_not_fitted",
    ),
    Twin(
        "a damaged blob read",
        BLOBS,
        "if hashlib.sha256(content).hexdigest() != name:",
        "if False:",
        "tests/sidecar/test_blobs.py::test_an_altered_one_is_refused_and_mended_by_putting_it_again",
    ),
)
