"""`POST /v1/<verb>` over a real model: what goes in, what comes out, what is refused."""

import base64
import csv
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from models.fields import output_names
from models.scoring import EXPLAIN_BATCH
from sidecar import verbs
from sidecar.errors import NotReady, OutsideError
from sidecar.verbs import Verb
from tests.sidecar.conftest import Api, code_of, events

CHUNK = events(1, 20, seed=2)


def rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode())))


def test_every_row_gets_its_fields_in_order(api: Api) -> None:
    reply = api.post("/v1/score?model=ait&explain=3", CHUNK, AIScore_Request_Id="a" * 32)
    found = rows(reply.data)
    assert reply.status_code == 200 and reply.mimetype == "text/csv"
    assert [row["ordinal"] for row in found] == [str(number) for number in range(20)]
    assert tuple(found[0]) == ("ordinal", *output_names())
    assert all(0 <= float(row["ai_score"]) <= 1 and row["ai_status"] == "scored" for row in found)
    assert sum(bool(row["ai_contributions"]) for row in found) == 3
    assert reply.headers["AIScore-Request-Id"] == "a" * 32
    assert reply.headers["AIScore-Model"] == found[0]["ai_model"]


def test_the_card_says_how_scores_are_explained(api: Api) -> None:
    shown = {row["key"]: row["value"] for row in rows(api.post("/v1/models?model=ait&action=show").data)}
    assert shown["explained_by"].startswith("forest: table")


def test_the_same_chunk_gets_the_same_answer_and_nothing_is_written(api: Api) -> None:
    before = api.service.house.ledger.verify()
    first, again = (api.post("/v1/score?model=ait&explain=none", CHUNK) for _ in range(2))
    assert first.data == again.data
    assert first.headers["AIScore-Carry"] == again.headers["AIScore-Carry"]
    assert api.service.house.ledger.verify() == before


def test_the_carry_makes_two_chunks_one_search(api: Api) -> None:
    lines = CHUNK.splitlines(keepends=True)
    whole = rows(api.post("/v1/score?model=ait&explain=none", CHUNK).data)
    first = api.post("/v1/score?model=ait&explain=none", b"".join(lines[:11]))
    carry = first.headers["AIScore-Carry"]
    second = api.post("/v1/score?model=ait&explain=none", lines[0] + b"".join(lines[11:]), AIScore_Carry=carry)
    scores = [row["ai_score"] for row in rows(first.data) + rows(second.data)]
    assert carry and scores == [row["ai_score"] for row in whole]
    alone = api.post("/v1/score?model=ait&explain=none", lines[0] + b"".join(lines[11:]))
    assert [row["ai_score"] for row in rows(alone.data)] != scores[10:]


def test_the_warm_up_travels_with_the_carry(api: Api) -> None:
    lines, url = CHUNK.splitlines(keepends=True), "/v1/score?model=ait&explain=none&warmup_h=24"
    whole = [row["ai_score"] for row in rows(api.post(url, CHUNK).data)]
    first = api.post(url, b"".join(lines[:11]))
    second = api.post(url, lines[0] + b"".join(lines[11:]), AIScore_Carry=first.headers["AIScore-Carry"])
    assert [row["ai_score"] for row in rows(first.data) + rows(second.data)] == whole
    plain = [row["ai_score"] for row in rows(api.post("/v1/score?model=ait&explain=none", CHUNK).data)]
    assert all(low <= high for low, high in zip(whole, plain, strict=True)) and whole != plain


def test_json_columns_get_the_same_scores(api: Api) -> None:
    table = rows(CHUNK)
    columns = {name: [row[name] for row in table] for name in table[0]}
    reply = api.post(
        "/v1/score?model=ait&explain=none", json.dumps({"columns": columns}).encode(), Content_Type="application/json"
    )
    assert reply.data == api.post("/v1/score?model=ait&explain=none", CHUNK).data


def test_another_prefix_names_the_fields(api: Api) -> None:
    reply = api.post("/v1/score?model=ait&explain=none&prefix=net_", CHUNK)
    assert tuple(rows(reply.data)[0])[1:] == output_names("net_")


def test_the_time_for_explanations_is_kept(api: Api) -> None:
    chunk = events(1, 2 * EXPLAIN_BATCH, seed=2)
    spent = rows(api.post("/v1/score?model=ait&explain_engine=library&explain_budget_s=0", chunk).data)
    explained = [row for row in spent if "not_explained" not in row["ai_note"]]
    assert len(explained) == EXPLAIN_BATCH, "the strangest are explained in any case, and no more"


