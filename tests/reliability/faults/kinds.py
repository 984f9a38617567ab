"""The 46 kinds of fault: how each is done, and what the command may say of the rows it costs."""

import asyncio
import functools
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from tests.reliability.faults import acts, certificates
from tests.reliability.faults.ground import Ground
from tests.reliability.faults.http11 import response
from tests.reliability.faults.proxy import Act, Call

Begin = Callable[[Ground], None]


@dataclass(frozen=True)
class Kind:
    """`begin` brings the fault about just before the chosen chunk is sent.

    `notes` are the words allowed on rows without a score; `scores` tells whether the chunk may be scored all the same,
    `saved` whether it must be when the fault strikes one attempt only. `scheme` is how the sidecar is reached.
    """

    name: str
    family: str
    begin: Begin
    notes: frozenset[str]
    scheme: str = "http"
    saved: bool = False
    scores: bool = False


def _kind(
    family: str, name: str, notes: str, begin: Begin, scheme: str = "http", *, saved: bool = False, scores: bool = False
) -> Kind:
    return Kind(name, family, begin, frozenset(notes.split()), scheme, saved, scores)


def _played(act: Act) -> Begin:
    return lambda ground: ground.play(act)


# connect


async def _close_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    pass


async def _speak_ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    await reader.read(1 << 20)


def _name(word: str) -> Begin:
    def begin(ground: Ground) -> None:
        ground.names.write_text(word)
        # The kept-alive connection needs no name any more.
        ground.listen()

    return begin


CONNECT = (
    _kind("connect", "refused", "sidecar_down", Ground.close_port),
    _kind("connect", "black-holed SYN", "timeout", Ground.swallow),
    _kind("connect", "NXDOMAIN", "sidecar_down", _name("fail"), "name"),
    _kind("connect", "DNS hang", "timeout", _name("hang"), "name"),
    _kind("connect", "accept then close", "sidecar_down", lambda ground: ground.listen(speaker=_close_at_once)),
    _kind("connect", "speaks no HTTP", "sidecar_down", lambda ground: ground.listen(speaker=_speak_ssh)),
)

# TLS: the proxy ends it


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(1 << 16):
        pass


def _speak_plainly(ground: Ground) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ground.proxy.plain.append(await reader.read(1 << 16))
        writer.write(response(400, "text/html", b"<h1>plain</h1>").encoded())

    ground.listen(speaker=speak)


def _shows(context: Callable[[], ssl.SSLContext]) -> Begin:
    made = functools.cache(context)
    return lambda ground: ground.listen(tls=made())


TLS = (
    _kind("tls", "expired", "tls", _shows(certificates.expired), "https"),
    _kind("tls", "wrong host", "tls", _shows(certificates.wrong_host), "https"),
    _kind("tls", "unknown CA", "tls", _shows(certificates.unknown_authority), "https"),
    _kind("tls", "self-signed", "tls", _shows(certificates.self_signed), "https"),
    _kind("tls", "handshake stall", "timeout", lambda ground: ground.listen(speaker=_say_nothing), "https"),
    _kind("tls", "TLS 1.0 only", "tls", _shows(certificates.tls_1_0), "https"),
    # Under TLS 1.3 the refusal comes when the client has begun to send, so a reset may come before it.
    _kind("tls", "client certificate refused", "tls sidecar_down", _shows(certificates.asks_for_client), "https"),
    _kind("tls", "plaintext on the TLS port", "tls", _speak_plainly, "https"),
)

# while the request is sent


def _close_window(ground: Ground) -> None:
    ground.listen(buffer=2048)
    ground.play(acts.take_no_more)


SEND = (
    _kind("send", "reset in the request", "sidecar_down", _played(acts.reset), saved=True),
    _kind("send", "zero window", "timeout", _close_window),
    # The gateway closes while the body is still on its way: the reply may be lost.
    _kind("send", "413", "sidecar_error sidecar_down", _played(acts.too_large)),
)

# HTTP


def _redirected(ground: Ground) -> None:
    ground.play(acts.redirect(307 + ground.seq % 2, lambda: ground.trap.url))


