"""Tickets: what the Splunk app hands to a search, good for ten minutes.

`t1.` + base64url(payload) + `.` + base64url(HMAC-SHA256(secret, all before this dot)), without padding.
Payload: JSON {"user", "scopes", "expires_at" (epoch seconds), "id"}.

Within its ten minutes a ticket is good for any number of requests: a search sends one for each chunk, and a request
that got lost is sent again. So whoever holds a ticket can use it; it travels on loopback or inside TLS only, is never
logged, and ends early when the secret is replaced.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import category

from sidecar.errors import Forbidden

LIFETIME_S = 600
TOLERANCE_S = 60
LONGEST_NAME = 256
CONTROL = frozenset({"Cc", "Cs"})
SCOPES = ("score", "fit", "admin", "metrics")


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


def check(ticket: str, accepted: Sequence[bytes], now: float) -> Caller:
    """Whose ticket it is, signed with one of the accepted secrets.

    Forbidden when it is not ours, altered, expired or dated too far ahead.
    """
    head, _, signature = ticket.rpartition(".")
    if not any(hmac.compare_digest(_raw(signature), _signature(head, secret).encode()) for secret in accepted):
        raise _refused("the ticket is not signed with this sidecar's secret", "check the shared ticket secret")
    payload = _payload(head)
    left_s = payload["expires_at"] - now
    if left_s > LIFETIME_S + TOLERANCE_S:
        raise _refused("the ticket expires too late", "set both clocks right")
    if not left_s >= -TOLERANCE_S:  # so written, no-number is refused too
        raise _refused("the ticket has expired", "ask for a new one")
    return Caller(payload["user"], frozenset(payload["scopes"]) & frozenset(SCOPES))


def _payload(head: str) -> dict[str, Any]:
    try:
        payload: dict[str, Any] = json.loads(_bytes(head.removeprefix("t1.")))
        payload["expires_at"] = float(payload["expires_at"])
        if is_name(payload["user"]) and isinstance(payload["scopes"], list):
            payload["scopes"] = [str(scope) for scope in payload["scopes"]]
            return payload
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, binascii.Error):
        pass
    raise _refused("the ticket cannot be read", "ask for a new one")


def is_name(user: object) -> bool:
    """Can it name a caller in the log, the ledger and the keys of jobs: no control letters, no halves of letters."""
    return isinstance(user, str) and 0 < len(user) <= LONGEST_NAME and not any(category(c) in CONTROL for c in user)


def _signature(head: str, secret: bytes) -> str:
    return _letters(hmac.new(secret, _raw(head), hashlib.sha256).digest())


def _raw(text: str) -> bytes:
    # What is no text at all must be refused, not break the comparison.
    return text.encode("utf-8", "surrogatepass")


def _letters(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(letters: str) -> bytes:
    return base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))


def _refused(message: str, mend: str) -> Forbidden:
    return Forbidden(message, mend=mend)
