"""Golden exchanges of every verb: what the wire looks like, byte by byte where it must be.

tests/golden/<verb>/<case>.http holds a request, a line `---`, and the answer. Versions, job ids, hashes and
times are written as `<12>`, `<16>`, `<64>` and `<time>`, a job's state as `<state>`, the carry as `<carry>`; numbers
may differ by TOLERANCE, since processors round differently. After a wanted change: AISCORE_GOLDEN=write python
-m pytest tests/sidecar/test_golden.py, then read the difference.
"""

import os
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from werkzeug.test import TestResponse

from sidecar.verbs import VERBS
from tests.sidecar.conftest import Api

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = sorted(GOLDEN.glob("*/*.http"))
TOLERANCE = 0.05
SHOWN = ("Content-Type", "AIScore-Request-Id", "AIScore-Digest", "AIScore-Model", "AIScore-Carry", "Retry-After")
MASKS = {
    r"\b[0-9a-f]{12}\b": "<12>",
    r"\b[0-9a-f]{16}\b": "<16>",
    r",[0-9a-f]{64}\b": ",<64>",
    r"\d{4}-\d\d-\d\dT[\d:.]+Z": "<time>",
    r"(?m)^(0,<16>,\w+),\w+,": r"\1,<state>,",
    r"(?m)^(AIScore-Carry: ).+$": r"\1<carry>",
}
NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d+(?![\w.])")


class Exchange(NamedTuple):
    """One file."""

    request: str
    answer: str


def read(path: Path) -> Exchange:
    request, _, answer = path.read_text(encoding="utf-8").partition("\n---\n")
    return Exchange(request, answer)


def asked(api: Api, request: str) -> TestResponse:
    head, _, body = request.partition("\n\n")
    first, *lines = head.splitlines()
    method, url = first.split(" ", 1)
    headers = {name.replace("-", "_"): value for name, value in (line.split(": ", 1) for line in lines)}
    scopes = headers.pop("Scopes", "score,fit,admin")
    api.scopes = tuple(scopes.split(","))
    return api.send(method, url, body.encode(), **headers)


def written(reply: TestResponse) -> str:
    head = [str(reply.status_code), *(f"{name}: {reply.headers[name]}" for name in SHOWN if name in reply.headers)]
    text = "\n".join(head) + "\n\n" + reply.get_data(as_text=True)
    for pattern, mask in MASKS.items():
        text = re.sub(pattern, mask, text)
    return text


def assert_alike(found: str, golden: str) -> None:
    assert NUMBER.sub("<n>", found) == NUMBER.sub("<n>", golden)
    pairs = zip(NUMBER.findall(found), NUMBER.findall(golden), strict=True)
    assert all(abs(float(one) - float(other)) <= TOLERANCE for one, other in pairs), found


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_wire_is_as_written_down(api: Api, path: Path) -> None:
    exchange = read(path)
    found = written(asked(api, exchange.request))
    if os.environ.get("AISCORE_GOLDEN") == "write":
        path.write_text(f"{exchange.request}\n---\n{found}", encoding="utf-8")
    assert_alike(found, read(path).answer)


def test_every_verb_has_an_answer_and_a_refusal() -> None:
    for verb in VERBS:
        statuses = {read(path).answer[:1] for path in CASES if path.parent.name == verb}
        assert {"2", "4"} <= statuses, verb


@pytest.mark.parametrize(
    ("found", "golden"),
    [("0,0.5,low", "0,0.6,low"), ("0,0.5,low", "0,0.5,high"), ("a,b", "b,a"), ("0.5", "0.5,0.5"), ("1", "2")],
)
def test_a_difference_is_seen(found: str, golden: str) -> None:
    with pytest.raises(AssertionError):
        assert_alike(found, golden)
