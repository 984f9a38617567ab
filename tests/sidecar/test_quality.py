"""The verb `quality`: over a session, in one request, and on the command line."""

import csv
import io

import pytest

from tests.sidecar.conftest import Api, code_of, events

LINES = events(6).splitlines(keepends=True)
PARTS = [LINES[0] + b"".join(LINES[start : start + 60]) for start in range(1, len(LINES), 60)]
COMMIT = f"/v1/quality?session=s/1&parts={len(PARTS)}&fields=dest,bytes&entity=user"


def rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode())))


def send(api: Api, session: str = "s/1") -> None:
    for seq, part in enumerate(PARTS):
        assert api.put(f"/v1/quality/{session}/{seq}", part).status_code == 200


def test_a_session_is_examined_as_one_search_and_then_gone(api: Api) -> None:
    api.scopes = ("score",)
    send(api)
    found = rows(api.post(COMMIT).data)
    assert [one["field"] for one in found] == ["", "dest", "bytes"] and {one["grade"] for one in found} == {"A"}
    assert found[0]["distinct"] == str(len(LINES) - 1)
    whole = api.post("/v1/quality?fields=dest,bytes&entity=user", b"".join(LINES))
    assert rows(whole.data) == found
    assert code_of(api.post(COMMIT)) == (409, "missing_part")


def test_what_was_sent_to_be_read_is_never_fitted(api: Api) -> None:
    send(api)
    assert code_of(api.post(f"/v1/fit?session=s/1&parts={len(PARTS)}&model=new")) == (409, "missing_part")


def test_the_fields_of_a_model_are_examined(api: Api) -> None:
    spoilt = b"".join([LINES[0].replace(b"bytes", b"octets"), *LINES[1:]])
    found = {one["field"]: one for one in rows(api.post("/v1/quality?model=ait", spoilt).data)}
    assert found["bytes"]["grade"] == "F" and found["bytes"]["found"] == "absent" and "octets" not in found
    assert code_of(api.post("/v1/quality?model=none", spoilt)) == (404, "no_model")
    assert code_of(api.post("/v1/quality?model=ait&fields=dest", spoilt)) == (400, "bad_option")
    assert code_of(api.post("/v1/quality?recipe=alerts&fields=dest", spoilt)) == (422, "bad_features")


def test_a_model_has_learned_the_past_that_a_day_does_not_show(api: Api) -> None:
    few = b"".join(LINES[:6])
    assert "thin_history" in rows(api.post("/v1/quality?fields=dest&entity=user", few).data)[0]["found"]
    assert "thin_history" not in rows(api.post("/v1/quality?model=ait", few).data)[0]["found"]
    assert code_of(api.post("/v1/quality?model=ait", LINES[0])) == (400, "bad_body")


def test_one_whole_search_is_read_at_a_time(api: Api) -> None:
    send(api)
    with api.service.whole_searches.place():
        assert code_of(api.post(COMMIT)) == (429, "overloaded")
    assert api.post(COMMIT).status_code == 200


def test_the_ledger_is_as_it_was(api: Api) -> None:
    before = api.service.house.ledger.ends()
    send(api)
    api.post(COMMIT)
    assert api.service.house.ledger.ends() == before


@pytest.mark.parametrize("recipe", ["authentication", "alerts"])
def test_a_recipe_names_what_is_absent(api: Api, recipe: str) -> None:
    found = rows(api.post(f"/v1/quality?recipe={recipe}", b"".join(LINES)).data)
    assert "absent" in {one["found"] for one in found}
