"""A server that counts what it is told: connections, bytes on the wire, and bytes after a finished handshake."""

import socket
import ssl
import threading
from contextlib import suppress

ANSWER = b"HTTP/1.1 500 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Listener:
    """Listens on loopback; `tls` may be changed between connections. Use it as a context manager."""

    def __init__(self, tls: ssl.SSLContext | None = None, answer: bytes = ANSWER) -> None:
        self.tls = tls
        self.answer = answer
        self.connections = 0
        self.heard = b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "Listener":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            pass
        self._thread.join(10)
        self._socket.close()

    def forget(self) -> None:
        """Count anew."""
        self.connections, self.heard = 0, b""

    def _serve(self) -> None:
        while True:
            line, _ = self._socket.accept()
            with line:
                if self._done.is_set():
                    return
                self.connections += 1
                with suppress(OSError):  # a client that refuses us hangs up
                    self._talk(line)

    def _talk(self, line: socket.socket) -> None:
        line.settimeout(5)
        if self.tls is None:
            self._hear(line)
            return
        with self.tls.wrap_socket(line, server_side=True) as inside:
            self._hear(inside)

    def _hear(self, line: socket.socket) -> None:
        request, block = b"", b"."
        while block and not _whole(request):
            block = line.recv(65536)
            request += block
            self.heard += block
        line.sendall(self.answer)


def _whole(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    if not end:
        return request[:1] == b"\x16"  # a handshake: what speaks plain HTTP answers at once
    lengths = [row for row in head.lower().splitlines() if row.startswith(b"content-length:")]
    return not lengths or len(body) >= int(lengths[0].partition(b":")[2])
