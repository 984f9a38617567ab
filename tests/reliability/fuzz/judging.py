"""What no answer may ever be."""

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any

from sidecar.api.problems import STATUS
from tests.reliability.fuzz.asking import OPEN, Request
from tests.reliability.fuzz.calling import Answer

LIMIT_S = 3.0
LIMIT_S_PER_MB = 15.0
INSIDE = (b"Traceback", b'.py"', b"site-packages", b"polars", b"Errno", b"panicked")
"""Words of our inside that no answer may tell."""
KNOWN_HEADERS = {
    "content-type", "content-length", "aiscore-request-id", "aiscore-model", "aiscore-carry", "aiscore-digest",
    "aiscore-told", "retry-after", "content-digest",
    "www-authenticate", "x-content-type-options", "cache-control", "allow", "date", "server", "connection",
}  # fmt: skip
VALUE = re.compile(r"[\x20-\x7e]*")
OTHERS = {"no_route": {404, 405}}
"""A code that stands for several numbers."""


def seconds_for(request: Request) -> float:
    """How long an answer may take, by the size of what was asked."""
    size = len(request.content) + len(request.target) + sum(map(len, request.headers.values()))
    return LIMIT_S + LIMIT_S_PER_MB * size / 2**20


class Judge:
    """Holds answers against the document that describes the service."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._known = {
            (operation["operationId"]): {int(status) for status in operation["responses"]}
            for operations in document["paths"].values()
            for operation in operations.values()
        }
        self._routes = [
            (method.upper(), re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), operation["operationId"])
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        ]

    def wrong(self, request: Request, answer: Answer) -> list[str]:
        """What is wrong with an answer; nothing, if all is well."""
        found = list(self._headers(answer))
        if answer.status >= 500:
            found.append(f"status {answer.status}: {answer.content[:120]!r}")
        elif not self._documented(request, answer):
            found.append(f"status {answer.status} is not documented for it")
        if request.method == "HEAD":
            return found
        found += [f"it tells {word!r}" for word in INSIDE if word in answer.content and answer.status >= 400]
        return found + list(_problem(answer) if answer.status >= 400 else _table(request, answer))

    def _documented(self, request: Request, answer: Answer) -> bool:
        path = request.target.partition("?")[0]
        matching = [
            name for method, route, name in self._routes if method == request.method.upper() and route.fullmatch(path)
        ]
        if matching:
            return answer.status in self._known[matching[0]]
        # Nothing is described there: it is refused, or said what may be asked.
        return answer.status in (400, 401, 404, 405) or (request.method == "HEAD" and answer.status in (200, 403))

    def _headers(self, answer: Answer) -> list[str]:
        found = [f"header {name}" for name, _ in answer.headers if name not in KNOWN_HEADERS]
        found += [f"{name}: {value[:60]!r}" for name, value in answer.headers if not VALUE.fullmatch(value)]
        if not re.fullmatch(r"[0-9a-f]{32}", answer.header("aiscore-request-id") or ""):
            found.append("no request id")
        return found


def _problem(answer: Answer) -> list[str]:
    if answer.header("content-type") != "application/problem+json":
        return [f"status {answer.status} as {answer.header('content-type')}"]
    try:
        said = json.loads(answer.content)
    except ValueError:
        return ["a problem that is no JSON"]
    code, found = said.get("code"), []
    if code not in STATUS or answer.status not in OTHERS.get(code, {STATUS[code]}):
        found.append(f"code {code} with status {answer.status}")
    if answer.status < 500 and not (said.get("field") and said.get("mend") and said.get("detail")):
        found.append(f"{code} names no field or no mend: {answer.content[:200]!r}")
    if said.get("request_id") != answer.header("aiscore-request-id") or said.get("status") != answer.status:
        found.append("the problem and its headers differ")
    return found


def _table(request: Request, answer: Answer) -> list[str]:
    if not request.target.startswith("/v1/score?") or request.target in OPEN:
        return []
    rows = list(csv.reader(io.StringIO(answer.content.decode(), newline="")))
    header, rows = rows[0], rows[1:]
    found = []
    if [row[0] for row in rows] != [str(number) for number in range(len(rows))]:
        found.append("ordinals out of order")
    if request.rows is not None and len(rows) != request.rows:
        found.append(f"{len(rows)} rows for {request.rows} events")
    if any(len(row) != len(header) for row in rows):
        found.append("a row is short or long")
    for row in rows:
        if row[1] and not 0 <= float(row[1]) < 1 or row[-2] not in ("scored", "partial", "unscored"):
            found.append(f"score {row[1]!r} status {row[-2]!r}")
        if (row[1] == "") != (row[-2] == "unscored"):
            found.append(f"score {row[1]!r} of a row that is {row[-2]}")
    return found
