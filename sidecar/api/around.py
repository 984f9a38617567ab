"""What happens around every request: who is it, what is told in the log, how failures are answered."""

import time

from flask import Flask, Response, g, request
from werkzeug.routing import IntegerConverter

from sidecar.api import problems
from sidecar.api.ask import request_id
from sidecar.api.gate import OPEN
from sidecar.api.service import Service
from sidecar.journal import tell, tell_bug
from sidecar.verbs import VERBS


class Number(IntegerConverter):
    """A number in a path: not one of thousands of digits, which would not be read, nor in other scripts."""

    regex = "[0-9]{1,9}"


def around(app: Flask, service: Service) -> None:
    """Put the checks around every route of `app`, known or not."""
    # A path is what it says: `//v1//score` is nothing we serve, and nobody is sent elsewhere with a ticket.
    app.url_map.merge_slashes = False
    app.url_map.converters["int"] = Number
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False

    @app.before_request
    def begin() -> None:
        g.began = time.monotonic()
        g.rows, g.user = 0, ""
        g.request_id = request_id(request.headers.get("AIScore-Request-Id"))
        if request.path not in OPEN:
            g.caller = service.gate.caller(request.headers.get("Authorization"))
            g.user = g.caller.user

    @app.errorhandler(Exception)
    def fail(failure: Exception) -> Response:
        problem = problems.of(failure)
        if problem.number >= 500:
            tell_bug("failed", failure, request_id=g.request_id, code=problem.code)
        return problems.answer(problem, g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["AIScore-Request-Id"] = g.request_id
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        seconds = time.monotonic() - g.began
        route = _route()
        service.metrics.answered(route, response.status_code, seconds, g.rows)
        if request.path not in OPEN:
            tell("request", **_facts(response, route, seconds))
        return response


def _route() -> str:
    # From a closed list: a path that strangers make up must not become a name in the metrics.
    verb = (request.view_args or {}).get("name")
    if verb in VERBS:
        return f"/v1/{verb}"
    return request.url_rule.rule if request.url_rule else "none"


def _facts(response: Response, route: str, seconds: float) -> dict[str, object]:
    return {
        "request_id": g.request_id,
        "search": request.headers.get("AIScore-Search", "")[:200],
        "user": g.user,
        "method": request.method,
        "route": route,
        "status": response.status_code,
        "rows": g.rows,
        "ms": round(seconds * 1000, 1),
    }
