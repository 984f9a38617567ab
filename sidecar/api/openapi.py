"""The OpenAPI document, made from the verbs' options."""

from typing import Any

from sidecar.api.problems import STATUS
from sidecar.options import Options
from sidecar.verbs import VERBS, Verb

TEXT = {"schema": {"type": "string"}}


def document(release: str) -> dict[str, Any]:
    """OpenAPI 3.1: one path a verb, and the paths beside them."""
    paths = {f"/v1/{verb.name}": {"post": _command(verb)} for verb in VERBS.values()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "AIScore sidecar", "version": release},
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": _problem()},
        },
        "security": [{"bearer": []}],
        "paths": paths | _others(),
    }


def _command(verb: Verb) -> dict[str, Any]:
    parameters = _parameters(verb.options)
    if verb.slow:
        parameters += [
            {
                "name": "session",
                "in": "query",
                "description": "commit this fit session: sid/position",
                **TEXT,
            },
            {
                "name": "parts",
                "in": "query",
                "description": "how many parts were sent",
                "schema": {"type": "integer"},
            },
        ]
    answer = "202" if verb.slow else "200"
    table = {"text/csv": TEXT, "application/json": {"schema": {"type": "object"}}}
    return {
        "operationId": verb.name,
        "summary": verb.help,
        "parameters": parameters,
        "requestBody": {"required": verb.kind != "ask", "content": table},
        "responses": {
            answer: {"description": "a table", "content": {"text/csv": TEXT}},
            "default": _refused(),
        },
    }


def _parameters(options: type[Options]) -> list[dict[str, Any]]:
    schema = options.model_json_schema()
    headers = options.headers()
    found = []
    for name, facts in schema["properties"].items():
        place = {"name": headers[name], "in": "header"} if name in headers else {"name": name, "in": "query"}
        facts = {key: value for key, value in facts.items() if key not in ("description", "header", "title")}
        if facts.get("type") == "array":
            facts = {"type": "string", "default": ""}  # a comma list
        about = schema["properties"][name].get("description", "")
        found.append({**place, "required": name in schema.get("required", ()), "description": about, "schema": facts})
    return found


def _others() -> dict[str, Any]:
    part = [_in_path("sid"), _in_path("position"), _in_path("seq", "integer")]
    return {
        "/v1/fit/{sid}/{position}/{seq}": {
            "put": _plain("one part of a fit session", part) | {"requestBody": {"content": {"text/csv": TEXT}}}
        },
        "/v1/jobs/{job_id}": {"get": _plain("how a job stands", [_in_path("job_id")])},
        "/healthz": {"get": _plain("is it alive") | {"security": []}},
        "/readyz": {"get": _plain("is it ready") | {"security": []}},
        "/metrics": {"get": _plain("Prometheus metrics")},
        "/openapi.json": {"get": _plain("this document")},
    }


def _plain(summary: str, parameters: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": parameters or [],
        "responses": {"200": {"description": "ok"}, "default": _refused()},
    }


def _in_path(name: str, kind: str = "string") -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": kind}}


def _refused() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": "a problem", "content": {"application/problem+json": {"schema": schema}}}


def _problem() -> dict[str, Any]:
    words = {name: {"type": "string"} for name in ("type", "title", "detail", "field", "mend", "request_id")}
    return {
        "type": "object",
        "properties": words | {"status": {"type": "integer"}, "code": {"enum": sorted(STATUS)}},
    }
