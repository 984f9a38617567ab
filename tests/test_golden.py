"""Golden requests and replies: both sides of the wire hold to the same bytes."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.make_golden import GOLDEN, REQUESTS, application, ask, mask
from tests.sidecar.conftest import Api

sys.path.insert(0, str(Path(__file__).parents[1] / "splunk_app" / "bin"))

TOLERANCE = 2e-3
"""Scores may differ in the last digits between processors, and contributions with them."""


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with application() as found:
        yield found


def numbers_apart(text: str) -> tuple[str, list[float]]:
    """The text with every decimal number taken out, and those numbers."""
    pattern = re.compile(r"[+-]?\d+\.\d+")
    return pattern.sub("#", text), [float(found) for found in pattern.findall(text)]


@pytest.mark.parametrize("verb", REQUESTS)
def test_the_sidecar_answers_as_written_down(api: Api, verb: str) -> None:
    wanted = (GOLDEN / verb / "reply.csv").read_bytes().decode()
    found = ask(api, verb).body
    if verb == "fit":  # a job may have gone further by now
        wanted, found = (re.sub(r"queued|running|done", "<state>", text) for text in (wanted, found))
    (shape, values), (wanted_shape, wanted_values) = numbers_apart(found), numbers_apart(wanted)
    assert shape == wanted_shape
    assert values == pytest.approx(wanted_values, abs=TOLERANCE)


def test_the_command_takes_the_golden_reply_and_puts_it_behind_each_row() -> None:
    from aiscore_kit import outputs
    from aiscore_kit.reply import ReplyReader
    from aiscore_kit.rows import Rows
    from aiscore_kit.splice import splice

    model = f"logon@{'a' * 12}/{'b' * 12}"
    request = (GOLDEN / "score" / "score.csv").read_bytes()
    reply = (GOLDEN / "score" / "reply.csv").read_bytes().replace(b"logon@<masked>", model.encode())
    rows = Rows(request)
    suffixes = ReplyReader("ai_").suffixes(reply, len(rows), model)
    lines = splice(rows, outputs.names(), suffixes)
    assert lines.startswith(b"_time,user,dest,bytes,_raw,ai_score,")
    for record, suffix in zip(rows.records, suffixes, strict=True):
        assert record + b"," + suffix + b"\n" in lines


def test_the_command_gives_unscored_rows_the_id_that_the_sidecar_gives() -> None:
    from aiscore_kit import outputs
    from aiscore_kit.rows import Rows

    contract = (GOLDEN / "models" / "reply.csv").read_text().splitlines()
    ids = [line.split(",")[1] for line in contract if line.endswith(",id")]
    rows = Rows((GOLDEN / "score" / "score.csv").read_bytes())
    given = re.findall(r",([0-9a-f]{32}),", (GOLDEN / "score" / "reply.csv").read_text())
    assert list(outputs.event_ids(rows, ids)) == given


def test_masking_hides_nothing_but_hashes_and_job_ids() -> None:
    assert mask("0.123456,logon@0123456789ab/0123456789ab,x") == "0.123456,logon@<masked>,x"
    assert mask(f"ordinal\n0,{'a' * 16},m") == "ordinal\n0,<masked>,m"
