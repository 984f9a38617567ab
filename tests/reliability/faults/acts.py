"""What the proxy does with one request: the faults that happen inside HTTP."""

import asyncio
import base64
import gzip
import hashlib
import json
from collections.abc import Callable

from tests.reliability.faults import lines
from tests.reliability.faults.http11 import Fields, Message, response
from tests.reliability.faults.proxy import Act, Call

_PATIENCE_S = 120
_BOMB = 64 << 20


def echo(call: Call) -> Fields:
    """The fields of a reply that belongs to this request."""
    digest = call.head.get("AIScore-Digest")
    return [("AIScore-Request-Id", call.asked.request_id), ("AIScore-Digest", digest)]


async def hold(call: Call) -> None:
    """Take the request and say nothing."""
    await call.take()
    await call.gone()


# while the request is sent


async def reset(call: Call) -> None:
    """End the connection with a reset before the request is whole."""
    await asyncio.sleep(0.02)
    call.reset()


async def take_no_more(call: Call) -> None:
    """Read no byte of the body: the window closes. (The listener's kernel buffer is small.)"""
    call.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(_PATIENCE_S)


async def take_slowly(call: Call) -> None:
    """Read the body as a slow line would bring it: it always moves, and takes three seconds for 5 MB."""
    found = []
    left = int(call.head.get("Content-Length"))
    while left:
        found.append(await call.piece(min(left, 1 << 16)))
        left -= len(found[-1])
        await asyncio.sleep(0.03)
    call.taken(b"".join(found))
    await call.send(await call.genuine())


async def too_large(call: Call) -> None:
    """413 at once, as a gateway does that looks at the length only; the body is left unread."""
    await call.send(response(413, "text/html", b"<h1>Request Entity Too Large</h1>", [("Connection", "close")]))
    await asyncio.sleep(0.05)
    call.close()


# statuses


def problem(status: int, code: str, **fields: str) -> Act:
    """An error in the sidecar's own words."""

    async def act(call: Call) -> None:
        await call.take()
        body = json.dumps({"title": code, "status": status, "detail": "no {luck}", "code": code}).encode()
        more = [(name.replace("_", "-"), value) for name, value in fields.items()]
        await call.send(response(status, "application/problem+json", body, echo(call) + more))

    return act


def page(status: int) -> Act:
    """An error page of something in between."""

    async def act(call: Call) -> None:
        await call.take()
        await call.send(response(status, "text/html", b"<html><h1>{oops}</h1></html>"))

    return act


def redirect(status: int, trap: Callable[[], str]) -> Act:
    """To another place, which must never be asked."""

    async def act(call: Call) -> None:
        await call.take()
        where = [("Location", trap() + call.asked.path)]
        await call.send(response(status, "text/html", b"moved", echo(call) + where))

    return act


# bodies: the sidecar's own reply, damaged on its way


def whole(change: Callable[[Message], Message]) -> Act:
    """The sidecar's reply with something changed, as a sidecar that is at fault itself would send it.

    Its length and digest are those of the changed body: what is wrong with it is all that can tell.
    """

    async def act(call: Call) -> None:
        reply = await call.genuine()
        changed = change(Message(reply.line, list(reply.fields), reply.body))
        digest = base64.b64encode(hashlib.sha256(changed.body).digest()).decode()
        fields = changed.replaced(Content_Length=str(len(changed.body)), Content_Digest=f"sha-256=:{digest}:")
        await call.send(Message(changed.line, fields, changed.body))

    return act


def rows(change: Callable[[list[bytes]], list[bytes]]) -> Act:
    """The sidecar's reply with the lines behind its header changed."""

    def changed(reply: Message) -> Message:
        header, *found = lines.cut(reply.body)
        return Message(reply.line, reply.fields, b"".join(line + b"\n" for line in [header, *change(found)]))

    return whole(changed)


async def short_length(call: Call) -> None:
    """A Content-Length that ends before the last line: what is read looks whole."""
    reply = await call.genuine()
    kept = reply.body.rstrip(b"\n").rfind(b"\n") + 1
    await call.send(Message(reply.line, reply.replaced(Content_Length=str(kept)), reply.body).encoded())
    call.close()


async def cut_chunked(call: Call) -> None:
    """Chunked coding that ends in the middle, at the end of a line."""
    reply = await call.genuine()
    fields = [pair for pair in reply.fields if pair[0].lower() != "content-length"]
    part = reply.body[: reply.body.rstrip(b"\n").rfind(b"\n") + 1]
    head = Message(reply.line, [*fields, ("Transfer-Encoding", "chunked")]).encoded()
    await call.send(head + b"%x\r\n" % len(part) + part + b"\r\n")
    call.close()


async def drip(call: Call) -> None:
    """A byte at a time: never silent, never done."""
    reply = await call.genuine()
    await call.send(Message(reply.line, reply.fields))
    for at in range(len(reply.body)):
        await call.send(reply.body[at : at + 1])
        await asyncio.sleep(0.05)


def empty(reply: Message) -> Message:
    """200 and nothing."""
    return Message(reply.line, reply.fields, b"")


def half_json(reply: Message) -> Message:
    """JSON that is none, said to be JSON."""
    return Message(reply.line, reply.replaced(Content_Type="application/json"), b'{"rows": [')


def bomb(reply: Message) -> Message:
    """Kilobytes that would become 64 MiB."""
    squeezed = gzip.compress(b"0" * _BOMB, 1)
    return Message(reply.line, reply.replaced(Content_Encoding="gzip"), squeezed)


async def oversize(call: Call) -> None:
    """More bytes than any honest reply has, announced by nobody."""
    reply = await call.genuine()
    fields = [pair for pair in reply.fields if pair[0].lower() != "content-length"]
    await call.send(Message(reply.line, [*fields, ("Transfer-Encoding", "chunked")], reply.body[:0]).encoded())
    block = b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"
    for _ in range(512):
        await call.send(block)


def with_score(found: list[bytes], score: bytes) -> list[bytes]:
    """Another score on the middle line."""
    at = len(found) // 2
    ordinal, _, rest = found[at].split(b",", 2)
    return [*found[:at], ordinal + b"," + score + b"," + rest, *found[at + 1 :]]


def long(found: list[bytes]) -> list[bytes]:
    """A line more than there are rows, numbered on."""
    return [*found, b"%d,%b" % (len(found), found[-1].partition(b",")[2])]


def shuffled(found: list[bytes]) -> list[bytes]:
    """The lines in another order; a single one comes as if it belonged to another row."""
    if len(found) == 1:
        return [b"1," + found[0].partition(b",")[2]]
    return [*found[1:], found[0]]


def mixed(found: list[bytes]) -> list[bytes]:
    """The middle line made by another version of the model than the reply says."""
    at = len(found) // 2
    before, name, after = found[at].partition(b"logon@")
    return [*found[:at], before + name + b"0" * 12 + after[12:], *found[at + 1 :]]
