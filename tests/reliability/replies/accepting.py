"""The command's own way from a reply's bytes to labelled events, with nothing but the socket taken away.

The bytes of a response go through http.client, urllib3 and requests as those of a connection would.
"""

import http.client
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from splunk_app import package
from tests.reliability.replies import honest

sys.path.insert(0, str(package.HERE / "bin"))

from aiscore_kit import client, settings  # noqa: E402
from aiscore_kit.circuit import Circuit  # noqa: E402
from aiscore_kit.frames import Frame  # noqa: E402
from aiscore_kit.reply import ReplyReader  # noqa: E402
from aiscore_kit.score import RowByRow  # noqa: E402

Respond = Callable[[Mapping[str, str], bytes], bytes]
"""The bytes of a response to a request's headers and body."""


class _Wire:
    """Stands for a socket that has these bytes to give, and then ends."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: object) -> io.BytesIO:
        return io.BytesIO(self._data)


class _Adapter(HTTPAdapter):
    """What requests sends is answered with the bytes that `respond` makes of it."""

    def __init__(self, respond: Respond) -> None:
        super().__init__()
        self._respond = respond

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        sent = {name: str(value) for name, value in request.headers.items()}
        body: Any = request.body
        answer = self._respond(sent, body if isinstance(body, bytes) else body.read())
        reply = http.client.HTTPResponse(_Wire(answer), method="POST")  # type: ignore[arg-type]
        try:
            reply.begin()
        except (http.client.HTTPException, ValueError) as error:  # as urllib3 and requests tell it
            raise requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError(str(error))) from None
        raw = urllib3.HTTPResponse(
            body=reply,
            headers=urllib3.HTTPHeaderDict(reply.getheaders()),
            status=reply.status,
            original_response=reply,
            preload_content=False,
            decode_content=False,
            request_method="POST",
        )
        return self.build_response(request, raw)


class _Tickets:
    def get(self) -> str:
        return "t1.x.y"

    def drop(self) -> None:
        pass


class _Command(RowByRow):  # type: ignore[misc]
    """`| aiscore model=toy` between getinfo and its last chunk; `refused` holds what it said of each chunk."""

    model, explain, fields, prefix, on_error = "toy", "auto", "contract", honest.PREFIX, "label"
    warmup_h = "0"
    _finished = False

    def __init__(self, respond: Respond, max_reply_mb: int) -> None:
        self.refused: list[str] = []
        self._names = ["ai_" + name for name in honest.FIELDS]
        self._reader = ReplyReader(honest.PREFIX)
        self._unscored, self._failures = Counter[str](), dict[str, str]()
        self._known_settings = settings.parse(
            {"url": "http://127.0.0.1:1", "max_reply_mb": str(max_reply_mb), "chunk_deadline_s": "100"}
        )
        self._known_sidecar = client.Sidecar(self._known_settings, _Tickets())
        self._known_sidecar._open().mount("http://", _Adapter(respond))

    def search_key(self) -> tuple[str, int]:
        return "1767225600.1", 1

    def write_metric(self, *_: object) -> None:
        pass

    def note_crash(self) -> None:
        raise AssertionError("the command met a fault of its own") from sys.exc_info()[1]

    def explain_failure(self, failure: Any) -> str:
        self.refused.append(f"{failure.note}: {failure.text}")
        return str(super().explain_failure(failure))


class Command:
    """A command that gets its replies from `respond`, which may be changed at any time.

    The smaller `max_reply_mb`, the more requests a large chunk takes.
    """

    def __init__(self, max_reply_mb: int) -> None:
        self.respond: Respond = lambda headers, body: b""
        self._command = _Command(lambda headers, body: self.respond(headers, body), max_reply_mb)

    def labelled(self, body: bytes) -> tuple[bytes, str]:
        """The chunk as it leaves, and why its reply was refused ("" when it was taken)."""
        command = self._command
        # Each reply is judged for itself: a former one must not have opened the circuit or left its carry.
        command._circuit, command._carry = Circuit(3600), ""
        command.refused.clear()
        out = command.act(Frame({"action": "execute"}, body))
        return out, command.refused[0] if command.refused else ""


@contextmanager
def no_pauses() -> Iterator[None]:
    """Within, what may be tried again is tried again at once."""
    kept = dict(client.RETRIES)
    client.RETRIES.update({note: (count, 0.0) for note, (count, _) in kept.items()})
    try:
        yield
    finally:
        client.RETRIES.update(kept)