HTTP = (
    _kind("http", "400", "sidecar_error", _played(acts.problem(400, "bad_option"))),
    _kind("http", "401", "auth", _played(acts.problem(401, "unauthorized")), saved=True),
    _kind("http", "403", "auth", _played(acts.problem(403, "forbidden"))),
    _kind("http", "404", "sidecar_error", _played(acts.page(404))),
    # The third attempt may have too little time left for an answer.
    _kind("http", "429", "overloaded timeout", _played(acts.problem(429, "busy", Retry_After="0.1")), saved=True),
    _kind("http", "500 as HTML", "sidecar_error", _played(acts.page(500)), saved=True),
    _kind("http", "502", "sidecar_error", _played(acts.page(502)), saved=True),
    _kind("http", "503", "overloaded timeout", _played(acts.problem(503, "busy", Retry_After="0.1")), saved=True),
    _kind("http", "307 and 308", "bad_response", _redirected),
)

# bodies


def _nan_or_inf(ground: Ground) -> None:
    score = (b"NaN", b"inf", b"-inf")[ground.seq % 3]
    ground.play(acts.rows(lambda found: acts.with_score(found, score)))


def _oversize_or_bomb(ground: Ground) -> None:
    ground.play(acts.oversize if ground.seq % 2 else acts.whole(acts.bomb))


BODY = (
    _kind("body", "short Content-Length", "bad_response", _played(acts.short_length)),
    _kind("body", "cut chunked coding", "bad_response", _played(acts.cut_chunked)),
    _kind("body", "drip", "timeout", _played(acts.drip)),
    _kind("body", "empty 200", "bad_response", _played(acts.whole(acts.empty))),
    _kind("body", "bad JSON", "sidecar_error", _played(acts.whole(acts.half_json)), saved=True),
    _kind("body", "NaN and infinity", "bad_response", _nan_or_inf),
    _kind("body", "short rows", "bad_response", _played(acts.rows(lambda found: found[:-1]))),
    _kind("body", "long rows", "bad_response", _played(acts.rows(acts.long))),
    _kind("body", "shuffled rows", "bad_response", _played(acts.rows(acts.shuffled))),
    _kind("body", "mixed model versions", "bad_response", _played(acts.rows(acts.mixed))),
    _kind("body", "oversize or gzip bomb", "bad_response", _oversize_or_bomb),
)

# the sidecar itself


def _kill_in_request(ground: Ground) -> None:
    async def act(call: Call) -> None:
        # Frozen first: else the answer might be there before the end is.
        if ground.sidecar.alive():
            ground.sidecar.freeze()
        await call.genuine(sent=ground.sidecar.kill)

    ground.play(act)


def _freeze(ground: Ground) -> None:
    ground.sidecar.freeze()


def _take_memory(ground: Ground) -> None:
    """Odd chunks: the address space is limited, so that allocations fail. Even: the kernel's own way, a SIGKILL."""
    if ground.seq % 2:
        ground.limit_memory()
        return

    async def act(call: Call) -> None:
        if ground.sidecar.alive():
            ground.sidecar.freeze()
        await call.genuine(sent=ground.kill_workers)

    ground.play(act)


def _another_model(ground: Ground) -> None:
    other = ground.another_home()
    ground.sidecar.kill()
    ground.start(other)
    ground.listen()


SIDECAR = (
    _kind("sidecar", "SIGKILL in the request", "sidecar_down", _kill_in_request),
    _kind("sidecar", "SIGSTOP", "timeout", _freeze),
    _kind("sidecar", "out of memory", "sidecar_error sidecar_down overloaded timeout", _take_memory, scores=True),
    _kind("sidecar", "restart with another model", "", _another_model, scores=True),
)

# the command itself: searches.py ends or feeds it so; the reply to the chunk in question never comes

_HELD = _played(acts.hold)
COMMAND = (
    # With the last chunk sent, the end of the input is no cancel any more: its rows are waited for.
    _kind("command", "stdin EOF", "timeout", _HELD),
    _kind("command", "SIGTERM", "", _HELD),
    _kind("command", "SIGPIPE", "", _HELD),
    _kind("command", "truncated input chunk", "", lambda ground: None),
    _kind("command", "preview", "preview", lambda ground: None),
)

KINDS = {kind.name: kind for kind in (*CONNECT, *TLS, *SEND, *HTTP, *BODY, *SIDECAR, *COMMAND)}
