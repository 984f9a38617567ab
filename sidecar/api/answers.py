"""What a route may answer, as OpenAPI has it: the good answer, and each refusal with its codes."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sidecar.api.problems import STATUS

TEXT = {"type": "string"}
ALWAYS = ("bad_body", "bad_request", "internal", "store", "body_timeout", "no_length", "too_large", "overloaded")
"""Any route may say so: a body may be sent to each, and the request as a whole may make no sense."""
WAIT = ("overloaded", "not_ready")
"""Codes that say when to try again."""
WORDS = ("type", "title", "detail", "code", "field", "mend", "request_id")
PROBLEM = {
    "type": "object",
    "required": [*WORDS, "status"],
    "properties": dict.fromkeys(WORDS, TEXT) | {"status": {"type": "integer"}, "code": {"enum": sorted(STATUS)}},
    "additionalProperties": False,
}
REQUEST_ID = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
EVERYWHERE = {
    "AIScore-Request-Id": REQUEST_ID,
    "X-Content-Type-Options": {"const": "nosniff"},
    "Cache-Control": {"const": "no-store"},
}


def answers(good: dict[str, Any], *codes: str, open_to_all: bool = False) -> dict[str, Any]:
    """The responses of a route: `good` holds one, by its number; `codes`: what it refuses."""
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in sorted({*codes, *ALWAYS, *(() if open_to_all else ("unauthenticated",))}):
        by_status[STATUS[code]].append(code)
    return good | {str(status): _refused(status, words) for status, words in sorted(by_status.items())}


def _refused(status: int, codes: list[str]) -> dict[str, Any]:
    here = {"properties": {"status": {"const": status}, "code": {"enum": codes}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Problem"}, here]}
    more = {"Retry-After": {"type": "integer", "minimum": 1}} if set(codes) <= set(WAIT) else {}
    more |= {"WWW-Authenticate": {"const": "Bearer"}} if "unauthenticated" in codes else {}
    return _answer(", ".join(codes), "application/problem+json", schema, more)


def table_answer(carried: Iterable[str]) -> dict[str, Any]:
    """A reply table; a verb that takes a header back gives it, and says which model it used and what was odd."""
    given = dict.fromkeys(carried, TEXT)
    given |= {"AIScore-Model": TEXT} if given else {}
    found = _answer("a table", "text/csv", TEXT, given | {"Content-Digest": TEXT})
    if given:
        found["headers"]["AIScore-Told"] = {"required": False, "schema": TEXT}
    return {"200": found}


def accepted() -> dict[str, Any]:
    """One row about a job in the background."""
    return {"202": _answer("a table of one row: the job", "text/csv", TEXT, {"Content-Digest": TEXT})}


def json_answer(about: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON object."""
    return {"200": _answer(about, "application/json", schema, {})}


def text_answer(about: str, kind: str) -> dict[str, Any]:
    """Text of some other kind."""
    return {"200": _answer(about, kind, TEXT, {})}


def _answer(about: str, kind: str, schema: dict[str, Any], headers: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": about,
        "headers": {name: {"required": True, "schema": one} for name, one in (EVERYWHERE | headers).items()},
        "content": {kind: {"schema": schema}},
    }
