"""A real HTTP server that plays the sidecar, well or badly, as a script says.

Every reply function gets the request and returns bytes to send, or acts on the connection itself. The script is a
list of them; when it is used up, the server goes on with its default.
"""

import base64
import csv
import hashlib
import io
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MODEL = "toy@aaaabbbbcccc/ddddeeeeffff"
FIELDS = (
    "score",
    "severity",
    "risk",
    "anomaly",
    "threat",
    "reasons",
    "contributions",
    "model",
    "event_id",
    "status",
    "note",
)


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def rows(self) -> list[dict[str, str]]:
        """The CSV body, read by the csv module."""
        csv.field_size_limit(1 << 30)
        return list(csv.DictReader(io.StringIO(self.body.decode(), newline="")))


Reply = Callable[[Request, BaseHTTPRequestHandler], None]


class Sidecar:
    """The server; `script` holds the coming replies to /v1/score, `seen` all requests."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.script: list[Reply] = []
        self.default: Reply = good
        self.contract: list[tuple[str, str]] | None = None
        self.seen: list[Request] = []
        self.lost_connections = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Sidecar":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """No longer listen."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def scored(self) -> list[Request]:
        """The requests to /v1/score."""
        return [request for request in self.seen if request.path == "/v1/score"]

    def reply(self, request: Request, handler: BaseHTTPRequestHandler) -> None:
        """The next reply of the script."""
        if request.path == "/v1/models" and request.query.get("action") == "contract":
            if self.contract is None:
                problem(404, "no_model")(request, handler)
            else:
                table(["field", "role"], [list(pair) for pair in self.contract])(request, handler)
            return
        (self.script.pop(0) if self.script else self.default)(request, handler)


def _handler(sidecar: Sidecar) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _take(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            request = Request(self.command, parts.path, query, dict(self.headers.items()), body)
            sidecar.seen.append(request)
            try:
                sidecar.reply(request, self)
            except ConnectionError:
                sidecar.lost_connections += 1
                self.close_connection = True

        do_GET = do_POST = do_PUT = _take

        def log_message(self, *_: object) -> None:
            pass

    return Handler


# replies


def send(
    handler: BaseHTTPRequestHandler, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None
) -> None:
    """One whole response, its body's digest in the headers as the sidecar gives it."""
    seal = base64.b64encode(hashlib.sha256(body).digest()).decode()
    given = {"Content-Type": kind, "Content-Length": str(len(body)), "Content-Digest": f"sha-256=:{seal}:"}
    handler.send_response(status)
    for name, value in {**given, **(headers or {})}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
    handler.wfile.flush()


def echo(request: Request) -> dict[str, str]:
    """The headers of a proper reply."""
    return {
        "AIScore-Request-Id": request.headers.get("AIScore-Request-Id", ""),
        "AIScore-Digest": hashlib.sha256(request.body).hexdigest(),
        "AIScore-Model": MODEL,
        "AIScore-Carry": "Y2Fycnk=",
    }


def lines(request: Request) -> Iterator[list[str]]:
    """A proper row for each event: the score tells which event it was made for."""
    for number, event in enumerate(request.rows()):
        mark = hashlib.sha256(json.dumps(list(event.items())).encode()).hexdigest()
        score = int(mark[:6], 16) / (1 << 24)
        reason = f'user="{event.get("user", "")}", seen {{0}} times (+1.8); odd hour'
        values = [f"{score:.6f}", "medium", "51", "0.990000", "", reason, "user:1.800000", MODEL, mark[:32], "scored"]
        yield [str(number), *values, "unsupervised_only,cold_entity"]


def header(request: Request) -> list[str]:
    """The columns of a score reply."""
    return ["ordinal"] + [request.query["prefix"] + field for field in FIELDS]


def to_csv(rows: list[list[str]]) -> bytes:
    """Rows as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def good(request: Request, handler: BaseHTTPRequestHandler) -> None:
    """A proper score reply."""
    send(handler, 200, "text/csv; charset=utf-8", to_csv([header(request), *lines(request)]), echo(request))


def table(columns: list[str], rows: list[list[str]], status: int = 200) -> Reply:
    """A proper reply with these columns."""
    body = to_csv([["ordinal", *columns], *([str(at), *row] for at, row in enumerate(rows))])
    return lambda request, handler: send(handler, status, "text/csv", body, echo(request))


def as_json(content: dict[str, Any]) -> Reply:
    """A proper JSON reply."""
    return lambda request, handler: send(handler, 200, "application/json", json.dumps(content).encode(), echo(request))


def changed(change: Callable[[list[list[str]]], list[list[str]]]) -> Reply:
    """A score reply whose table went through `change` (header first)."""
    return lambda request, handler: send(
        handler, 200, "text/csv", to_csv(change([header(request), *lines(request)])), echo(request)
    )


def with_headers(**headers: str) -> Reply:
    """A score reply with some headers changed; `_` stands for `-`."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request, handler: send(
        handler,
        200,
        given.get("Content-Type", "text/csv"),
        to_csv([header(request), *lines(request)]),
        echo(request) | given,
    )


def problem(status: int, code: str, detail: str = "no {luck}", **headers: str) -> Reply:
    """An error as the sidecar words it."""
    body = json.dumps({"title": code, "status": status, "detail": detail, "code": code}).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request, handler: send(handler, status, "application/problem+json", body, echo(request) | given)


def html(status: int) -> Reply:
    """A proxy's error page."""
    return lambda request, handler: send(handler, status, "text/html", b"<h1>{oops}</h1>", echo(request))


def hang_up(request: Request, handler: BaseHTTPRequestHandler) -> None:
    """Close without a word."""
    handler.close_connection = True


def cut(request: Request, handler: BaseHTTPRequestHandler) -> None:
    """Announce more bytes than are sent."""
    body = to_csv([header(request), *lines(request)])
    send(handler, 200, "text/csv", body, echo(request) | {"Content-Length": str(len(body) + 10)})
    handler.close_connection = True


def endless(request: Request, handler: BaseHTTPRequestHandler) -> None:
    """No length announced, and no end."""
    fields = echo(request) | {"Content-Type": "text/csv", "Transfer-Encoding": "chunked"}
    start = b"HTTP/1.1 200 OK\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items()).encode() + b"\r\n"
    handler.wfile.write(start)
    for _ in range(2000):
        handler.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def slow(seconds: float) -> Reply:
    """A proper reply, late."""

    def reply(request: Request, handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        good(request, handler)

    return reply


def drip(where: str, pause_s: float = 0.05) -> Reply:
    """One byte at a time, in the `header` or in the `body`: never silent, never done."""

    def reply(request: Request, handler: BaseHTTPRequestHandler) -> None:
        start = b"HTTP/1.1 200 OK\r\nX-Pad: "
        if where == "body":
            fields = echo(request) | {"Content-Type": "text/csv", "Content-Length": "100000"}
            start = b"HTTP/1.1 200 OK\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items()).encode() + b"\r\n"
        handler.wfile.write(start)
        for _ in range(400):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(pause_s)

    return reply
