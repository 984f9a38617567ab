"""Errors as problem+json (RFC 9457) with `code`, `field`, `mend` and `request_id`."""

import json
from dataclasses import dataclass

from flask import Response
from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed, RequestEntityTooLarge

from models.errors import DataError
from sidecar.errors import BadVersion, CallerError, Forbidden, NotReady, OutsideError, StoreError

STATUS = {
    "bad_request": 400,
    "bad_option": 400,
    "bad_body": 400,
    "bad_digest": 400,
    "no_model": 404,
    "no_verb": 404,
    "no_route": 404,
    "no_version": 404,
    "no_job": 404,
    "body_timeout": 408,
    "missing_part": 409,
    "part_differs": 409,
    "no_length": 411,
    "too_large": 413,
    "bad_type": 415,
    "bad_features": 422,
    "unauthenticated": 401,
    "scope": 403,
    "overloaded": 429,
    "not_ready": 503,
    "outside": 502,
    "store": 500,
    "internal": 500,
}


@dataclass(frozen=True)
class Problem:
    """What a caller is told; `retry_after_s` only where waiting helps, `allow` where another method does."""

    code: str
    detail: str
    field: str = ""
    mend: str = ""
    retry_after_s: int | None = None
    status: int = 0
    allow: str = ""

    @property
    def number(self) -> int:
        """The HTTP status."""
        return self.status or STATUS[self.code]


def of(failure: BaseException) -> Problem:
    """The problem that an exception is; unknown ones are bugs and tell nothing of their inside."""
    if isinstance(failure, CallerError):
        return Problem(failure.code, failure.message, failure.field, failure.mend)
    if isinstance(failure, DataError):
        return Problem("bad_features", failure.message, failure.field, failure.mend)
    if isinstance(failure, Forbidden):
        return Problem(failure.code, failure.message, "Authorization", failure.mend)
    if isinstance(failure, NotReady):
        wait_s = failure.retry_after_s
        mend = f"try again in {wait_s} s"
        return Problem(failure.code, failure.message, "Retry-After", mend, retry_after_s=wait_s)
    if isinstance(failure, OutsideError):
        return Problem("outside", "a system the sidecar depends on failed", mend="see the sidecar's log")
    if isinstance(failure, BadVersion):
        mend = "see the sidecar's log; restore its blobs from a backup, or promote another version"
        return Problem("store", failure.told, "model", mend)
    if isinstance(failure, StoreError):
        return Problem("store", "the sidecar's store failed", mend="see the sidecar's log, run `aiscore ledger verify`")
    if isinstance(failure, RequestEntityTooLarge):
        return Problem("too_large", "the body is above what it may have", "body", "send fewer rows at a time")
    if isinstance(failure, MethodNotAllowed):
        allow = ", ".join(sorted(failure.valid_methods or ()))
        return Problem("no_route", failure.name, "method", f"use {allow}", status=405, allow=allow)
    if isinstance(failure, BadRequest):
        return Problem("bad_request", "the request's host or path is none", "Host", "name the host as in the URL")
    if isinstance(failure, HTTPException) and failure.code:
        return Problem("no_route", failure.name, "path", "see /openapi.json", status=failure.code)
    return Problem("internal", "internal error", mend="see the sidecar's log")


def body(problem: Problem, request_id: str) -> bytes:
    """The problem as JSON."""
    facts = {
        "type": f"urn:aiscore:problem:{problem.code}",
        "title": problem.code.replace("_", " "),
        "status": problem.number,
        "detail": problem.detail,
        "code": problem.code,
        "field": problem.field,
        "mend": problem.mend,
        "request_id": request_id,
    }
    return json.dumps(facts).encode()


def headers(problem: Problem, request_id: str) -> dict[str, str]:
    """The response headers that belong to a problem."""
    given = {"Content-Type": "application/problem+json", "AIScore-Request-Id": request_id}
    if problem.retry_after_s is not None:
        given["Retry-After"] = str(problem.retry_after_s)
    if problem.allow:
        given["Allow"] = problem.allow
    if problem.number == 401:
        given["WWW-Authenticate"] = "Bearer"
    return given


def answer(problem: Problem, request_id: str) -> Response:
    """The problem as a Flask response."""
    return Response(body(problem, request_id), problem.number, headers(problem, request_id))
