"""The ticket service inside splunkd, asked in odd ways: who gets a ticket, who may store a secret, what is shown."""

import base64
import hashlib
import hmac
import json
import random
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "splunk_app" / "bin"))

from aiscore_kit import ticket_handler  # noqa: E402

SECRET = "canary-secret-0123456789abcdef0123456789abcdef"
SYSTEM = "canary-system-token"
SCOPES = {"aiscore_score": "score", "aiscore_fit": "fit", "aiscore_admin": "admin"}
STORABLE = re.compile(r"[!-~]{32,512}", re.ASCII)
CAPABILITIES = (
    (),
    ("aiscore_score",),
    ("aiscore_score", "aiscore_fit"),
    tuple(SCOPES),
    ("search", "admin_all_objects"),
)
USERS = ("ann", "", "a b", 'Zoë"\n', "x" * 5000, "\ud800", None, 7)
METHODS = ("GET", "POST", "get", "Post", "PUT", "DELETE", "HEAD", "OPTIONS", "", None, 1, ["GET"], "GET\n", "POST GET")


@dataclass
class Splunk:
    """What splunkd knows and is asked: capabilities by session key, the stored secret, and each call."""

    capabilities: dict[str, tuple[str, ...]] = field(default_factory=dict)
    stored: str = SECRET
    calls: list[tuple[str, str]] = field(default_factory=list)
    breaks: bool = False

    def service(self, request: Any, token: str) -> Any:
        """Takes the place of splunklib's Service."""
        return SimpleNamespace(
            get=lambda path, **_: self._get(path, token), post=lambda path, **form: self._post(path, token, form)
        )

    def _get(self, path: str, token: str) -> Any:
        self.calls.append((path, token))
        if self.breaks:
            raise RuntimeError(f"broken with {SECRET} and {SYSTEM} and {token}")
        if path == "authentication/current-context":
            content: dict[str, Any] = {"capabilities": list(self.capabilities[token])}
        else:
            assert token == SYSTEM, "only splunkd itself may read stored passwords"
            content = {"clear_password": self.stored}
        text = json.dumps({"entry": [{"content": content}]}).encode()
        return SimpleNamespace(body=SimpleNamespace(read=lambda: text))

    def _post(self, path: str, token: str, form: dict[str, str]) -> None:
        self.calls.append((path, token))
        assert token == SYSTEM and not self.breaks
        self.stored = form["password"]


def requests(seed: int, count: int) -> Any:
    """Pairs of a Splunk and a request to it, as text."""
    chance = random.Random(seed)
    for number in range(count):
        key = f"canary-session-{number}"
        splunk = Splunk({key: chance.choice(CAPABILITIES)}, breaks=chance.random() < 0.05)
        asked: Any = {
            "method": chance.choice(METHODS[:2]) if chance.random() < 0.6 else chance.choice(METHODS),
            "session": {"user": chance.choice(USERS), "authtoken": key},
            "system_authtoken": SYSTEM,
            "server": {"rest_uri": "https://127.0.0.1:8089"},
            "form": _form(chance),
            "payload": chance.choice(["", "secret=x", urlencode({"secret": "p" * 40}), "\x00", "{" * 50, None]),
            "query": [["output_mode", "json"]],
        }
        if chance.random() < 0.2:
            asked = _broken(chance, asked)
        text = json.dumps(asked)
        if chance.random() < 0.03:
            text = chance.choice(["", "{", "[" * 100_000, text[: len(text) // 2], "null", "\x00"])
        yield splunk, asked, key, text


def _form(chance: random.Random) -> Any:
    secret = "".join(chance.choices("abcXYZ019!~ é\n\x00", k=chance.choice([0, 5, 31, 32, 64, 512, 513, 9000])))
    plain = "".join(chance.choices("abcdef0123456789", k=chance.choice([31, 32, 64, 512, 513])))
    return chance.choice(
        [
            [],
            None,
            [["secret", secret]],
            [["secret", plain]],
            [["secret", plain], ["secret", secret]],
            [["secret", f"  {plain}\n"]],
            [["Secret", plain]],
            [["password", plain], ["name", "admin"], ["realm", "x"]],
            {"secret": plain},
            "secret=" + plain,
            [["secret"]],
            [["secret", None]],
            [["secret", ["x"] * 40]],
            [[secret, plain]] * 500,
        ]
    )


def _broken(chance: random.Random, asked: dict[str, Any]) -> Any:
    name = chance.choice(sorted(asked))
    odd = chance.choice([None, 1, [], {}, "x", {"user": {}}, [[]], True, 1e308])
    return chance.choice([asked | {name: odd}, {key: asked[key] for key in asked if key != name}, odd, [asked]])


def tried(seed: int, count: int) -> tuple[int, list[str]]:
    """Ask so many times: how many tickets were given, and what is wrong."""
    wrong, given, real = [], 0, ticket_handler._service
    try:
        for number, (splunk, asked, key, text) in enumerate(requests(seed, count)):
            ticket_handler._service = splunk.service
            found, ticket = _judged(splunk, asked, key, ticket_handler.handle(text))
            given += ticket
            wrong += [f"seed {seed}, request {number}: {fault}" for fault in found]
    finally:
        ticket_handler._service = real
    return given, wrong


def _judged(splunk: Splunk, asked: Any, key: str, reply: Any) -> tuple[list[str], bool]:
    found = []
    shown = json.dumps(reply)
    facts = json.loads(reply["payload"])
    method = str(asked.get("method", "")).upper() if isinstance(asked, dict) else ""
    held = splunk.capabilities[key] if _is_theirs(asked, key) else ()
    if reply["status"] not in (200, 400, 403, 405, 500, 503):
        found.append(f"status {reply['status']}")
    found += [f"{what} is shown" for what in (SECRET, SYSTEM, key, splunk.stored) if what and what in shown]
    if splunk.stored != SECRET and not (
        method == "POST" and "aiscore_admin" in held and STORABLE.fullmatch(splunk.stored)
    ):
        found.append(f"stored by {method} of somebody with {held}")
    given = "ticket" in facts
    if given:
        scopes = [SCOPES[name] for name in SCOPES if name in held]
        if method != "GET" or reply["status"] != 200 or not scopes or facts["scopes"] != scopes:
            found.append(f"a ticket for {facts['scopes']} by {method} of somebody with {held}")
        found += _ticket_faults(facts["ticket"], scopes)
        if splunk.calls.count(("authentication/current-context", key)) != 1:
            found.append("the capabilities were not asked for")
    return found, given


def _is_theirs(asked: Any, key: str) -> bool:
    session = asked.get("session") if isinstance(asked, dict) else None
    return isinstance(session, dict) and session.get("authtoken") == key


def _ticket_faults(ticket: str, scopes: list[str]) -> list[str]:
    head, _, seal = ticket.rpartition(".")
    right = base64.urlsafe_b64encode(hmac.new(SECRET.encode(), head.encode(), hashlib.sha256).digest()).decode()
    says = json.loads(base64.urlsafe_b64decode(head[3:] + "=" * (-len(head[3:]) % 4)))
    return [] if seal == right.rstrip("=") and says["scopes"] == scopes else [f"it says {says}"]
