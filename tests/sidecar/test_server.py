"""A real server process on loopback: TLS, slow and greedy clients, sudden death."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from sidecar import tickets
from sidecar.settings import Settings
from tests.sidecar.conftest import SECRET, events

CHUNK = events(1, 20, seed=2)
ROOT = Path(__file__).parents[2]


@dataclass
class Server:
    """A running server: where it listens, its process, and a session that trusts it."""

    url: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    session: requests.Session

    def bearer(self, *scopes: str) -> dict[str, str]:
        ticket = tickets.make("ann", scopes or ("score", "fit", "admin"), SECRET.encode(), time.time())
        return {"Authorization": f"Bearer {ticket}", "Content-Type": "text/csv"}

    def post(self, path: str, body: bytes = b"") -> requests.Response:
        return self.session.post(self.url + path, data=body, headers=self.bearer(), timeout=30)

    def raw(self, text: bytes) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        line.sendall(text)
        return line


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(home: Path, port: int, *words: str) -> list[str]:
    return [sys.executable, "-m", "sidecar", "serve", "--home", str(home), "--bind", f"127.0.0.1:{port}", *words]


def start(home: Path, *words: str, ca: Path | None = None, **settings: str) -> Server:
    port = free_port()
    log = home.parent / f"log-{port}"
    names = {f"AISCORE_{name.upper()}": value for name, value in settings.items()}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command(home, port, *words),
            env=os.environ | {"AISCORE_TICKET_SECRET": SECRET} | names,
            stderr=out,
            cwd=ROOT,
        )
    session = requests.Session()
    session.trust_env = False
    session.verify = str(ca) if ca else True
    server = Server(f"{'https' if ca else 'http'}://127.0.0.1:{port}", port, process, log, session)
    try:
        wait_until(lambda: session.get(server.url + "/readyz", timeout=1).ok, server)
    except BaseException:
        session.close()
        process.kill()
        process.wait(10)
        raise
    return server


def wait_until(true: object, server: Server, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(requests.RequestException):
            if true():  # type: ignore[operator]
                return
        assert server.process.poll() is None, server.log.read_text()
        time.sleep(0.05)
    raise AssertionError(server.log.read_text())


@contextmanager
def serving(home: Path, *words: str, ca: Path | None = None, **settings: str) -> Iterator[Server]:
    server = start(home, *words, ca=ca, **settings)
    try:
        yield server
    finally:
        server.session.close()
        if server.process.poll() is None:
            server.process.terminate()
            assert server.process.wait(20) == 0


@pytest.fixture(scope="module")
def plain(fitted: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    import shutil

    home = Path(shutil.copytree(fitted, tmp_path_factory.mktemp("plain") / "home"))
    with serving(home, body_timeout_s="2", max_body_mb="1", max_upload_mb="2") as server:
        yield server


def test_a_chunk_is_scored_over_the_wire(plain: Server) -> None:
    reply = plain.post("/v1/score?model=ait&explain=none", CHUNK)
    assert reply.status_code == 200 and reply.text.count("\n") == 21
    assert reply.headers["AIScore-Model"].startswith("ait@")


def test_a_search_id_with_odd_letters_arrives_whole(plain: Server) -> None:
    path = "/v1/fit/scheduler__a%20b%40c__d%C3%A9%252f_at_1_2/1/0"
    assert plain.session.put(plain.url + path, data=CHUNK, headers=plain.bearer()).status_code == 200
    right = "/v1/fit?session=scheduler__a%20b%40c__d%C3%A9%252f_at_1_2/1&parts=2&model=x"
    assert plain.post(right).json()["mend"].startswith("send parts 1 ")


def test_a_stranger_is_refused_before_a_body_is_read(plain: Server) -> None:
    with plain.raw(b"POST /v1/score?model=ait HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc") as line:
        assert b" 401 " in line.recv(4096).splitlines()[0]


def head(server: Server, rest: str) -> bytes:
    bearer = server.bearer()["Authorization"]
    return f"POST /v1/score?model=ait HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer}\r\n{rest}\r\n\r\n".encode()


def test_a_body_announced_too_large_is_refused_before_it_is_read(plain: Server) -> None:
    with plain.raw(head(plain, "Content-Length: 99999999999")) as line:
        assert b" 413 " in line.recv(4096).splitlines()[0]


def test_a_body_without_its_length_is_refused(plain: Server) -> None:
    for sent in (b"", b"5\r\nab", b"5\r\nab,cd\r\n0\r\n\r\n"):
        with plain.raw(head(plain, "Transfer-Encoding: chunked") + sent) as line:
            assert b" 411 " in line.recv(4096).splitlines()[0]


def half_a_body(server: Server) -> bytes:
    return head(server, "Content-Length: 1000") + b"abc"


def test_slow_bodies_time_out_and_hold_nobody_up(plain: Server) -> None:
    with ExitStack() as held:
        for _ in range(200):
            held.enter_context(plain.raw(b"POST /v1/sco"))
        slow = [held.enter_context(plain.raw(half_a_body(plain))) for _ in range(100)]
        assert plain.post("/v1/score?model=ait&explain=none", CHUNK).status_code == 200
        assert plain.session.get(plain.url + "/healthz", timeout=1.5).ok
        assert all(b" 408 " in line.recv(4096).splitlines()[0] for line in slow)


def test_bodies_are_held_up_to_a_limit(plain: Server) -> None:
    big = head(plain, "Content-Length: 1048576") + b"x" * 1_000_000
    with ExitStack() as held:
        lines = [held.enter_context(plain.raw(big)) for _ in range(3)]
        assert plain.session.get(plain.url + "/healthz", timeout=1.5).ok
        answers = sorted(line.recv(4096).split(b" ")[1] for line in lines)
    assert answers == [b"408", b"408", b"429"]


def test_a_client_that_leaves_in_the_middle_of_a_body_holds_nothing(plain: Server) -> None:
    big = head(plain, "Content-Length: 1048576") + b"x" * 1_000_000
    for _ in range(8):
        plain.raw(big).close()
    wait_until(lambda: plain.post("/v1/score?model=ait&explain=none", events(1, 4000)).status_code == 200, plain, 1.8)


def test_a_body_cut_short_is_not_scored(plain: Server) -> None:
    rid = "c0ffee" + "0" * 26
    rest = f"Content-Type: text/csv\r\nAIScore-Request-Id: {rid}\r\nContent-Length: {len(CHUNK)}"
    with plain.raw(head(plain, rest) + CHUNK[:-40]):
        pass
    wait_until(lambda: rid in plain.log.read_text(), plain, 1.8)
    told = [json.loads(line) for line in plain.log.read_text().splitlines() if rid in line]
    assert [(line["event"], line["code"]) for line in told] == [("refused", "bad_body")]


def test_health_is_answered_while_scores_are_made(plain: Server) -> None:
    body = events(30, 1000, seed=5)
    answers = 0
    work = threading.Thread(target=lambda: plain.post("/v1/score?model=ait&explain=none", body))
    work.start()
    with requests.Session() as session:
        session.trust_env = False
        while work.is_alive():
            assert session.get(plain.url + "/healthz", timeout=5).ok
            answers += 1
    assert answers >= 5, "health checks waited for the one score request"


def test_the_log_is_json_lines_without_secrets(plain: Server) -> None:
    plain.post("/v1/score?model=ait&explain=none", CHUNK)
    lines = [json.loads(line) for line in plain.log.read_text().splitlines()]
    assert any(line["event"] == "request" and line["rows"] == 20 for line in lines)
    assert SECRET not in plain.log.read_text() and "Bearer" not in plain.log.read_text()


def test_a_home_and_a_port_are_served_once(plain: Server, home: Path, tmp_path: Path) -> None:
    for words, told in (
        (command(tmp_path / "other", plain.port), "cannot listen"),
        (command(Path(str(plain.log.parent / "home")), free_port()), "being served already"),
    ):
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, cwd=ROOT)
        assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, which is its own authority, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    words = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*words.split(), "-out", cert, "-keyout", key], check=True, capture_output=True)
    return cert, key


def test_with_a_certificate_only_https_is_spoken(home: Path, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    with serving(home, "--tls-cert", str(cert), "--tls-key", str(key), ca=cert) as server:
        assert server.post("/v1/score?model=ait&explain=none", CHUNK).status_code == 200
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{server.port}/healthz", timeout=5)
        with pytest.raises(requests.exceptions.SSLError):
            trusting_others = requests.Session()
            trusting_others.trust_env = False
            trusting_others.get(server.url + "/healthz", timeout=5)
        assert spoken(server.port, cert, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
        assert spoken(server.port, cert, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"


def spoken(port: int, ca: Path, version: ssl.TLSVersion) -> str | None:
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", port)) as line,
        context.wrap_socket(line, server_hostname="127.0.0.1") as tls,
    ):
        return tls.version()


def test_killed_in_the_middle_of_a_fit_it_says_so_after_the_restart(home: Path) -> None:
    server = start(home)
    accepted = server.post("/v1/fit?model=new&entity=user", events(30, 2000, seed=6))
    job = accepted.text.splitlines()[1].split(",")[1]
    wait_until(lambda: job_of(server, job)["state"] == "running", server)
    children = subprocess.run(["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True).stdout.split()
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(10)
    server.session.close()
    end = time.monotonic() + 5
    while any(Path(f"/proc/{child}/exe").exists() for child in children):
        assert time.monotonic() < end, "the serving process outlived the one that started it"
        time.sleep(0.02)
    with serving(home) as again:
        failed = job_of(again, job)
        assert failed["state"] == "failed" and "interrupted" in str(failed["message"])
        assert again.post("/v1/models?model=new").status_code == 404
        assert again.post("/v1/score?model=ait&explain=none", CHUNK).status_code == 200
    verified = subprocess.run(
        [sys.executable, "-m", "sidecar", "ledger", "verify", "--home", str(home)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert verified.returncode == 0 and "the chain holds" in verified.stdout


def job_of(server: Server, job: str) -> dict[str, object]:
    found: dict[str, object] = server.session.get(
        f"{server.url}/v1/jobs/{job}", headers=server.bearer(), timeout=5
    ).json()
    return found


def test_told_to_stop_it_answers_first(home: Path) -> None:
    answers: list[int] = []
    with serving(home) as server:
        many = events(30, 300, seed=9)
        url = "/v1/score?model=ait&explain=300&explain_engine=library"
        work = threading.Thread(target=lambda: answers.append(server.post(url, many).status_code))
        work.start()
        wait_until(lambda: busy(server) == 1.0, server, 5)
    work.join(5)
    assert answers == [200]


def busy(server: Server) -> float:
    text = server.session.get(server.url + "/metrics", headers=server.bearer(), timeout=5).text
    return float(text.split("\naiscore_busy_requests ")[1].split()[0])


def test_over_an_altered_ledger_it_does_not_start(home: Path) -> None:
    with sqlite3.connect(home / "ledger.db") as db:
        db.execute("DROP TRIGGER entry_never_changes")
        db.execute("UPDATE entry SET by = 'eve'")
    db.close()
    done = subprocess.run(command(home, free_port()), capture_output=True, text=True, timeout=40, cwd=ROOT)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    told = [line for line in map(json.loads, done.stderr.splitlines()) if line["event"] == "cannot start"]
    assert len(told) == 1 and "entry 1 was altered" in told[0]["reason"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--bind", "0.0.0.0:8765"], "not loopback"),
        (["--bind", "192.0.2.1:8765"], "not loopback"),
        (["--bind", "[::]:8765"], "not loopback"),
        (["--bind", "example.com:8765"], "not loopback"),
        (["--bind", "127.0.0.1"], "host:port"),
        (["--tls-cert", "/nowhere.pem"], "belong together"),
        (["--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.pem"], "not a file"),
    ],
)
def test_it_does_not_listen_where_that_would_be_unsafe(tmp_path: Path, words: list[str], told: str) -> None:
    from sidecar.errors import CallerError

    given = {words[at].strip("-").replace("-", "_"): words[at + 1] for at in range(0, len(words), 2)}
    with pytest.raises(CallerError, match=told):
        Settings(home=tmp_path, **given).check_serving()  # type: ignore[arg-type]


def test_killed_while_it_warms_up_it_starts_again(home: Path) -> None:
    """Kernels are compiled into the cache while the server starts: half of them there must not hurt the next start."""
    cache = home / "cache" / "numba"
    shutil.rmtree(cache, ignore_errors=True)
    log = home.parent / "killed.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command(home, free_port()), stderr=out, cwd=ROOT, start_new_session=True)
    end = time.monotonic() + 60
    while not list(cache.rglob("*.nbc")):
        assert time.monotonic() < end and process.poll() is None, log.read_text()
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
    assert b'"ready"' not in log.read_bytes(), "it was ready before it could be killed"
    with serving(home) as again:
        scored = again.post("/v1/score?model=ait&explain=all", CHUNK)
        assert scored.status_code == 200 and "not_explained" not in scored.text
