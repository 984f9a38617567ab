"""The guards of this part, each taken out once."""

from tests.reliability.twin import Twin

HOSTILE = "tests/sidecar/test_hostile.py"
TWINS: tuple[Twin, ...] = (
    Twin(
        "rows without a limit",
        "sidecar/wire.py",
        '    _within(records - 1, most, "the body", "rows", "send fewer rows at a time")\n',
        "",
        f"{HOSTILE}::test_a_table_has_limits",
    ),
    Twin(
        "columns without a limit",
        "sidecar/wire.py",
        '_within(len(names), limits.columns, "the header"',
        '_within(0, limits.columns, "the header"',
        f"{HOSTILE}::test_a_table_has_limits",
    ),
    Twin(
        "cells without a limit",
        "sidecar/wire.py",
        "                size or 0,",
        "                0,",
        f"{HOSTILE}::test_a_table_has_limits",
    ),
    Twin(
        "a body without a limit",
        "sidecar/app.py",
        '    app.config["MAX_CONTENT_LENGTH"] = settings.limits.body_bytes\n',
        "",
        f"{HOSTILE}::test_the_application_itself_limits_bodies",
    ),
    Twin(
        "short records are filled up",
        "sidecar/wire.py",
        '    _within(max(records * (width - 1) - written, 0), ABSENT_CELLS, "the body", "absent cells", mend)\n',
        "",
        f"{HOSTILE}::test_few_bytes_do_not_become_a_large_table",
    ),
    Twin(
        "nested JSON is not expected",
        "sidecar/wire.py",
        "    except (ValueError, RecursionError):\n",
        "    except ValueError:\n",
        f"{HOSTILE}::test_json_that_is_no_table_is_refused",
    ),
    Twin(
        "errors tell their text",
        "sidecar/api/problems.py",
        'return Problem("internal", "internal error"',
        'return Problem("internal", str(failure)',
        f"{HOSTILE}::test_a_fault_tells_its_place_only",
    ),
    Twin(
        "the log tells what failed",
        "sidecar/journal.py",
        '{**facts, "kind"',
        '{**facts, "said": str(failure), "kind"',
        f"{HOSTILE}::test_a_fault_tells_its_place_only",
    ),
    Twin(
        "the log tells of events",
        "sidecar/api/ask.py",
        "    g.rows = table.height\n",
        "    g.rows = table.height\n    g.user += str(table.rows())\n",
        f"{HOSTILE}::test_no_event_is_told_in_the_log",
    ),
    Twin(
        "numbers of any length are read",
        "sidecar/tasks/score.py",
        " and len(value) <= 9",
        "",
        f"{HOSTILE}::test_what_is_too_much_is_refused_at_once",
    ),
    Twin(
        "a digest is compared as text",
        "sidecar/api/ask.py",
        "hmac.compare_digest(given.lower().encode(), digest(body).encode())",
        "hmac.compare_digest(given.lower(), digest(body))",
        f"{HOSTILE}::test_what_is_too_much_is_refused_at_once",
    ),
    Twin(
        "a carry is unpickled",
        "sidecar/wire.py",
        "    if len(carry) > 4096:\n",
        '    if carry.endswith(b"R."):\n        __import__("pickle").loads(carry)\n    if len(carry) > 4096:\n',
        "tests/reliability/fuzz/test_watched.py::test_nothing_is_run_that_comes_from_outside",
    ),
)
