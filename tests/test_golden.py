"""The golden exchanges from the command's side: it takes the sidecar's answers as they are written down.

tests/sidecar/test_golden.py holds the sidecar to the same files.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "splunk_app" / "bin"))

from aiscore_kit import outputs  # noqa: E402
from aiscore_kit.failure import Failure  # noqa: E402
from aiscore_kit.reply import ReplyReader  # noqa: E402
from aiscore_kit.rows import Rows  # noqa: E402
from aiscore_kit.splice import splice  # noqa: E402

GOLDEN = Path(__file__).with_name("golden")
MODEL = f"ait@{'a' * 12}/{'b' * 12}"


def bodies(name: str) -> tuple[bytes, bytes]:
    """The bodies of a request and its answer, the masked hashes filled in again."""
    request, _, answer = (GOLDEN / name).read_text(encoding="utf-8").partition("\n---\n")
    told = answer.partition("\n\n")[2].replace("ait@<12>/<12>", MODEL)
    return request.partition("\n\n")[2].encode(), told.encode()


def test_the_answer_goes_behind_the_untouched_rows() -> None:
    request, answer = bodies("score/rows.http")
    rows = Rows(request)
    suffixes = ReplyReader("ai_").suffixes(answer, len(rows), MODEL)
    wanted = [rows.header + b"," + ",".join(outputs.names()).encode()]
    wanted += [record + b"," + suffix for record, suffix in zip(rows.records, suffixes, strict=True)]
    assert splice(rows, outputs.names(), suffixes) == b"\n".join(wanted) + b"\n"


def test_an_answer_for_other_rows_is_refused() -> None:
    request, answer = bodies("score/rows.http")
    lines = answer.splitlines(keepends=True)
    wrong = (lines[:-1], [*lines, lines[-1]], [lines[0], *reversed(lines[1:])])
    for cut in wrong:
        with pytest.raises(Failure, match="bad_response"):
            ReplyReader("ai_").suffixes(b"".join(cut), len(Rows(request)), MODEL)


def test_a_row_without_a_score_has_the_id_that_the_sidecar_would_give() -> None:
    request, answer = bodies("score/rows.http")
    contract = bodies("models/contract.http")[1].decode().splitlines()
    ids = [line.split(",")[1] for line in contract if line.endswith(",id")]
    given = re.findall(r",([0-9a-f]{32}),", answer.decode())
    assert ids and list(outputs.event_ids(Rows(request), ids)) == given
