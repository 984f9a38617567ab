"""Which server carries the sidecar: speed, TLS and slow clients, measured on this machine.

`python -m bench.servers [name ...]`; needs waitress and gunicorn beside the pinned packages. Each server runs the same
Flask application, which reads a CSV body and answers one short line a row; a real score costs far more, so the
figures compare servers, not the product. Compare within one run only.
"""

import argparse
import json
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import requests
from flask import Flask, request

ROW = b"1700000000,alice,dc01,4624,success" + b",x" * 70 + b"\n"
SECONDS = 4.0
CLIENTS = 2
SLOW = 1000


def make_app() -> Flask:
    """The application every server runs; /healthz is what a balancer asks."""
    app = Flask("bench", root_path=str(Path(__file__).parent))

    @app.post("/v1/score")
    def score() -> tuple[bytes, dict[str, str]]:
        rows = request.get_data(cache=False).count(b"\n")
        return b"0.123456,low,12,0.5,,because\n" * rows, {"Content-Type": "text/csv"}

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    return app


def make_door() -> Any:
    """The same application behind the sidecar's door."""
    from sidecar.api.door import Door
    from sidecar.wire import Limits

    app = make_app()
    app.extensions["aiscore"] = SimpleNamespace(
        gate=SimpleNamespace(caller=lambda authorization: None),
        limits=Limits(),
        metrics=SimpleNamespace(answered=lambda *facts: None),
    )
    return Door(app, workers=8, uploads=32, body_timeout_s=5.0)


def serve_granian(interface: str, target: str, tls: tuple[Path, Path] | None) -> None:
    """Granian with 16 threads (WSGI) or the door's own (RSGI)."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings

    Granian(
        target, "127.0.0.1", 9443, interface=Interfaces(interface), factory=True, websockets=False, backpressure=4096,
        http1_settings=HTTP1Settings(header_read_timeout=10_000), log_enabled=False,
        ssl_cert=tls[0] if tls else None, ssl_key=tls[1] if tls else None,
        blocking_threads=16 if interface == "wsgi" else None,
    ).serve()  # fmt: skip


def serve_waitress() -> None:
    """Waitress as tuned as it gets; it speaks no TLS."""
    from waitress import serve

    serve(
        make_app(),
        host="127.0.0.1",
        port=9443,
        threads=16,
        connection_limit=4096,
        channel_timeout=10,
        asyncore_use_poll=True,
    )


def serve_gunicorn(tls: tuple[Path, Path] | None) -> None:
    """Gunicorn with threads."""
    words = ["gunicorn", "-k", "gthread", "--threads", "16", "--worker-connections", "4096", "-b", "127.0.0.1:9443"]
    secure = ["--certfile", str(tls[0]), "--keyfile", str(tls[1])] if tls else []
    program = Path(sys.executable).parent / "gunicorn"
    os.execv(program, [*words, *secure, "--log-level", "error", "bench.servers:make_app()"])


SERVERS: dict[str, Callable[[tuple[Path, Path] | None], None]] = {
    "granian, behind our door": lambda tls: serve_granian("rsgi", "bench.servers:make_door", tls),
    "granian, WSGI": lambda tls: serve_granian("wsgi", "bench.servers:make_app", tls),
    "gunicorn gthread": serve_gunicorn,
    "waitress": lambda tls: serve_waitress(),
}
NO_TLS = {"waitress"}


@contextmanager
def running(name: str, tls: tuple[Path, Path] | None) -> Iterator[str]:
    """The server as a child process; gives its address."""
    words = [sys.executable, "-m", "bench.servers", "--serve", name, *(map(str, tls) if tls else ())]
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0)
    url = f"{'https' if tls else 'http'}://127.0.0.1:9443"
    try:
        for _ in range(100):
            with suppress(requests.RequestException):
                requests.get(f"{url}/healthz", timeout=1, verify=str(tls[0]) if tls else True)
                break
            time.sleep(0.1)
        yield url
    finally:
        os.killpg(child.pid, 9)
        child.wait()
        time.sleep(0.3)


def speed(url: str, rows: int, ca: Path | None) -> dict[str, float]:
    """Rows a second over keep-alive connections, and the 99th percentile of the answer time in ms."""
    body, took = b"h\n" + ROW * rows, []
    end = time.monotonic() + SECONDS

    def client() -> None:
        with requests.Session() as session:
            session.trust_env = False  # or REQUESTS_CA_BUNDLE would win over our certificate
            session.verify = str(ca) if ca else True
            while time.monotonic() < end:
                begun = time.monotonic()
                session.post(f"{url}/v1/score", data=body, headers={"Content-Type": "text/csv"}).raise_for_status()
                took.append(time.monotonic() - begun)

    begun = time.monotonic()
    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = rows * len(took) / (time.monotonic() - begun)
    return {"rows_per_s": round(rate), "p99_ms": round(statistics.quantiles(took, n=100)[98] * 1000, 1)}


HALF_HEAD = b"POST /v1/score HTTP/1.1\r\nHost: x\r\nContent-Le"
HALF_BODY = b"POST /v1/score HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 1000\r\n\r\nabc"


def slow(url: str, count: int, sent: bytes, ca: Path | None, speak_tls: bool = True) -> str:
    """How long a health check takes (worst of three, ms) beside `count` clients that stop in the middle."""
    context = ssl.create_default_context(cafile=ca) if ca else None
    held = []
    with suppress(OSError):  # a server that takes no more of the crowd has shown enough
        for _ in range(count):
            plain = socket.create_connection(("127.0.0.1", 9443), timeout=5)
            line = context.wrap_socket(plain, server_hostname="127.0.0.1") if context and speak_tls else plain
            line.send(sent)
            held.append(line)
    worst = max(_health_ms(url, ca) for _ in range(3))
    for line in held:
        line.close()
    return "no answer in 3 s" if worst >= 3000 else f"{worst:.0f}"


def _health_ms(url: str, ca: Path | None) -> float:
    begun = time.monotonic()
    try:
        requests.get(f"{url}/healthz", timeout=3, verify=str(ca) if ca else True).raise_for_status()
    except requests.RequestException:
        return 3000.0
    return (time.monotonic() - begun) * 1000


def measured(name: str, tls: tuple[Path, Path] | None) -> dict[str, Any]:
    """Every figure of one server; each slow crowd meets a fresh process."""
    ca = tls[0] if tls else None
    with running(name, tls) as url:
        found: dict[str, Any] = {f"{rows}_rows": speed(url, rows, ca) for rows in (1000, 10_000)}
    for what, sent, speak in (
        ("half_heads", HALF_HEAD, True),
        ("half_bodies", HALF_BODY, True),
        ("half_handshakes", b"\x16\x03", False),
    ):
        if what == "half_handshakes" and not tls:
            continue
        with running(name, tls) as url:
            found[f"health_ms_beside_{SLOW}_{what}"] = slow(url, SLOW, sent, ca, speak)
    return found


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    words = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*words.split(), "-out", cert, "-keyout", key], check=True, capture_output=True)
    return cert, key


def main() -> None:
    """Measure the named servers, or all, and print one JSON line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(SERVERS))
    parser.add_argument("--serve", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        name, *files = arguments.serve
        SERVERS[name]((Path(files[0]), Path(files[1])) if files else None)
        return
    with tempfile.TemporaryDirectory() as folder:
        pair = certificate(Path(folder))
        for name in arguments.names:
            for tls in (None, pair):
                if not (tls and name in NO_TLS):
                    print(json.dumps({"server": name, "tls": bool(tls)} | measured(name, tls)), flush=True)


if __name__ == "__main__":
    main()
