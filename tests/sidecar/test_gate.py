"""Who may do what: every route, every scope, and every way of not being let in."""

import re
from collections.abc import Iterator

import pytest

from sidecar import tickets, tokens
from tests.sidecar.conftest import SECRET, Api, code_of

SCOPES = ("score", "fit", "admin", "metrics")
EVERYBODY = {*SCOPES, "nobody"}
# What may be asked, and the scopes that open it. A ticket without any scope is "nobody".
ROUTES: dict[tuple[str, str, str], set[str]] = {
    ("POST", "/v1/<name>", "/v1/score?model=ait"): {"score"},
    ("POST", "/v1/<name>", "/v1/fit?model=new"): {"fit"},
    ("POST", "/v1/<name>", "/v1/fit?model=new&session=s/1&parts=1"): {"fit"},
    ("POST", "/v1/<name>", "/v1/learn?model=ait"): {"fit"},
    ("POST", "/v1/<name>", "/v1/learn?model=ait&session=s/1&parts=1"): {"fit"},
    ("POST", "/v1/<name>", "/v1/learn?model=ait&action=forget&entity=u"): {"admin"},
    ("POST", "/v1/<name>", "/v1/learn?model=ait&action=forget&entity=u&dry=true"): {"admin"},
    ("POST", "/v1/<name>", "/v1/models"): {"score"},
    ("POST", "/v1/<name>", "/v1/models?model=ait&action=show"): {"score"},
    ("POST", "/v1/<name>", "/v1/models?model=ait&action=contract"): {"score"},
    ("POST", "/v1/<name>", "/v1/models?job=x"): {"score"},
    ("POST", "/v1/<name>", "/v1/models?model=ait&action=promote&version=x"): {"admin"},
    ("POST", "/v1/<name>", "/v1/models?model=ait&action=retire&version=x"): {"admin"},
    ("POST", "/v1/<name>", "/v1/models?model=ait&action=rollback"): {"admin"},
    ("PUT", "/v1/fit/<sid>/<position>/<int:seq>", "/v1/fit/s/1/0"): {"fit"},
    ("PUT", "/v1/learn/<sid>/<position>/<int:seq>", "/v1/learn/s/1/0"): {"fit"},
    ("POST", "/v1/<name>", "/v1/quality?fields=a"): {"score"},
    ("PUT", "/v1/quality/<sid>/<position>/<int:seq>", "/v1/quality/s/1/0"): {"score"},
    ("GET", "/v1/jobs/<job_id>", "/v1/jobs/x"): {"score"},
    ("GET", "/metrics", "/metrics"): {"admin", "metrics"},
    ("GET", "/openapi.json", "/openapi.json"): EVERYBODY,
    ("GET", "/healthz", "/healthz"): EVERYBODY,
    ("GET", "/readyz", "/readyz"): EVERYBODY,
}
OPEN = {"/healthz", "/readyz"}


def routes_of(api: Api) -> Iterator[tuple[str, str]]:
    for rule in api.app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield method, rule.rule


def test_the_table_names_every_route(api: Api) -> None:
    assert {(method, rule) for method, rule, _ in ROUTES} == set(routes_of(api))


def test_each_route_opens_to_its_scopes_only(api: Api) -> None:
    for (method, _, url), allowed in ROUTES.items():
        for scope in (*SCOPES, "nobody"):
            api.scopes = () if scope == "nobody" else (scope,)
            status = api.send(method, url, b"a\n1\n").status_code
            assert (status != 403) == (scope in allowed), f"{method} {url} with {scope}: {status}"
            assert status != 401


def test_each_route_but_two_asks_who_is_there(api: Api) -> None:
    for method, _, url in ROUTES:
        reply = api.client.open(url, method=method)
        if url in OPEN:
            assert reply.status_code == 200
        else:
            assert code_of(reply) == (401, "unauthenticated"), url
            assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert code_of(api.client.get("/nowhere")) == (401, "unauthenticated")


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "TRACE"])
def test_other_methods_ask_too(api: Api, method: str) -> None:
    assert api.client.open("/v1/score", method=method).status_code == 401


def authorizations(api: Api) -> dict[str, str]:
    now = api.service.house.clock()
    good = tickets.make("ann", ["score"], SECRET.encode(), now)
    return {
        "expired": "Bearer " + tickets.make("ann", ["score"], SECRET.encode(), now - 700),
        "foreign": "Bearer " + tickets.make("ann", ["score"], b"x" * 64, now),
        "altered": "Bearer " + good[:10] + ("A" if good[10] != "A" else "B") + good[11:],
        "unknown token": "Bearer k1.0123456789ab." + "x" * 43,
        "another scheme": "Basic " + good,
        "no scheme": good,
        "empty": "",
        "bare": "Bearer",
        "another kind": "Bearer x1.a.b",
        "not ascii": "Bearer t1.é.é",
    }


def test_bad_credentials_are_all_refused(api: Api) -> None:
    for what, given in authorizations(api).items():
        assert code_of(api.get("/openapi.json", Authorization=given)) == (401, "unauthenticated"), what


def test_a_token_works_until_it_is_revoked_elsewhere(api: Api) -> None:
    ledger = api.service.house.ledger
    token = tokens.create(ledger, "nightly", ("score",), by="ann")
    bearer = f"bearer {token}"
    assert api.post("/v1/models", Authorization=bearer).status_code == 200
    tokens.revoke(ledger, token.split(".")[1], by="ann")
    assert code_of(api.post("/v1/models", Authorization=bearer)) == (401, "unauthenticated")


def test_a_refusal_names_the_scope_that_is_needed(api: Api) -> None:
    api.scopes = ("score",)
    problem = api.post("/v1/fit?model=x", b"a\n1\n").get_json()
    assert "'fit'" in problem["detail"] and "aiscore_fit" in problem["mend"]
    assert not re.search(r"t1\.", str(problem))
