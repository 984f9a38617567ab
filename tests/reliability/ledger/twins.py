"""The guards of this part, each taken out once."""

from tests.reliability.twin import Twin

CHAIN = "sidecar/store/chain.py"
SQLITE = "sidecar/store/sqlite.py"
LEDGER = "tests/sidecar/test_ledger.py::"
FOUND = "tests/reliability/ledger/test_tampering.py::test_it_is_found_and_named"

TWINS: tuple[Twin, ...] = (
    Twin("body left out of the hash", CHAIN, '        "body": dict(entry.body),\n', "", f"{FOUND}[edit body]"),
    Twin("by left out of the hash", CHAIN, '        "by": entry.by,\n', "", f"{FOUND}[edit by]"),
    Twin("number gap unchecked", CHAIN, "entry.number != number + 1:", "entry.number <= number:", f"{FOUND}[delete]"),
    Twin("previous unchecked", CHAIN, "if entry.previous != previous:", "if False:", f"{FOUND}[mix copies]"),
    Twin("seal unchecked", CHAIN, "if not seal_holds:", "if False:", f"{FOUND}[append]"),
    Twin("ledger may be shorter than its head", CHAIN, "if most > number:", "if False:", f"{FOUND}[cut tail]"),
    Twin("heads not compared", CHAIN, "known[number] != {entry.hash}:", "False:", f"{FOUND}[rewrite with key]"),
    Twin("kept heads left aside", SQLITE, "[seen, noted, *kept]", "[seen, noted]", f"{FOUND}[old copy]"),
    Twin(
        "head signature unchecked",
        SQLITE,
        'if not hmac.compare_digest(signature, self._sign(b"head", number + b" " + last_hash).encode()):',
        "if not signature:",
        f"{FOUND}[head of a stranger]",
    ),
    Twin("body in any spelling", SQLITE, "if canonical(found) == body:", "if True:", f"{FOUND}[spelled otherwise]"),
    Twin(
        "an old head note allowed",
        SQLITE,
        "if head.number < count - 1:",
        "if False:",
        f"{LEDGER}test_an_old_head_is_told_unless_a_crash_may_have_left_it",
    ),
    Twin(
        "written behind a cut",
        SQLITE,
        "for mark in marks:",
        "for mark in list[Head]():",
        f"{LEDGER}test_nothing_is_written_behind_a_cut",
    ),
    Twin(
        "a used entry unchecked",
        SQLITE,
        "return _alone(known[0])",
        "return known[0][0]",
        f"{LEDGER}test_an_entry_that_is_used_again_is_checked",
    ),
    Twin(
        "index unchecked",
        SQLITE,
        'if said != "ok":',
        "if False:",
        f"{LEDGER}test_an_index_that_hides_a_used_key_is_found",
    ),
    Twin(
        "no row without an answer",
        "splunk_app/bin/aiscore_kit/audit.py",
        'if self.action != "verify":',
        "if True:",
        "tests/reliability/ledger/test_kept_heads.py::test_a_service_that_gives_no_answer_is_a_row_too",
    ),
)
