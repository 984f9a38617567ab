"""A proxy between the command and the sidecar that plays one fault, and a witness of what the sidecar really said.

It runs in a thread of its own. What listens at its port can be changed at any time: every open connection is then
dropped, as a restart would.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from tests.reliability.faults.http11 import Lost, Message, read_body, read_head

_LIMIT_S = 60
Speaker = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""What talks to a client that has connected."""


@dataclass
class Asked:
    """What the proxy saw of a request: the chunk's number in the search, its id, and the sidecar's genuine reply."""

    method: str
    path: str
    seq: int
    request_id: str
    body: bytes = b""
    reply: Message | None = None

    @property
    def scores(self) -> bool:
        """Whether scores were asked for."""
        return self.path.startswith("/v1/score")


class Call:
    """One request in the proxy's hands: a fault decides what becomes of it."""

    def __init__(self, proxy: "Proxy", head: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.head, self._proxy, self._reader, self.writer = head, proxy, reader, writer
        method, path, _ = head.line.split(" ")
        seq = head.get("AIScore-Search").rpartition("/")[2]
        self.asked = Asked(method, path, int(seq) if seq.isdigit() else -1, head.get("AIScore-Request-Id"))
        self._read = False

    async def take(self) -> bytes:
        """The request's body."""
        if not self._read:
            self.asked.body = await read_body(self._reader, self.head)
            self._read = True
        return self.asked.body

    async def piece(self, size: int) -> bytes:
        """Some bytes of the body, for who takes it piece by piece and says at last what was `taken`."""
        return await self._reader.readexactly(size)

    def taken(self, body: bytes) -> None:
        """The whole body."""
        self.asked.body, self._read = body, True

    async def genuine(self, sent: Callable[[], None] = lambda: None) -> Message:
        """The sidecar's own reply; `sent` is called when the request is on its way. Raises Lost."""
        body = await self.take()
        asking = asyncio.ensure_future(self._asked_upstream(body, sent))
        leaving = asyncio.ensure_future(self.gone())
        await asyncio.wait({asking, leaving}, return_when=asyncio.FIRST_COMPLETED)
        for task in (leaving, asking):
            if not task.done():
                task.cancel()
        await asyncio.wait({asking, leaving})
        if asking.cancelled():
            raise Lost
        self.asked.reply = await asking
        return self.asked.reply

    async def _asked_upstream(self, body: bytes, sent: Callable[[], None]) -> Message:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._proxy.upstream)
        except OSError as failure:
            raise Lost from failure
        try:
            writer.write(Message(self.head.line, self.head.fields, body).encoded())
            # Who is frozen takes no more than the sockets hold; the rest goes when it can.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(writer.drain(), 0.5)
            sent()
            reply = await read_head(reader)
            reply.body = await read_body(reader, reply)
            return reply
        except OSError as failure:
            raise Lost from failure
        finally:
            writer.close()

    async def gone(self) -> None:
        """Return when the command has hung up; it sends nothing before its reply has come."""
        with contextlib.suppress(OSError):
            while await self._reader.read(1 << 16):
                pass
        self._proxy.hung_up += 1

    async def send(self, data: bytes | Message) -> None:
        """Bytes for the command, or a whole message. Raises Lost when it has hung up."""
        try:
            self.writer.write(data if isinstance(data, bytes) else data.encoded())
            await self.writer.drain()
        except OSError as failure:
            raise Lost from failure

    def close(self) -> None:
        """No more on this connection; what was sent still arrives."""
        raise Lost

    def reset(self) -> None:
        """End the connection with a reset."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        raise Lost


Act = Callable[[Call], Coroutine[Any, Any, None]]


@dataclass
class Fault:
    """`act` is played on the requests that `chosen` picks, `attempts` times at most (None: always)."""

    chosen: Callable[[Asked], bool]
    act: Act
    attempts: int | None = None
    acted: int = 0

    def meets(self, asked: Asked) -> bool:
        """Whether this request gets it."""
        return self.chosen(asked) and (self.attempts is None or self.acted < self.attempts)


@dataclass
class Proxy:
    """Listens on a port of the loopback address; `upstream` is the sidecar's port.

    `seen` are the requests, `hung_up` how many of them the command gave up, `plain` what a listener without TLS was
    sent where TLS should be spoken.
    """

    upstream: int = 0
    fault: Fault | None = None
    seen: list[Asked] = field(default_factory=list)
    hung_up: int = 0
    plain: list[bytes] = field(default_factory=list)

    def __enter__(self) -> "Proxy":
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._held: list[socket.socket] = []
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_LIMIT_S)

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    # what listens at the port

    def listen(self, speaker: Speaker | None = None, tls: ssl.SSLContext | None = None, buffer: int = 0) -> None:
        """Drop every connection and listen anew; `buffer` makes the kernel take hardly more bytes than are read."""
        self._do(self._listen(speaker or self._converse, tls, buffer))

    def shut(self) -> None:
        """Drop every connection and no longer listen."""
        self._do(self._shut())

    def swallow(self) -> None:
        """A listener whose queue is full: further SYNs get no answer at all."""
        self._do(self._shut())
        deaf = socket.create_server(("127.0.0.1", self.port), backlog=0)
        self._held.append(deaf)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            self._held.append(filler)
            with contextlib.suppress(BlockingIOError):
                filler.connect(("127.0.0.1", self.port))

    async def _shut(self) -> None:
        for held in self._held:
            held.close()
        self._held.clear()
        if self._server:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()
        self._writers.clear()

    async def _listen(self, speaker: Speaker, tls: ssl.SSLContext | None, buffer: int) -> None:
        await self._shut()
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        sock.bind(("127.0.0.1", self.port))

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.add(writer)
            try:
                with contextlib.suppress(Lost, ConnectionError):
                    await speaker(reader, writer)
            except asyncio.CancelledError:
                # A task that asyncio's streams started must not end as cancelled: they would complain of it.
                pass
            finally:
                self._writers.discard(writer)
                writer.close()

        patience_s = 5 if tls else None
        self._server = await asyncio.start_server(connected, sock=sock, ssl=tls, ssl_handshake_timeout=patience_s)

    # HTTP

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            call = Call(self, await read_head(reader), reader, writer)
            self.seen.append(call.asked)
            fault = self.fault
            if fault and fault.meets(call.asked):
                fault.acted += 1
                await fault.act(call)
            else:
                await call.send(await call.genuine())
