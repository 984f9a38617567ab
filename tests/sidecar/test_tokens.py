"""Tokens are told once, kept as a hash, and end when they are revoked."""

import json

import pytest

from sidecar import tokens
from sidecar.errors import CallerError, Forbidden
from sidecar.store.memory import MemoryLedger


def test_a_token_opens_its_scopes_until_it_is_revoked() -> None:
    ledger = MemoryLedger()
    token = tokens.create(ledger, "nightly", ("score", "fit"), by="ann")
    caller = tokens.check(token, tokens.fold(ledger.entries()))
    assert (caller.user, caller.scopes) == ("nightly", {"score", "fit"})
    tokens.revoke(ledger, token.split(".")[1], by="ann")
    with pytest.raises(Forbidden):
        tokens.check(token, tokens.fold(ledger.entries()))


def test_its_shape_and_that_the_secret_is_nowhere_at_rest() -> None:
    ledger = MemoryLedger()
    token = tokens.create(ledger, "nightly", ("score",), by="ann")
    kind, token_id, secret = token.split(".")
    assert (kind, len(token_id), len(secret)) == ("k1", 12, 43)
    assert secret not in json.dumps([dict(entry.body) for entry in ledger.entries()])


@pytest.mark.parametrize("change", [lambda t: t[:-2] + "xx", lambda t: "k1.000000000000." + t[16:], lambda t: t[:16]])
def test_an_altered_token_is_refused(change: object) -> None:
    ledger = MemoryLedger()
    token = tokens.create(ledger, "nightly", ("score",), by="ann")
    with pytest.raises(Forbidden):
        tokens.check(change(token), tokens.fold(ledger.entries()))  # type: ignore[operator]


def test_only_known_scopes_and_known_tokens() -> None:
    with pytest.raises(CallerError, match="root"):
        tokens.create(MemoryLedger(), "x", ("score", "root"), by="ann")
    with pytest.raises(CallerError, match="scope"):
        tokens.create(MemoryLedger(), "x", (), by="ann")
    with pytest.raises(CallerError, match="no token"):
        tokens.revoke(MemoryLedger(), "abc", by="ann")
