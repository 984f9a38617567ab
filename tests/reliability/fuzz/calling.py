"""The application is called in this process, as the server's door calls it."""

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from tests.reliability.fuzz.asking import Request

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Answer(NamedTuple):
    """What came back; header names are lower case."""

    status: int
    headers: list[tuple[str, str]]
    content: bytes

    def header(self, name: str) -> str | None:
        return next((value for known, value in self.headers if known == name), None)


def call(application: Application, request: Request) -> Answer:
    """The application's answer."""
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    pieces = application(environ(request), lambda status, headers, failure=None: begun.append((status, headers)))
    try:
        content = b"".join(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close:
            close()
    status, headers = begun[-1]
    return Answer(int(status[:3]), [(name.lower(), value) for name, value in headers], content)


def environ(request: Request) -> dict[str, Any]:
    """The request as WSGI has it."""
    path, _, query = request.target.partition("?")
    given = {name.lower(): value for name, value in request.headers.items()}
    apart = ("content-type", "content-length")
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in given.items() if name not in apart}
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.encode().decode("latin-1"),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8765",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": given.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.content)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.content),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    } | named
