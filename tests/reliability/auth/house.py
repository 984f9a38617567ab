"""A sidecar that has changed its secret twice and knows some tokens; asked in this process or over the wire."""

import http.client
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from flask import Flask

from sidecar import shared_secret, tokens
from sidecar.app import create_app, open_ledger
from sidecar.keys import key_in, new_key
from sidecar.settings import Settings
from tests.reliability.auth.credentials import SCOPES, World
from tests.reliability.auth.matrix import Ask, Cell, Reply

ROOT = Path(__file__).resolve().parents[3]


def furnish(home: Path) -> World:
    """Make the home: a forgotten secret, a former and a present one; a token for each scope, and a revoked one."""
    settings = Settings(home=home)
    ledger = open_ledger(settings)
    made = {scope: tokens.create(ledger, scope, (scope,), by="ann") for scope in SCOPES}
    made["all"] = tokens.create(ledger, "all", SCOPES, by="ann")
    made["revoked"] = tokens.create(ledger, "gone", SCOPES, by="ann")
    tokens.revoke(ledger, made["revoked"].split(".")[1], by="ann")
    keys, now = home / "keys", time.time()
    forgotten = key_in(keys, "ticket")
    shared_secret.rotate(keys, former := new_key(), now)
    shared_secret.forget(keys)
    shared_secret.rotate(keys, present := new_key(), now)
    return World(present, former, forgotten, now, made)


def in_process(home: Path) -> tuple[Flask, Ask]:
    """The application over the home, and a way to ask it."""
    app = create_app(Settings(home=home))
    client = app.test_client()

    def ask(cell: Cell) -> Reply:
        headers = {"Content-Type": "text/csv"}
        if cell.credential.header is not None:
            headers["Authorization"] = cell.credential.header
        found = client.open(cell.url, method=cell.method, data=cell.body, headers=headers)
        return Reply(found.status_code, {name.lower(): value for name, value in found.headers.items()}, found.data)

    return app, ask


class Server:
    """`aiscore serve` over a home; use it as a context manager."""

    def __init__(self, home: Path, *words: str, environment: dict[str, str] | None = None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.log = home.parent / f"{home.name}-{self.port}.log"
        command = [sys.executable, "-m", "sidecar", "serve", "--home", str(home), "--bind", f"127.0.0.1:{self.port}"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*command, *words], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, env=os.environ | (environment or {})
            )
        self.line: http.client.HTTPConnection | None = None

    def __enter__(self) -> "Server":
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self.process.terminate()
        self.process.wait(30)

    def hang_up(self) -> None:
        if self.line:
            self.line.close()
        self.line = None

    def ask(self, cell: Cell) -> Reply:
        """Over one kept-alive connection; once more when the server has closed it meanwhile."""
        for last in (False, True):
            try:
                return self._asked(cell)
            except (http.client.HTTPException, OSError):
                self.hang_up()
                if last:
                    raise
        raise AssertionError

    def _asked(self, cell: Cell) -> Reply:
        line = self.line = self.line or http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        line.putrequest(cell.method, cell.url, skip_accept_encoding=True)
        line.putheader("Content-Type", "text/csv")
        line.putheader("Content-Length", str(len(cell.body)))
        if cell.credential.header is not None:
            line.putheader("Authorization", cell.credential.header.encode("utf-8"))
        line.endheaders(cell.body)
        reply = line.getresponse()
        headers = {name.lower(): value for name, value in reply.getheaders()}
        return Reply(reply.status, headers, reply.read())
