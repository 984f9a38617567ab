"""Tokens of services and people without Splunk: `k1.<id>.<secret>`, of which only a hash is kept.

A token is a ledger entry, and so is its end: who made it, when, for which scopes.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from sidecar.errors import CallerError, Forbidden
from sidecar.store.base import Entry, Ledger
from sidecar.tickets import SCOPES, Caller, is_name

NONE: Mapping[str, "Token"] = MappingProxyType({})


@dataclass(frozen=True)
class Token:
    """A token as the ledger knows it.

    `hash` is the SHA-256 of its secret (256 random bits, so no salt is needed).
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    hash: str = field(repr=False)
    made_at: str
    made_by: str
    revoked: bool = False


def fold(entries: Iterable[Entry], start: Mapping[str, Token] = NONE) -> Mapping[str, Token]:
    """The tokens after these entries, by id."""
    tokens = dict(start)
    for entry in entries:
        body = entry.body
        if entry.kind == "token":
            scopes = tuple(body["scopes"])
            tokens[body["id"]] = Token(body["id"], body["name"], scopes, body["hash"], entry.at, entry.by)
        elif entry.kind == "token_revoked" and body["id"] in tokens:
            tokens[body["id"]] = replace(tokens[body["id"]], revoked=True)
    return tokens


def create(ledger: Ledger, name: str, scopes: tuple[str, ...], by: str) -> str:
    """A new token; this is the only time its secret is seen."""
    wrong = [scope for scope in scopes if scope not in SCOPES]
    if wrong or not scopes:
        raise CallerError(f"no scope '{', '.join(wrong)}'", field="scope", mend="scopes are " + ", ".join(SCOPES))
    if not is_name(name):
        raise CallerError("that is no name for a token", field="name", mend="take up to 256 letters and digits")
    token_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    ledger.append("token", {"id": token_id, "name": name, "scopes": list(scopes), "hash": _hash(secret)}, by=by)
    return f"k1.{token_id}.{secret}"


def revoke(ledger: Ledger, token_id: str, by: str) -> None:
    """End a token; CallerError when there is none with this id."""
    if token_id not in fold(ledger.entries()):
        raise CallerError(f"no token '{token_id}'", field="id", mend="see `aiscore token list`")
    ledger.append("token_revoked", {"id": token_id}, by=by)


def check(token: str, tokens: Mapping[str, Token]) -> Caller:
    """Whose token it is; Forbidden when it is unknown, altered or revoked."""
    _, _, rest = token.partition(".")
    token_id, _, secret = rest.partition(".")
    known = tokens.get(token_id)
    # An unknown id costs the same comparison as a known one.
    right = hmac.compare_digest(_hash(secret), known.hash if known else "0" * 64)
    if not known or not right or known.revoked:
        raise Forbidden("the token is unknown or revoked", mend="make one with `aiscore token create`")
    return Caller(known.name, frozenset(known.scopes))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
