"""The guards of this part, each taken out once."""

from tests.reliability.twin import Twin

KIT = "splunk_app/bin/aiscore_kit"
SUPPLY = "tests/test_supply_chain.py"
CODEC = "tests/reliability/replies/test_codec.py"
REPLIES = "tests/reliability/replies/test_replies.py::test_a_few_of_every_sort"
TWINS: tuple[Twin, ...] = (
    Twin("row ids unchecked", f"{KIT}/reply.py", "if not self._is_all(body, found):", "if False:", REPLIES),
    Twin("row count unchecked", f"{KIT}/reply.py", "if len(found) != count:", "if len(found) < count:", REPLIES),
    Twin(
        "model of a row unchecked",
        f"{KIT}/reply.py",
        'b",".join((*measures, model, _EVENT_ID, b"(?:scored|partial)", _WORDS))',
        'b",".join((*measures, _TEXT, _EVENT_ID, b"(?:scored|partial)", _WORDS))',
        REPLIES,
    ),
    Twin(
        "range of a score unchecked",
        f"{KIT}/reply.py",
        '_SHARE = rb"0\\.[0-9]+|0|1(?:\\.0+)?|[1-9](?:\\.[0-9]+)?[eE]-[0-9]+"',
        '_SHARE = rb"[-+.0-9a-zA-Z]+"',
        REPLIES,
    ),
    Twin("left-over bytes allowed", f"{KIT}/reply.py", "return at == len(body)", "return True", REPLIES),
    Twin(
        "columns of a reply unchecked", f"{KIT}/reply.py", "if not body.startswith(self.header):", "if False:", REPLIES
    ),
    Twin(
        "request digest unchecked",
        f"{KIT}/client.py",
        'if headers.get("AIScore-Digest") != digest:',
        "if False:",
        REPLIES,
    ),
    Twin(
        "request id unchecked",
        f"{KIT}/client.py",
        'if headers.get("AIScore-Request-Id") != request_id:',
        "if False:",
        REPLIES,
    ),
    Twin(
        "reply digest unchecked",
        f"{KIT}/client.py",
        'if headers.get("Content-Digest") != _content_digest(body):',
        "if False:",
        REPLIES,
    ),
    Twin(
        "NUL kept in the scored copy",
        f"{KIT}/wire.py",
        'return plain.decode("utf-8", "replace").replace("\\0", "\\ufffd").encode("utf-8")',
        'return plain.decode("utf-8", "replace").encode("utf-8")',
        f"{CODEC}::test_an_odd_chunk_leaves_as_it_came_with_its_labels[nul]",
    ),
    Twin(
        "a body with NUL sent as it came",
        f"{KIT}/wire.py",
        '        and b"\\0" not in body\n',
        "",
        f"{CODEC}::test_an_odd_chunk_leaves_as_it_came_with_its_labels[nul]",
    ),
    Twin(
        "a body that is not UTF-8 sent as it came",
        f"{KIT}/wire.py",
        "        and _is_utf8(body)\n",
        "",
        f"{CODEC}::test_any_chunk_is_sent_as_good_csv_row_for_row",
    ),
    Twin(
        "closing quote not added",
        f"{KIT}/cells.py",
        """return cell if _CLOSED.match(cell) else cell + b'"'""",
        "return cell",
        f"{CODEC}::test_an_odd_chunk_leaves_as_it_came_with_its_labels[never closed]",
    ),
    Twin(
        "a kept score overwritten",
        f"{KIT}/splice.py",
        "if row[guard] in _EMPTY:",
        "if True:",
        f"{CODEC}::test_an_odd_chunk_leaves_as_it_came_with_its_labels[scored before]",
    ),
    Twin(
        "long rows cut off",
        f"{KIT}/splice.py",
        "row + came[width:]",
        "row",
        f"{CODEC}::test_any_chunk_leaves_as_it_came_with_its_labels",
    ),
    Twin(
        "a frame cut short taken as whole",
        f"{KIT}/frames.py",
        "if len(data) != size:",
        "if False:",
        f"{CODEC}::test_a_frame_is_whole_or_not_at_all",
    ),
    Twin(
        "a search cut short ended as if complete",
        f"{KIT}/command.py",
        "except frames.Truncated as error:\n            self._record_writer.is_flushed = False\n",
        "except frames.Truncated as error:\n            return\n",
        f"{CODEC}::test_a_chunk_that_is_cut_short_fails_the_search",
    ),
    Twin(
        "a library of the app has another hash",
        "splunk_app/lib-requirements.txt",
        "sha256:a10811591210e1fb0e768a8c25517cabeabcba6f0bf96564f8ff45189f90b14a",
        "sha256:b10811591210e1fb0e768a8c25517cabeabcba6f0bf96564f8ff45189f90b14a",
        f"{SUPPLY}::test_a_library_with_another_hash_is_refused",
    ),
    Twin(
        "setup and lists disagree",
        "setup.py",
        '"requests==2.34.2"',
        '"requests==2.34.1"',
        f"{SUPPLY}::test_setup_names_the_versions_that_are_listed",
    ),
    Twin(
        "libraries told without their hashes",
        "splunk_app/sbom.py",
        "for digest in pin.hashes]",
        "for digest in pin.hashes[:0]]",
        f"{SUPPLY}::test_the_bills_of_materials_are_the_lists",
    ),
)
