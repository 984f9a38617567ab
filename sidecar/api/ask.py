"""What a request holds: its id, its options, its checked body as a table, and how a reply table goes back."""

import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import polars as pl
from flask import Response, g, request

from sidecar.api.service import Service
from sidecar.errors import CallerError
from sidecar.house import House, Reply
from sidecar.options import read_options
from sidecar.verbs import Verb
from sidecar.wire import Limits, content_digest, digest, read_carry, read_csv, read_json, write_reply

REQUEST_ID = re.compile(r"[0-9a-f]{32}")


def request_id(given: str | None) -> str:
    """The caller's request id when it is one (32 hex letters), else a new one."""
    return given if given and REQUEST_ID.fullmatch(given) else secrets.token_hex(16)


def asked(verb: Verb, pairs: Iterable[tuple[str, str]]) -> Any:
    """The options in the query string and the headers, if the caller may ask for them."""
    carried = {"carry": read_carry(request.headers.get("AIScore-Carry"))} if "carry" in verb.options.headers() else {}
    options = read_options(verb.options, pairs, carried)
    g.caller.need(verb.scope(options))
    return options


def house_of(service: Service) -> House:
    """The house in the caller's name."""
    return replace(service.house, by=g.caller.user)


def checked_body() -> bytes:
    """The request's body, equal to its digest where one was given."""
    if request.headers.get("Content-Encoding"):
        raise CallerError("the body is compressed", code="bad_type", field="Content-Encoding", mend="send it as it is")
    body = request.get_data(cache=False)
    given = request.headers.get("AIScore-Digest")
    if given is not None and not hmac.compare_digest(given.lower().encode(), digest(body).encode()):
        mend = "send the whole body, and its SHA-256 in hex"
        raise CallerError("the body is not what its digest says", code="bad_digest", field="AIScore-Digest", mend=mend)
    return body


def table_of(body: bytes, limits: Limits) -> pl.DataFrame:
    """The body as a table of text, by its content type (CSV when none is given)."""
    kind = request.mimetype or "text/csv"
    if kind not in READERS:
        mend = "send text/csv or application/json"
        raise CallerError(f"content type '{kind[:80]}' is not known", code="bad_type", field="Content-Type", mend=mend)
    table = READERS[kind](body, limits)
    g.rows = table.height
    return table


def csv_reply(reply: Reply, status: int = 200) -> Response:
    """The reply table as CSV with the headers that belong to it."""
    body = write_reply(reply.table)
    response = Response(body, status, content_type="text/csv; charset=utf-8")
    response.headers.update(reply.headers)
    response.headers["Content-Digest"] = content_digest(body)
    if "AIScore-Digest" in request.headers:
        response.headers["AIScore-Digest"] = request.headers["AIScore-Digest"]
    return response


READERS = {"text/csv": read_csv, "application/json": read_json}
