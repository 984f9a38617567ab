"""Bytes to a real server's socket that are no right HTTP, or not quite."""

import random
import re
import select
import socket
import time
from dataclasses import dataclass
from urllib.parse import quote

from tests.reliability.fuzz import bodies
from tests.reliability.fuzz.asking import METHODS, PATHS
from tests.reliability.fuzz.words import text

ANSWER_S = 5.0
LIMIT_S = 4.0
PATIENCE_S = 0.5
ENDLESS = ("cut", "noise")
HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: hidden\r\n\r\n"
BODY = b"_time,user,dest,bytes\n1700000000,u1,h1,5\n"
LINE = re.compile(rb"HTTP/1\.[01] (\d{3}) ?[^\r\n]*\r\n")
INSIDE = (b"Traceback", b'.py"', b"panicked", b"RuntimeError")
OWN_REFUSALS = {400, 413, 414, 431}
"""Numbers that the HTTP library may answer by itself, without a word: what it reads is no HTTP."""


@dataclass(frozen=True)
class Bytes:
    """`hidden`: the bytes hold a request that no reader of them may take for one."""

    name: str
    content: bytes
    hidden: bool = False


def made(chance: random.Random, ticket: str) -> Bytes:
    """Any of these."""
    shapes = (_line, _header, _huge, _smuggled, _pipelined, _version, _noise, _cut, _path, _path)
    return chance.choice(shapes)(chance, f"Authorization: Bearer {ticket}\r\n".encode())


def _line(chance: random.Random, bearer: bytes) -> Bytes:
    line = chance.choice((
        b"", b"GET", b"GET /healthz", b"GET  /healthz HTTP/1.1", b" GET /healthz HTTP/1.1", b"GET /healthz HTTP/1.1 x",
        b"GET\t/healthz\tHTTP/1.1", b"GET /health z HTTP/1.1", b"\x00GET / HTTP/1.1", b"GET /\x00 HTTP/1.1",
        b"G\xff T / HTTP/1.1",
        b"GET http:///x HTTP/1.1", b"GET http://a@b:c/ HTTP/1.1", b"GET //host/healthz HTTP/1.1",
        b"GET healthz HTTP/1.1",
        b"GET * HTTP/1.1", b"OPTIONS * HTTP/1.1", b"CONNECT a:1 HTTP/1.1", b"GET /healthz#x HTTP/1.1",
        b"GET /healthz?\xff HTTP/1.1",
        b"GET /\xe9 HTTP/1.1", b"GET /healthz?" + b"a" * 70_000 + b" HTTP/1.1", b"A" * 70_000,
    ))  # fmt: skip
    return Bytes("line", line + b"\r\nHost: x\r\n" + bearer + b"\r\n")


def _header(chance: random.Random, bearer: bytes) -> Bytes:
    header = chance.choice((
        b"X: a\r\n b", b"X : a", b" X: a", b": a", b"X", b"X: \x00", b"X: \xff\xfe", b"X\x00: a", b"X: a\rY: b",
        b"X: a\nY: b",
        b"Host: y", b"Host: \xff", b"Host: a b", b"Content-Length:", b"Content-Length: x", b"Content-Length: -1",
        b"Content-Length: +5",
        b"Content-Length: 0x5", b"Content-Length: 5, 5", b"Content-Length: 99999999999999999999",
        b"Content-Length: " + b"9" * 5000,
        b"Transfer-Encoding: xchunked", b"Transfer-Encoding: identity", b"Transfer-Encoding: gzip, chunked",
        b"Connection: x\x01",
        b"Upgrade: websocket\r\nConnection: Upgrade",
        b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAAA",
        b"Expect: x", b"Expect: 100-continue", b"AIScore-Request-Id: a\tb", b"AIScore-Search: \xff",
        b"AIScore-Digest: \xe9",
        b"AIScore-Carry: \xc3\xa9", b"Content-Type: \xff", b"Authorization: Bearer \xe9",
        b"Authorization: Bearer t1.\xff.\xff", b"Cookie: \x80",
    ))  # fmt: skip
    method = chance.choice((b"GET /metrics", b"POST /v1/score?model=usual&explain=none", b"POST /v1/models"))
    return Bytes("header", method + b" HTTP/1.1\r\nHost: x\r\n" + bearer + header + b"\r\n\r\n")


def _huge(chance: random.Random, bearer: bytes) -> Bytes:
    count, size = chance.choice(((1, 60_000), (1, 300_000), (90, 10), (150, 10), (5000, 10), (100, 4000)))
    headers = b"".join(b"X-%d: %s\r\n" % (number, b"a" * size) for number in range(count))
    return Bytes("huge", b"GET /metrics HTTP/1.1\r\nHost: x\r\n" + bearer + headers + b"\r\n")


