"""Alive, ready, measured, described."""

from typing import Any

import pytest

from sidecar.jobs import Jobs
from sidecar.verbs import VERBS
from tests.sidecar.conftest import Api, code_of, events


def test_alive_and_ready_tell_nothing_else(api: Api) -> None:
    assert set(api.client.get("/healthz").get_json()) == {"status", "version"}
    assert api.client.get("/readyz").get_json() == {"status": "ready"}


def test_without_its_worker_it_is_not_ready(make_api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "alive", lambda self: False)
    reply = make_api().client.get("/readyz")
    assert code_of(reply) == (503, "not_ready") and reply.headers["Retry-After"]


def test_requests_rows_and_places_are_counted(api: Api) -> None:
    api.post("/v1/score?model=ait&explain=none", events(1, 20))
    api.post("/v1/score?model=nope", events(1, 20))
    api.post("/v1/anything%20else")
    text = api.get("/metrics").get_data(as_text=True)
    assert 'aiscore_requests_total{route="/v1/score",status="200"} 1.0' in text
    assert 'aiscore_requests_total{route="/v1/score",status="404"} 1.0' in text
    assert 'aiscore_rows_total{route="/v1/score"} 40.0' in text
    assert "aiscore_busy_requests 0.0" in text and "aiscore_jobs 0.0" in text
    assert "anything" not in text


def test_the_document_describes_every_route_and_option(api: Api) -> None:
    document = api.get("/openapi.json").get_json()
    served = {
        rule.rule.replace("int:", "").replace("<", "{").replace(">", "}") for rule in api.app.url_map.iter_rules()
    }
    described = {path for path in document["paths"] if path.removeprefix("/v1/") not in VERBS}
    assert served - {"/v1/{name}"} == described
    for verb in VERBS.values():
        parameters = {
            parameter["name"]: parameter for parameter in document["paths"][f"/v1/{verb.name}"]["post"]["parameters"]
        }
        assert set(verb.options.words()) | set(verb.options.headers().values()) <= set(parameters)
        for name in verb.options.words():
            assert parameters[name]["required"] == verb.options.model_fields[name].is_required()
            assert parameters[name]["description"]
