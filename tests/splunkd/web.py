"""A stand-in for Splunk Web: it shows the app's views in a browser, and passes calls on to splunkd.

A view needs a session. A call to splunkd/__raw needs one too, reaches only what web.conf exposes, and must carry the
form key of the session's cookie when it changes something. Simple XML itself is not played: html panels are shown as
they are, other panels by their titles.
"""

from __future__ import annotations

import fnmatch
import html
import secrets
import threading
import urllib.request
from collections.abc import Callable
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from tests.splunkd.rest import Splunkd, User

Reply = tuple[int, str, bytes, dict[str, str]]
"""Status, type, body, further headers."""

KINDS = {".js": "text/javascript", ".css": "text/css", ".png": "image/png"}
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/frame.css"><title>{label} | Splunk</title>{links}</head>
<body class="dashboard {theme}"><header class="dashboard-header"><h1>{label}</h1><p>{description}</p></header>
<main class="dashboard-body">{panels}</main></body></html>
"""
# Splunk's own frame around a dashboard, no more than its colours.
FRAME = b"""body { margin: 0; background: #f2f4f5; color: #222; font: 14px sans-serif; }
body.theme-dark { background: #171d21; color: #eee; }
.dashboard-header { padding: 16px 20px 4px; }
.dashboard-panel { margin: 12px; }
"""


class SplunkWeb:
    """The server for the views of one splunkd; use it as a context manager."""

    def __init__(self, splunkd: Splunkd) -> None:
        self.splunkd = splunkd
        self.sessions: dict[str, tuple[User, str]] = {}
        self.asked: list[tuple[str, str, int]] = []
        """Method, path and status of every call that went to splunkd, or was turned away."""
        self.script_order: Callable[[list[str]], list[str]] = list
        """In which order a view's scripts arrive: Simple XML promises none."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> SplunkWeb:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def log_in(self, user: User) -> dict[str, str]:
        """The cookies that a browser has after the login page."""
        session, form_key = secrets.token_hex(16), str(secrets.randbelow(10**18))
        self.sessions[session] = user, form_key
        return {f"splunkd_{self.port}": session, f"splunkweb_csrf_token_{self.port}": form_key}

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        """One request."""
        parts = urlsplit(target)
        session = SimpleCookie(headers.get("Cookie", "")).get(f"splunkd_{self.port}")
        found = self.sessions.get(session.value) if session else None
        words = parts.path.strip("/").split("/")
        if words == ["frame.css"]:
            return 200, "text/css", FRAME, {}
        if "static" in words[:2] and method == "GET":
            return self._static(words[words.index("static") + 1 :])
        if words[1:3] == ["splunkd", "__raw"]:
            reply = self._pass_on(method, words[3:], parts.query, headers, body, found)
            self.asked.append((method, "/".join(words[3:]), reply[0]))
            return reply
        if words[1:3] == ["app", "aiscore"] and len(words) == 4 and method == "GET":
            if not found:
                return 303, "text/plain", b"", {"Location": f"/{words[0]}/account/login"}
            return self._view(words[3], words[0], parse_qs(parts.query).get("theme", [""])[0])
        return 404, "text/plain", b"no such page", {}

    def _static(self, words: list[str]) -> Reply:
        folder = self.splunkd.app.folder / "appserver" / "static"
        path = folder / words[-1]
        if words[:2] != ["app", "aiscore"] or len(words) != 3 or not path.is_file() or path.suffix not in KINDS:
            return 404, "text/plain", b"no such file", {}
        return 200, KINDS[path.suffix], path.read_bytes(), {}

    def _view(self, name: str, locale: str, theme: str) -> Reply:
        path = self.splunkd.app.folder / "default" / "data" / "ui" / "views" / f"{name}.xml"
        if not path.is_file():
            return 404, "text/plain", b"no such view", {}
        root = ElementTree.parse(path).getroot()
        static = f"/{locale}/static/app/aiscore"
        styles = [f'<link rel="stylesheet" href="{static}/{file}">' for file in _files(root, "stylesheet")]
        scripts = [f'<script src="{static}/{file}" defer></script>' for file in _files(root, "script")]
        theme = theme or root.get("theme", "")
        page = PAGE.format(
            label=html.escape(root.findtext("label", "")),
            description=html.escape(root.findtext("description", "")),
            theme=f"theme-{theme}" if theme else "",
            links="".join(styles + self.script_order(scripts)),
            panels="".join(_shown(panel) for panel in root.iter("panel")),
        )
        return 200, "text/html; charset=utf-8", page.encode(), {"Content-Security-Policy": "default-src 'self' data:"}

    def _pass_on(
        self,
        method: str,
        words: list[str],
        query: str,
        headers: dict[str, str],
        body: bytes,
        found: tuple[User, str] | None,
    ) -> Reply:
        if not found:
            return 401, "text/plain", b"no session", {}
        user, form_key = found
        if method != "GET" and headers.get("X-Splunk-Form-Key") != form_key:
            return 403, "text/plain", b"the form key is missing or wrong", {}
        path = "/".join(words[3:] if words[:1] == ["servicesNS"] else words[1:])
        if not self._is_exposed(method, path):
            return 404, "text/plain", b"not exposed in web.conf", {}
        request = urllib.request.Request(f"{self.splunkd.uri}/{'/'.join(words)}?{query}", method=method)
        request.data = body or None
        request.add_header("Authorization", f"Splunk {user.session_key}")
        request.add_header("Content-Type", headers.get("Content-Type", "application/x-www-form-urlencoded"))
        try:
            with urllib.request.urlopen(request, timeout=40) as reply:
                return reply.status, "application/json", reply.read(), {}
        except HTTPError as error:
            with error:
                return error.code, "application/json", error.read(), {}

    def _is_exposed(self, method: str, path: str) -> bool:
        stanzas = self.splunkd.app.conf("web").values()
        exposed = [stanza for stanza in stanzas if fnmatch.fnmatchcase(path, stanza.get("pattern", ""))]
        return any(method in [word.strip() for word in stanza["methods"].split(",")] for stanza in exposed)


def _files(root: ElementTree.Element, kind: str) -> list[str]:
    return [file.strip() for file in root.get(kind, "").split(",") if file.strip()]


def _shown(panel: ElementTree.Element) -> str:
    inner = panel.find("html")
    if inner is None:
        return f"<section><h2>{html.escape(panel.findtext('.//title', ''))}</h2></section>"
    text = "".join(ElementTree.tostring(child, encoding="unicode", method="html") for child in inner)
    return f'<div class="dashboard-panel"><div class="panel-body html">{inner.text or ""}{text}</div></div>'


def _handler(web: SplunkWeb) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, kind, content, further = web.answer(self.command, self.path, dict(self.headers.items()), body)
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **further}.items():
                self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, *_: object) -> None:
            pass

    return Handler
