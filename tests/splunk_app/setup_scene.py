"""What a search head that is about to be set up meets: a sidecar that is there or broken, and canned previews."""

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import trustme

from sidecar import tickets
from sidecar.errors import Forbidden
from splunk_app import package
from tests.splunk_app import scripted
from tests.splunk_app.conftest import SECRET
from tests.splunk_app.scripted import Request, Sidecar
from tests.splunkd.spl.errors import SplError

ROWS = [{"_time": f"2026-11-22T10:00:0{n}.000+00:00", "user": f"ana{n}", "src": "10.0.0.1"} for n in range(3)]


def answering(
    *, secret: str = SECRET, ahead_s: float = 0, version: str = package.version()
) -> Callable[[Request, BaseHTTPRequestHandler], None]:
    """What a sidecar of this secret, clock and version answers."""

    def reply(request: Request, handler: BaseHTTPRequestHandler) -> None:
        now = time.time() + ahead_s
        handler.date_time_string = lambda timestamp=None: formatdate(now, usegmt=True)  # type: ignore[method-assign]
        if request.path == "/healthz":
            scripted.as_json({"status": "ok", "version": version})(request, handler)
            return
        try:
            tickets.check(request.headers.get("Authorization", "").removeprefix("Bearer "), [secret.encode()], now)
        except Forbidden as refused:
            scripted.problem(401, "auth", detail=str(refused))(request, handler)
        else:
            scripted.table(["model"], [])(request, handler)

    return reply


@contextlib.contextmanager
def sidecar(tls: ssl.SSLContext | None = None, **facts: Any) -> Iterator[Sidecar]:
    """A sidecar with these facts."""
    with Sidecar(tls) as server:
        server.default = answering(**facts)
        yield server


def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def served_by(authority: trustme.CA, *names: str, **facts: Any) -> ssl.SSLContext:
    """The server's side of TLS with a certificate of this authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **facts).configure_cert(context)
    return context


def kept(authority: trustme.CA, path: Path) -> Path:
    """The authority's certificate in a file."""
    authority.cert_pem.write_to_path(str(path))
    return path


def canned(text: str, form: dict[str, str]) -> list[dict[str, Any]]:
    """What the previews of a small company show."""
    assert (form["earliest_time"], form["latest_time"]) == ("-24h", "now")
    if "| stats count AS ai_rows" in text:
        return [{"ai_rows": "1200", "user_filled": "1200", "src_filled": "600"}]
    return [dict(row) for row in ROWS]


def refused(text: str, form: dict[str, str]) -> list[dict[str, Any]]:
    """What splunkd says where the data model is missing."""
    raise SplError("no such data model")
