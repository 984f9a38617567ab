"""The REST endpoints of splunkd that the app calls, over http or https on the loopback address.

The scripts of restmap.conf run in processes of their own, as splunkd runs them, with the capability that is asked for
each method. Confs, saved searches and oneshot searches are in confs_rest.
"""

import contextlib
import json
import secrets
import ssl
import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.splunkd import pythons
from tests.splunkd.app import InstalledApp
from tests.splunkd.confs_rest import ConfsRest
from tests.splunkd.kvstore import KvStore

HERE = Path(__file__).resolve().parent
COLLECTIONS = "storage/collections/data/"


@dataclass
class User:
    """Somebody who is logged in: a session key and the roles of the app that were given to them."""

    name: str
    roles: tuple[str, ...] = ("aiscore_admin",)
    session_key: str = field(default_factory=lambda: secrets.token_hex(16))


class Splunkd:
    """A REST server for one installed app; use it as a context manager. `uri` is what commands are told."""

    def __init__(self, app: InstalledApp, *, python: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.app = app
        self.user = User("ana")
        self.users = {self.user.session_key: self.user}
        self.system_token = secrets.token_hex(16)
        self.passwords: dict[str, str] = {}
        self.calls: list[tuple[str, str]] = []
        self.overrides: dict[str, str] = {}
        self.indexes = {"summary"}
        self.received: list[dict[str, str]] = []
        self.kvstore = KvStore(app)
        self.confs = ConfsRest(app, self.overrides)
        scripts = (name for name in app.conf("restmap") if name.startswith("script:"))
        self._handlers = {name: HandlerProcess(app, python, name) for name in scripts}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_class(self))
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.uri = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Splunkd":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        for handler in self._handlers.values():
            handler.close()

    def log_in(self, name: str, *roles: str) -> User:
        """A further user with these roles of the app."""
        user = User(name, roles)
        self.users[user.session_key] = user
        return user

    def configure(self, **settings: object) -> None:
        """Keys of aiscore.conf [sidecar], as local/ would set them."""
        self.overrides.update({name: str(value) for name, value in settings.items()})

    def keep_secret(self, secret: str) -> None:
        """As if an admin had stored the sidecar's secret."""
        self.passwords["aiscore:ticket:"] = secret

    def capabilities(self, user: User) -> list[str]:
        """What the user's roles enable, from the app's authorize.conf."""
        roles = self.app.conf("authorize")
        found = [roles.get(f"role_{role}", {}) for role in user.roles]
        return sorted({name for role in found for name, value in role.items() if value == "enabled"})

    # routes: (status, JSON)

    def answer(self, method: str, path: str, token: str, form: dict[str, str], payload: str) -> tuple[int, Any]:
        """One call. The path is without its services or servicesNS/owner/app prefix."""
        self.calls.append((method, path))
        user = self.users.get(token)
        if user is None and token != self.system_token:
            return 401, _message("call not properly authenticated")
        if path == "authentication/current-context" and user:
            return 200, _entry(user.name, {"username": user.name, "capabilities": self.capabilities(user)})
        if path.startswith("storage/passwords"):
            return self._passwords(method, path, token, form)
        script = "script:" + path.replace("/", "_")
        if script in self._handlers and user:
            return self._script(script, method, user, form, payload)
        return self.confs.answer(method, path, user, form) or (404, _message("Not Found"))

    def receive(self, token: str, query: dict[str, str], event: str) -> tuple[int, Any]:
        """receivers/simple: one event for an index, which must be there."""
        if token not in self.users:
            return 401, _message("call not properly authenticated")
        if query.get("index") not in self.indexes:
            return 400, _message("supplied index is missing or disabled")
        self.received.append(query | {"_raw": event})
        return 200, {"index": query["index"], "bytes": len(event)}

    def collection(
        self, method: str, namespace: str, path: str, token: str, query: dict[str, str], payload: str
    ) -> tuple[int, Any]:
        """storage/collections/data: the KV store, whose collections are found in the app's namespace only."""
        self.calls.append((method, path))
        user = self.users.get(token)
        if user is None and token != self.system_token:
            return 401, _message("call not properly authenticated")
        if namespace not in ("aiscore", "-"):
            return 404, _message("Could not find object.")
        path = path.removeprefix(COLLECTIONS)
        return self.kvstore.answer(method, path, query, payload, user.name if user else "nobody")

    def _passwords(self, method: str, path: str, token: str, form: dict[str, str]) -> tuple[int, Any]:
        if token != self.system_token:
            return 403, _message("the capability list_storage_passwords is missing")
        name = unquote(path.removeprefix("storage/passwords").strip("/"))
        if method == "POST" and not name:
            name = f"{form.get('realm', '')}:{form['name']}:"
        elif name not in self.passwords:
            return 404, _message(f"{name} does not exist")
        if method == "POST":
            self.passwords[name] = form["password"]
        return 200, _entry(name, {"clear_password": self.passwords[name]})

    def _script(self, name: str, method: str, user: User, form: dict[str, str], payload: str) -> tuple[int, Any]:
        stanza = self.app.conf("restmap")[name]
        asked = stanza.get(f"capability.{method.lower()}", "")
        if not set(asked.split(" or ")) & set(self.capabilities(user)):
            return 403, _message(f"the capability {asked} is missing")
        system = {"system_authtoken": self.system_token} if stanza.get("passSystemAuth") == "true" else {}
        reply = self._handlers[name].ask(
            {
                **system,
                "output_mode": "json",
                "server": {"rest_uri": self.uri, "hostname": "splunk", "servername": "splunk", "guid": "0"},
                "session": {"user": user.name, "authtoken": user.session_key},
                "method": method,
                "query": [["output_mode", "json"]],
                "form": [list(pair) for pair in form.items()],
                "payload": payload,
                "path_info": "",
                "restmap": {"name": name, "conf": stanza},
            }
        )
        return reply["status"], json.loads(reply["payload"])