def test_a_chunk_without_rows_is_answered_without_rows(api: Api) -> None:
    reply = api.post("/v1/score?model=ait", b"_time,user,dest,bytes\n")
    assert reply.status_code == 200 and reply.data.count(b"\n") == 1


def test_the_digest_is_checked_and_echoed(api: Api) -> None:
    right = hashlib.sha256(CHUNK).hexdigest()
    reply = api.post("/v1/score?model=ait&explain=none", CHUNK, AIScore_Digest=right)
    assert reply.headers["AIScore-Digest"] == right
    said = base64.b64decode(reply.headers["Content-Digest"].removeprefix("sha-256=:").removesuffix(":"))
    assert said == hashlib.sha256(reply.data).digest()
    wrong = api.post("/v1/score?model=ait&explain=none", CHUNK[:-5], AIScore_Digest=right)
    assert code_of(wrong) == (400, "bad_digest")


@pytest.mark.parametrize(
    ("url", "body", "headers", "expected"),
    [
        ("/v1/score?model=nope", CHUNK, {}, (404, "no_model")),
        ("/v1/nope", CHUNK, {}, (404, "no_verb")),
        ("/v1/score", CHUNK, {}, (400, "bad_option")),
        ("/v1/score?modle=ait", CHUNK, {}, (400, "bad_option")),
        ("/v1/score?model=ait&model=b", CHUNK, {}, (400, "bad_option")),
        ("/v1/score?model=ait&explain=some", CHUNK, {}, (400, "bad_option")),
        ("/v1/score?model=../x", CHUNK, {}, (400, "bad_option")),
        ("/v1/score?model=ait&warmup_h=-1", CHUNK, {}, (400, "bad_option")),
        ("/v1/score?model=ait&warmup_h=nan", CHUNK, {}, (400, "bad_option")),
        ("/v1/score?model=ait&carry=AAAA", CHUNK, {}, (400, "bad_option")),
        ("/v1/score?model=ait", CHUNK, {"AIScore_Carry": "no!"}, (400, "bad_request")),
        ("/v1/score?model=ait", b"", {}, (400, "bad_body")),
        ("/v1/score?model=ait", b"a,b\n1,2,3\n", {}, (400, "bad_body")),
        ("/v1/score?model=ait", b"[]", {"Content_Type": "application/json"}, (400, "bad_body")),
        ("/v1/score?model=ait", CHUNK, {"Content_Type": "text/html"}, (415, "bad_type")),
        ("/v1/score?model=ait", CHUNK, {"Content_Encoding": "gzip"}, (415, "bad_type")),
        ("/v1/models?action=show", b"", {}, (400, "bad_option")),
        ("/v1/models?model=nope", b"", {}, (404, "no_model")),
        ("/v1/models?job=nope", b"", {}, (404, "no_job")),
        ("/v1/models?model=ait&action=promote", b"", {}, (400, "bad_option")),
        ("/v1/models?model=ait&action=promote&version=0123456789ab", b"", {}, (404, "no_version")),
        ("/v1/models?model=ait&action=rollback", b"", {}, (400, "bad_request")),
        ("/v1/models?model=ait&action=dance", b"", {}, (400, "bad_option")),
        ("/v1/fit?entity=user", CHUNK, {}, (400, "bad_option")),
        ("/elsewhere", b"", {}, (404, "no_route")),
    ],
)
def test_what_is_refused_names_code_field_and_mend(
    api: Api, url: str, body: bytes, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    reply = api.post(url, body, **headers)
    assert code_of(reply) == expected
    problem = reply.get_json()
    assert problem["field"] and problem["mend"] and problem["detail"]
    assert problem["status"] == reply.status_code
    assert problem["request_id"] == reply.headers["AIScore-Request-Id"]


def test_the_nearest_option_is_named(api: Api) -> None:
    assert "'model'" in api.post("/v1/score?modle=ait", CHUNK).get_json()["mend"]


def test_a_known_path_with_another_method_is_a_problem_too(api: Api) -> None:
    assert code_of(api.get("/v1/score")) == (405, "no_route")


@pytest.mark.parametrize(
    ("settings", "body"),
    [
        ({"max_body_mb": 1}, b"a\n" + b"x" * 2**20),
        ({"max_rows": 19}, CHUNK),
        ({"max_columns": 3}, CHUNK),
        ({"max_field_kb": 1}, b"a\n" + b"x" * 1025 + b"\n"),
    ],
)
def test_a_body_too_large_is_refused(make_api: Any, settings: dict[str, int], body: bytes) -> None:
    assert code_of(make_api(**settings).post("/v1/score?model=ait", body)) == (413, "too_large")


def test_who_does_not_fit_in_is_told_to_retry(make_api: Any) -> None:
    api = make_api(max_requests=1)
    with api.service.capacity.place():
        refused = api.post("/v1/score?model=ait", CHUNK)
        assert code_of(refused) == (429, "overloaded")
        assert int(refused.headers["Retry-After"]) >= 1
        assert api.get("/healthz").status_code == 200
    assert api.post("/v1/score?model=ait&explain=none", CHUNK).status_code == 200


def test_a_failed_request_gives_its_place_back(make_api: Any) -> None:
    api = make_api(max_requests=1)
    for _ in range(3):
        assert api.post("/v1/score?model=ait", b"").status_code == 400
    assert api.service.capacity.taken == 0


def test_a_request_id_that_is_none_is_replaced(api: Api) -> None:
    reply = api.post("/v1/models", AIScore_Request_Id="x\ty")
    assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["AIScore-Request-Id"])