def _smuggled(chance: random.Random, bearer: bytes) -> Bytes:
    head = b"POST /v1/models HTTP/1.1\r\nHost: x\r\n" + bearer
    size = b"%d" % len(HIDDEN)
    headers, before, hidden = chance.choice((
        (b"Content-Length: 0\r\nContent-Length: " + size, b"", True),
        (b"Content-Length: " + size + b"\r\nContent-Length: 0", b"", True),
        (b"Content-Length: " + size + b"\r\nContent-Length: " + size, b"", True),
        (b"Content-Length: " + size + b"\r\nTransfer-Encoding: chunked", b"0\r\n\r\n", False),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 3", b"0\r\n\r\n", False),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", b"0\r\n\r\n", True),
        (b"Transfer-Encoding: \x0bchunked", b"0\r\n\r\n", True),
        (b"Transfer-Encoding:\r\n chunked", b"0\r\n\r\n", True),
        (b"Transfer-Encoding : chunked", b"0\r\n\r\n", True),
        (b"Content-Length: 0\nContent-Length: " + size, b"", True),
        (b"Content-Length: 0_" + size, b"", True),
        (b"Transfer-Encoding: chunked", b"FFFFFFFFFFFFFFFFF\r\n", True),
        (b"Transfer-Encoding: chunked", b"-1\r\n", True),
        (b"Transfer-Encoding: chunked", b"5;x=\"\r\n", True),
        (b"Transfer-Encoding: chunked", b"0x0\r\n\r\n", True),
        (b"Content-Length: " + size, b"", True),
    ))  # fmt: skip
    return Bytes("smuggled", head + headers + b"\r\n\r\n" + before + HIDDEN, hidden)


def _pipelined(chance: random.Random, bearer: bytes) -> Bytes:
    score = b"POST /v1/score?model=usual&explain=none HTTP/1.1\r\nHost: x\r\n" + bearer
    score += b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    ask = b"GET /metrics HTTP/1.1\r\nHost: x\r\n" + bearer + b"\r\n"
    return Bytes("pipelined", b"".join(chance.choice((score, ask, ask)) for _ in range(chance.choice((2, 3, 20)))))


def _version(chance: random.Random, bearer: bytes) -> Bytes:
    content = chance.choice((
        b"GET /healthz\r\n", b"GET /healthz HTTP/1.0\r\n\r\n", b"GET /healthz HTTP/0.9\r\n\r\n",
        b"GET /healthz HTTP/2.0\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n\r\n", b"GET /healthz http/1.1\r\nHost: x\r\n\r\n", b"GET /healthz HTTP/1.1\n\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"SSH-2.0-x\r\n", b"EHLO x\r\n", b"GET /healthz HTTP/1.1\r\n\r\n",
        b"\r\n\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    ))  # fmt: skip
    return Bytes("version", content)


def _noise(chance: random.Random, bearer: bytes) -> Bytes:
    return Bytes("noise", chance.randbytes(chance.choice((1, 20, 400, 9000))))


def _cut(chance: random.Random, bearer: bytes) -> Bytes:
    body = bodies.body(chance).content
    kind = chance.choice((b"text/csv", b"application/json"))
    head = b"POST /v1/score?model=usual&explain=none HTTP/1.1\r\nHost: x\r\nContent-Type: " + kind + b"\r\n" + bearer
    whole = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    return Bytes("cut", whole[: chance.randrange(1, len(whole) + 1)])


def _path(chance: random.Random, bearer: bytes) -> Bytes:
    path = chance.choice(PATHS) if chance.random() < 0.5 else "/v1/" + quote(text(chance), safe="/%?#")
    method = chance.choice(METHODS)
    line = f"{method} {path} HTTP/1.1\r\nHost: x\r\n".encode()
    return Bytes("path", line + bearer + b"\r\n")


def answered(port: int, sent: Bytes) -> tuple[bytes, float]:
    """All that comes back until the server closes or falls silent, and in what time the first of it came."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S) as line:
        found, first = b"", 0.0
        try:
            line.sendall(sent.content)
            # Who ends its half is taken for gone, and may get no answer: only what has no end is ended at once.
            if sent.name not in ENDLESS:
                select.select([line], [], [], PATIENCE_S)
                first = time.perf_counter() - began
            line.shutdown(socket.SHUT_WR)
            while piece := line.recv(65536):
                first = first or time.perf_counter() - began
                found += piece
        except TimeoutError:
            return found, ANSWER_S
        except OSError:  # it was closed before all was sent
            pass
    return found, first or time.perf_counter() - began


def wrong(sent: Bytes, answer: bytes, seconds: float) -> list[str]:
    """What is wrong with what came back; silence is a right answer to nonsense."""
    found = [f"it tells {word!r}" for word in INSIDE if word in answer]
    heads = list(LINE.finditer(answer))
    if answer and (not heads or heads[0].start()):
        found.append(f"an answer that is no HTTP: {answer[:80]!r}")
    for at, head in enumerate(heads):
        status = int(head[1])
        stop = heads[at + 1].start() if at + 1 < len(heads) else len(answer)
        fields, _, body = answer[head.end() : stop].partition(b"\r\n\r\n")
        if status >= 500:
            found.append(f"status {status}: {body[:120]!r}")
        if status >= 400 and b"application/problem+json" not in fields and (body or status not in OWN_REFUSALS):
            found.append(f"status {status} is no problem+json: {fields[:80]!r} {body[:80]!r}")
    if sent.hidden and sum(b'"status":"ok"' in piece for piece in answer.split(b"HTTP/1.1 ")):
        found.append("the hidden request was answered")
    if seconds > LIMIT_S:
        found.append(f"it took {seconds:.1f} s")
    return found