class HandlerProcess:
    """A persistent REST handler of the app in its own process, started with the first request."""

    def __init__(self, app: InstalledApp, python: str | None, name: str) -> None:
        self._app, self._python, self._name = app, python, name
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._closed = False

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The handler's reply to a request. One that comes when all ends starts no process that nobody would end."""
        with self._lock:
            if self._closed:
                raise ConnectionAbortedError("the handler has ended")
            if self._process is None:
                stanza = self._app.conf("restmap")[self._name]
                python = self._python or pythons.best(stanza["python.required"])
                self._process = subprocess.Popen(
                    [python, str(HERE / "handler_host.py"), str(HERE / "stub"), str(self._app.folder / "bin")]
                    + [stanza["script"], stanza["handler"]],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env=self._app.environment(),
                )
            assert self._process.stdin and self._process.stdout
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            found: dict[str, Any] = json.loads(self._process.stdout.readline())
            return found

    def close(self) -> None:
        """End the process, also one that is answering."""
        self._closed = True
        if self._process:
            self._process.kill()
        with self._lock:
            if self._process:
                self._process.kill()
                self._process.communicate()


def _entry(name: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"entry": [{"name": name, "content": content}]}


def _message(text: str) -> dict[str, Any]:
    return {"messages": [{"type": "ERROR", "text": text}]}


def _handler_class(splunkd: Splunkd) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            payload = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            parts = urlsplit(self.path).path.strip("/").split("/")
            path = "/".join(parts[3:] if parts[0] == "servicesNS" else parts[1:])
            token = (self.headers.get("Authorization") or "").removeprefix("Splunk ").strip()
            if path == "receivers/simple":
                status, found = splunkd.receive(token, dict(parse_qsl(urlsplit(self.path).query)), payload)
            elif path.startswith(COLLECTIONS):
                query = dict(parse_qsl(urlsplit(self.path).query))
                namespace = parts[2] if parts[0] == "servicesNS" else "search"
                status, found = splunkd.collection(self.command, namespace, path, token, query, payload)
            else:
                status, found = splunkd.answer(self.command, path, token, dict(parse_qsl(payload)), payload)
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            # As splunkd does; splunklib would lose the body of a kept-alive reply.
            self.send_header("Connection", "Close")
            self.end_headers()
            # A command that no longer waits has hung up.
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, *_: object) -> None:
            pass

    return Handler
