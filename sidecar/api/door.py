"""The door between the server's event loop and the application's threads.

A thread is taken only once a request is complete. Until then a slow client costs a coroutine, and only within
bounds: who has no ticket is refused at its headers, a body has a size and a deadline, and what is held of all
bodies together is limited.
"""

import asyncio
import io
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]

from sidecar.api import problems
from sidecar.api.ask import request_id
from sidecar.api.capacity import Memory
from sidecar.api.gate import OPEN
from sidecar.api.service import Service
from sidecar.errors import CallerError
from sidecar.journal import tell, tell_bug

SPARE_THREADS = 8
"""Threads beyond those that work: they answer health checks and refuse what does not fit in."""

Answer = tuple[int, list[tuple[str, str]], bytes]


class Door:
    """An RSGI application around a Flask one.

    `held` bytes of bodies may be here at once; `body_timeout_s` is what a client has to send its body.
    """

    def __init__(self, app: Flask, workers: int, held: int, body_timeout_s: float) -> None:
        self._app = app
        self._service: Service = app.extensions["aiscore"]
        self._memory = Memory(held)
        self._timeout_s = body_timeout_s
        self._threads = ThreadPoolExecutor(workers + SPARE_THREADS, thread_name_prefix="request")

    async def __call__(self, scope: Any, protocol: Any) -> None:
        """Serve one request."""
        headers = {name.lower(): value for name, value in scope.headers.items()}
        try:
            self._admitted(scope.path, headers)
            # Held until the answer is made, so that the memory of all bodies is bounded.
            with self._memory.held() as take:
                body = await self._body(protocol, headers, take)
                if body:
                    # The application asks again; here a crowd is refused without taking threads from those at work.
                    self._service.capacity.check()
                status, given, content = await self._answered(scope, headers, body)
        except Exception as failure:
            status, given, content = self._refused(failure, headers)
        protocol.response_bytes(status, given, content)

    def _admitted(self, path: str, headers: Mapping[str, str]) -> None:
        # The application asks again; here it keeps strangers from sending bodies at all.
        if path not in OPEN:
            self._service.gate.caller(headers.get("authorization"))
        if "transfer-encoding" in headers:
            mend = "send the whole body with its length"
            raise CallerError("the body's length is needed", code="no_length", field="Content-Length", mend=mend)
        size = headers.get("content-length", "0")
        if not (size.isascii() and size.isdigit()) or int(size) > self._service.limits.body_bytes:
            told = f"a body may have {self._service.limits.body_bytes:,} bytes"
            mend = "send fewer rows at a time, or raise AISCORE_MAX_BODY_MB"
            raise CallerError(told, code="too_large", field="body", mend=mend)

    async def _body(self, protocol: Any, headers: Mapping[str, str], take: Callable[[int], None]) -> bytes:
        size, pieces = int(headers.get("content-length", "0")), []
        if not size:
            return b""
        try:
            async with asyncio.timeout(self._timeout_s):
                async for piece in protocol:
                    take(len(piece))
                    pieces.append(bytes(piece))
        except TimeoutError:
            mend = "send it faster, or raise AISCORE_BODY_TIMEOUT_S"
            raise CallerError("the body did not arrive in time", code="body_timeout", field="body", mend=mend) from None
        except ProtocolClosed:
            pass
        body = b"".join(pieces)
        if len(body) != size:
            # The client may have ended its half only, and still wait for an answer.
            mend = "send as many bytes as Content-Length says"
            raise CallerError("the body ended early", code="bad_body", field="body", mend=mend)
        return body

    async def _answered(self, scope: Any, headers: Mapping[str, str], body: bytes) -> Answer:
        environ = _environ(scope, headers, body)
        return await asyncio.get_running_loop().run_in_executor(self._threads, _call, self._app.wsgi_app, environ)

    def _refused(self, failure: Exception, headers: Mapping[str, str]) -> Answer:
        problem = problems.of(failure)
        named = request_id(headers.get("aiscore-request-id"))
        self._service.metrics.answered("refused", problem.number, 0.0, 0)
        if problem.code == "internal":
            tell_bug("failed", failure, request_id=named)
        tell("refused", request_id=named, code=problem.code, status=problem.number)
        given = [(name.lower(), value) for name, value in problems.headers(problem, named).items()]
        return problem.number, given, problems.body(problem, named)


def _environ(scope: Any, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    host, _, port = scope.server.rpartition(":")
    environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),  # as WSGI wants it; the server has unquoted it
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    apart = ("content-type", "content-length", "transfer-encoding")
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items() if name not in apart}
    return environ | named


def _call(app: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> Answer:
    begun: list[Any] = []
    pieces = app(environ, lambda status, headers, failure=None: begun.append((status, headers)))
    try:
        content = b"".join(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close:
            close()
    status, headers = begun[-1]
    return int(status[:3]), [(name.lower(), value) for name, value in headers], content
