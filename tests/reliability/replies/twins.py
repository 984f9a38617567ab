"""The guards of this part, each taken out once."""

from tests.reliability.twin import Twin

KIT = "splunk_app/bin/aiscore_kit"
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
        'if headers.get("AIScore-Request-Id") != self.request_id:',
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
)
