"""Input that was made to do harm: refused with its reason, at once."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sidecar import verbs
from sidecar.app import create_app
from sidecar.errors import CallerError
from sidecar.settings import Settings
from sidecar.wire import ABSENT_CELLS, HEADER_LETTERS, JSON_BYTES, Limits, read_csv, read_json
from tests.sidecar.conftest import SECRET, Api, code_of, events

CHUNK = events(1, 3)
DIGITS = "9" * 5000
LIMITS = Limits()


@pytest.fixture
def bare(tmp_path: Path) -> Api:
    """The application over an empty home, for bodies of 1 MB."""
    return Api(create_app(Settings(home=tmp_path / "home", ticket_secret=SECRET, max_body_mb=1)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limits", "body"),
    [
        (Limits(rows=2), b"user\na\nb\nc\n"),
        (Limits(columns=1), b"user,dest\na,b\n"),
        (Limits(field_bytes=4), b"user\nalice\n"),
        (Limits(body_bytes=4), b"user\na\n"),
    ],
)
def test_a_table_has_limits(limits: Limits, body: bytes) -> None:
    assert refused(read_csv, body, limits) == "too_large"


def refused(read: Any, body: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(CallerError) as failure:
        read(body, limits)
    assert failure.value.field and failure.value.mend
    return failure.value.code


def header(columns: int) -> bytes:
    return b",".join(b"c%d" % number for number in range(columns)) + b"\n"


@pytest.mark.parametrize("record", [b"1\n", b'"\n"\n'])
def test_few_bytes_do_not_become_a_large_table(record: bytes) -> None:
    rows = ABSENT_CELLS // 9_999 + 1
    assert refused(read_csv, header(10_000) + record * rows) == "too_large"
    assert read_csv(header(1000) + record * rows, LIMITS).height == rows


def test_lines_inside_a_cell_are_no_records() -> None:
    lines = b'"' + b"\n" * 60_000 + b'"\n'
    assert read_csv(header(1000) + lines, LIMITS).height == 1


def test_rows_beyond_the_limit_are_not_read() -> None:
    began = time.perf_counter()
    assert refused(read_csv, b"user\n" + b"1\n" * 20_000_000) == "too_large"
    assert time.perf_counter() - began < 10


def test_a_header_has_an_end() -> None:
    assert refused(read_csv, b"a" * (HEADER_LETTERS + 1)) == "too_large"
    assert refused(read_csv, b'"' + b"a\n" * HEADER_LETTERS) in ("bad_body", "too_large")
    assert refused(read_csv, b"," * (HEADER_LETTERS + 1)) == "too_large"


@pytest.mark.parametrize(
    "body",
    [
        '{"columns": {"user": "abc"}}',
        '{"columns": {"user": {"a": 1}}}',
        '{"columns": {"user": [{}]}}',
        '{"columns": {}}',
        '{"columns": {"": ["a"]}}',
        '{"columns": {"user": ["a"]}, "rows": 1}',
        '{"columns": {"user": ["\\ud800"]}}',
        '{"columns": {"\\ud800": ["a"]}}',
        '{"columns": {"user": [' + DIGITS + "]}}",
        '{"columns": {"user": [' + "[" * 3000 + "]" * 3000 + "]}}",
        "[" * 100_000,
    ],
)
def test_json_that_is_no_table_is_refused(body: str) -> None:
    assert refused(read_json, body.encode()) == "bad_body"


def test_json_has_its_own_limits() -> None:
    assert refused(read_json, b'{"columns": {"user": []}}' + b" " * JSON_BYTES) == "too_large"
    assert refused(read_json, json.dumps({"columns": {"a": ["1"] * 11}}).encode(), Limits(rows=10)) == "too_large"
    assert refused(read_json, json.dumps({"columns": {"a": [], "b": []}}).encode(), Limits(columns=1)) == "too_large"


@pytest.mark.parametrize(
    ("url", "headers", "expected"),
    [
        (f"/v1/score?model=ait&explain={DIGITS}", {}, (400, "bad_option")),
        ("/v1/fit?model=x&time=", {}, (400, "bad_option")),
        ("/v1/score?model=ait&=", {}, (400, "bad_option")),
        ("/v1/score?model=ait", {"AIScore_Digest": "\xe9"}, (400, "bad_digest")),
        ("/v1/score?model=ait", {"AIScore_Digest": ""}, (400, "bad_digest")),
        ("//v1//score?model=ait", {}, (404, "no_route")),
        ("/v1/fit?model=x&session=s/1&parts=999999999", {}, (409, "missing_part")),
        (f"/v1/fit?model=x&session=s/1&parts={DIGITS}", {}, (400, "bad_option")),
        ("/v1/score?model=ait", {"Host": "x" * 3000}, (400, "bad_request")),
    ],
)
def test_what_is_too_much_is_refused_at_once(
    bare: Api, url: str, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    began = time.perf_counter()
    reply = bare.post(url, CHUNK, **headers)
    assert time.perf_counter() - began < 5
    assert code_of(reply) == expected
    assert reply.get_json()["field"] and reply.get_json()["mend"]


def test_the_application_itself_limits_bodies(bare: Api) -> None:
    reply = bare.post("/v1/score?model=ait", b"a" * (2**20 + 1))
    assert code_of(reply) == (413, "too_large") and reply.get_json()["detail"] == "the body is above what it may have"


@pytest.mark.parametrize("number", [DIGITS, "1000000000", "-1", "\u0661"])
def test_a_part_has_a_number(bare: Api, number: str) -> None:
    assert code_of(bare.put(f"/v1/fit/s/1/{number}", CHUNK)) == (404, "no_route")


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "DELETE", "PATCH"])
def test_another_method_is_told_which_one(bare: Api, method: str) -> None:
    reply = bare.send(method, "/v1/score")
    assert code_of(reply) == (405, "no_route")
    assert reply.headers["Allow"] == "POST"


def test_the_document_names_every_status_of_a_route(bare: Api) -> None:
    paths = bare.get("/openapi.json").get_json()["paths"]
    for operations in paths.values():
        for operation in operations.values():
            assert "default" not in operation["responses"] and "500" in operation["responses"]
    assert {"200", "400", "401", "403", "404", "413", "415", "422", "429"} <= set(
        paths["/v1/score"]["post"]["responses"]
    )


def logged(caplog: pytest.LogCaptureFixture) -> str:
    return "".join(f"{record.getMessage()} {getattr(record, 'facts', '')}" for record in caplog.records)


def test_no_event_is_told_in_the_log(bare: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "aiscore")
    assert code_of(bare.post("/v1/score?model=ait", b"user\nS3CRET\n")) == (404, "no_model")
    assert "'rows': 1" in logged(caplog) and "S3CRET" not in logged(caplog)


def test_a_fault_tells_its_place_only(
    bare: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("S3CRET")

    monkeypatch.setitem(verbs.VERBS, "score", replace(verbs.VERBS["score"], run=fail))
    reply = bare.post("/v1/score?model=ait", CHUNK)
    assert code_of(reply) == (500, "internal") and b"S3CRET" not in reply.data
    assert "KeyError" in logged(caplog) and "S3CRET" not in logged(caplog)
