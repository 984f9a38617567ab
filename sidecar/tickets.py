"""Tickets: what the Splunk app hands to a search, good for ten minutes.

`t1.` + base64url(payload) + `.` + base64url(HMAC-SHA256(secret, all before this dot)), without padding.
Payload: JSON {"user", "scopes", "expires_at" (epoch seconds), "id"}.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sidecar.errors import Forbidden

LIFETIME_S = 600
TOLERANCE_S = 60


@dataclass(frozen=True)
class Caller:
    """Who asks, and what for: scopes are score, fit, admin, metrics."""

    user: str
    scopes: frozenset[str]

    def need(self, scope: str) -> None:
        """Forbidden when the caller lacks the scope."""
        if scope not in self.scopes:
            raise Forbidden(f"scope '{scope}' is needed", code="scope", mend=f"ask for the capability aiscore_{scope}")


def make(user: str, scopes: Iterable[str], secret: bytes, now: float) -> str:
    """A ticket for `user`, valid LIFETIME_S seconds from `now` (epoch seconds)."""
    payload = {
        "user": user,
        "scopes": sorted(scopes),
        "expires_at": int(now) + LIFETIME_S,
        "id": secrets.token_hex(8),
    }
    head = "t1." + _letters(json.dumps(payload, separators=(",", ":")).encode())
    return f"{head}.{_signature(head, secret)}"


def check(ticket: str, secret: bytes, now: float) -> Caller:
    """Whose ticket it is; Forbidden when it is not ours, altered, expired or dated too far ahead."""
    head, _, signature = ticket.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(head, secret).encode()):
        raise _refused("the ticket is not signed with this sidecar's secret", "check the shared ticket secret")
    payload = _payload(head)
    left_s = payload["expires_at"] - now
    if left_s > LIFETIME_S + TOLERANCE_S:
        raise _refused("the ticket expires too late", "set both clocks right")
    if not left_s >= -TOLERANCE_S:  # so written, no-number is refused too
        raise _refused("the ticket has expired", "ask for a new one")
    return Caller(payload["user"], frozenset(payload["scopes"]))


def _payload(head: str) -> dict[str, Any]:
    try:
        payload: dict[str, Any] = json.loads(_bytes(head.removeprefix("t1.")))
        payload["expires_at"] = float(payload["expires_at"])
        payload["user"], payload["scopes"] = str(payload["user"]), [str(scope) for scope in payload["scopes"]]
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise _refused("the ticket cannot be read", "ask for a new one") from None
    return payload


def _signature(head: str, secret: bytes) -> str:
    return _letters(hmac.new(secret, head.encode(), hashlib.sha256).digest())


def _letters(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(letters: str) -> bytes:
    return base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))


def _refused(message: str, mend: str) -> Forbidden:
    return Forbidden(message, mend=mend)
