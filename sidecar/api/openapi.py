"""The OpenAPI document, made from the verbs' options: every route with all it may answer."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sidecar.api.answers import PROBLEM, accepted, answers, json_answer, table_answer, text_answer
from sidecar.jobs import Job
from sidecar.options import Options
from sidecar.verbs import VERBS, Verb

TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
SENT = ("bad_body", "bad_digest", "bad_type")
"""What is refused wherever a table may be sent."""
ASKED = ("bad_option", "scope", *SENT)
KINDS = {
    "rows": ("no_model", "bad_features"),
    "gather": ("no_model", "missing_part", "bad_features"),
    "ask": ("no_model", "no_version", "no_job"),
}
"""What the verbs of each kind refuse beyond that."""
CELL = {
    "anyOf": [
        {"type": ["string", "number", "boolean", "null"]},
        {"type": "array", "items": {"$ref": "#/components/schemas/Cell"}},
    ]
}
COLUMNS = {
    "type": "object",
    "required": ["columns"],
    "properties": {
        "columns": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"minLength": 1},
            "additionalProperties": {"type": "array", "items": {"$ref": "#/components/schemas/Cell"}},
        }
    },
    "additionalProperties": False,
}
"""A table as JSON: columns of one length."""


def document(release: str) -> dict[str, Any]:
    """OpenAPI 3.1: one path a verb, and the paths beside them."""
    paths = {f"/v1/{verb.name}": {"post": _command(verb)} for verb in VERBS.values()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "AIScore sidecar", "version": release},
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": PROBLEM, "Cell": CELL, "Columns": COLUMNS},
        },
        "security": [{"bearer": []}],
        "paths": paths | _others(),
    }


def _command(verb: Verb) -> dict[str, Any]:
    parameters = _parameters(verb.options) + _headers()
    if verb.kind == "gather":
        parameters += [
            _parameter("session", "query", TEXT, "commit this session: sid/position"),
            _parameter("parts", "query", COUNT | {"minimum": 1}, "how many parts were sent"),
        ]
    good = accepted() if verb.slow else table_answer(verb.options.headers().values())
    return {
        "operationId": verb.name,
        "summary": verb.help,
        "parameters": parameters,
        "requestBody": {"required": verb.kind == "rows", "content": _table()},
        "responses": answers(good, *ASKED, *KINDS[verb.kind]),
    }


def _table() -> dict[str, Any]:
    return {
        "text/csv": {"schema": TEXT},
        "application/json": {"schema": {"$ref": "#/components/schemas/Columns"}},
    }


def _parameters(options: type[Options]) -> list[dict[str, Any]]:
    schema = options.model_json_schema()
    headers = options.headers()
    found = []
    for name, facts in schema["properties"].items():
        given, place = (headers[name], "header") if name in headers else (name, "query")
        required = name in schema.get("required", ())
        found.append(_parameter(given, place, _one(facts), facts.get("description", ""), required=required))
    return found


def _one(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an option as it is written in a query: one word, and never null."""
    found = {key: value for key, value in facts.items() if key not in ("description", "header", "title")}
    if found.get("type") == "array":
        return {**TEXT, "default": ""}  # a comma list
    if "anyOf" in found:
        kinds = [kind for kind in found.pop("anyOf") if kind != {"type": "null"}]
        found = {key: value for key, value in found.items() if value is not None} | kinds[0]
    return {key: value for key, value in found.items() if key != "format"}


def _headers() -> list[dict[str, Any]]:
    digest = {"type": "string", "pattern": "^[0-9A-Fa-f]{64}$"}
    return [
        _parameter("AIScore-Request-Id", "header", TEXT, "32 hex letters; another or none gets a new one"),
        _parameter("AIScore-Search", "header", TEXT, "sid/position/seq of the search, for the log"),
        _parameter("AIScore-Digest", "header", digest, "SHA-256 of the body; checked and echoed"),
    ]


def _parameter(
    name: str, place: str, schema: Mapping[str, Any], about: str, *, required: bool = False
) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "description": about, "schema": dict(schema)}


def _others() -> dict[str, Any]:
    alive = {"type": "object", "required": ["status", "version"], "properties": {"status": TEXT, "version": TEXT}}
    ready = {"type": "object", "required": ["status"], "properties": {"status": {"const": "ready"}}}
    whole = {"type": "object", "required": ["openapi", "paths"]}
    metrics = text_answer("the Prometheus text format", "text/plain")
    parts = {
        f"/v1/{verb.name}/{{sid}}/{{position}}/{{seq}}": {"put": _part(verb)}
        for verb in VERBS.values()
        if verb.kind == "gather"
    }
    return parts | {
        "/v1/jobs/{job_id}": {"get": _job()},
        "/healthz": {"get": _plain("healthz", "is it alive", json_answer("it is", alive), open_to_all=True)},
        "/readyz": {"get": _plain("readyz", "is it ready", json_answer("it is", ready), "not_ready", open_to_all=True)},
        "/metrics": {"get": _plain("metrics", "Prometheus metrics", metrics, "scope")},
        "/openapi.json": {"get": _plain("openapi", "this document", json_answer("the document", whole))},
    }


def _plain(name: str, summary: str, good: dict[str, Any], *codes: str, open_to_all: bool = False) -> dict[str, Any]:
    found = {"operationId": name, "summary": summary, "responses": answers(good, *codes, open_to_all=open_to_all)}
    return found | ({"security": []} if open_to_all else {})


def _part(verb: Verb) -> dict[str, Any]:
    kept = {"seq": COUNT, "rows": COUNT, "digest": TEXT}
    good = json_answer("the part is kept", {"type": "object", "required": list(kept), "properties": kept})
    number = COUNT | {"maximum": 10**9 - 1}
    named = [_in_path("sid", TEXT), _in_path("position", TEXT), _in_path("seq", number)]
    return {
        "operationId": f"{verb.name}_part",
        "summary": f"one part of a session of {verb.name}",
        "parameters": named + _headers(),
        "requestBody": {"required": True, "content": _table()},
        "responses": answers(good, *SENT, "scope", "no_route", "part_differs"),
    }


def _job() -> dict[str, Any]:
    kinds = {str: TEXT, bool: {"type": "boolean"}, int: COUNT, float: {"type": "number", "minimum": 0, "maximum": 1}}
    told = {"job" if one.name == "id" else one.name: kinds[one.type] for one in fields(Job) if one.name != "key"}  # type: ignore[index]
    good = json_answer("the job", {"type": "object", "required": list(told), "properties": told})
    return {
        "operationId": "job",
        "summary": "how a job stands",
        "parameters": [_in_path("job_id", TEXT)],
        "responses": answers(good, "scope", "no_job", "no_route"),
    }


def _in_path(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return _parameter(name, "path", schema, "", required=True)