def spoilt(home: Path) -> None:
    """One letter of every blob is changed."""
    for blob in (home / "blobs").glob("*/*"):
        content = bytearray(blob.read_bytes())
        content[len(content) // 2] ^= 1
        blob.write_bytes(content)


def test_an_altered_bundle_is_never_scored_with(api: Api, home: Path) -> None:
    spoilt(home)
    reply = api.post("/v1/score?model=ait", CHUNK)
    assert code_of(reply) == (500, "store")
    assert "blob" not in reply.get_json()["detail"]


def test_a_bundle_signed_by_somebody_else_is_never_scored_with(make_api: Any, home: Path) -> None:
    (home / "keys" / "bundle.key").write_text("f" * 64)
    assert code_of(make_api().post("/v1/score?model=ait", CHUNK)) == (500, "store")


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (KeyError("S3CRET"), (500, "internal")),
        (OutsideError("S3CRET"), (502, "outside")),
        (NotReady("later", code="not_ready", retry_after_s=7), (503, "not_ready")),
    ],
)
def test_failures_inside_tell_nothing_of_the_data(
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
    expected: tuple[int, str],
) -> None:
    def fail(*_: object) -> None:
        raise failure

    score = verbs.VERBS["score"]
    broken = Verb("score", "", score.options, fail, score.scope, "rows")  # type: ignore[arg-type]
    monkeypatch.setitem(verbs.VERBS, "score", broken)
    reply = api.post("/v1/score?model=ait", CHUNK)
    assert code_of(reply) == expected
    assert b"S3CRET" not in reply.data
    assert "S3CRET" not in logged(caplog)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(f"{record.getMessage()} {getattr(record, 'facts', '')}" for record in caplog.records)


def test_the_log_tells_who_and_how_much_but_no_content_and_no_secret(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "aiscore")
    body = b"_time,user,dest,bytes\n1700000000,S3CRETUSER,h1,5\n"
    ticket = api.ticket()
    api.post("/v1/score?model=ait&explain=none", body, Authorization=f"Bearer {ticket}", AIScore_Search="sid1/2/0")
    api.post("/v1/score?model=ait", b'S3CRETUSER\n1,"2\n', Authorization=f"Bearer {ticket}")
    text = logged(caplog)
    assert "'user': 'ann'" in text and "'rows': 1" in text and "sid1/2/0" in text
    assert "S3CRETUSER" not in text and ticket not in text and ticket.split(".")[2] not in text


def test_a_digit_that_is_no_number_is_an_error_of_the_caller(api: Api) -> None:
    assert code_of(api.post("/v1/score?model=ait&explain=%C2%B3", CHUNK)) == (400, "bad_option")
    assert code_of(api.post("/v1/fit?model=x&session=s/1&parts=%C2%B2"))[0] == 400


@pytest.mark.parametrize("prefix", ["net", "_", "9_", "a-b_"])
def test_a_prefix_ends_in_an_underscore(api: Api, prefix: str) -> None:
    assert code_of(api.post(f"/v1/score?model=ait&prefix={prefix}", CHUNK)) == (400, "bad_option")
