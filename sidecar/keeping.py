"""What the keeper of a sidecar asks on the command line: tokens and the ledger, printed."""

import json

from sidecar import tokens
from sidecar.errors import CallerError
from sidecar.store.base import Ledger


def make_token(ledger: Ledger, name: str, scopes: str, by: str) -> None:
    """Make a token and print it, once."""
    print(tokens.create(ledger, name, tuple(scope.strip() for scope in scopes.split(",") if scope.strip()), by))


def revoke_token(ledger: Ledger, token_id: str | None, by: str) -> None:
    """End a token."""
    if not token_id:
        raise CallerError("which token?", field="id", mend="see `aiscore token list`")
    tokens.revoke(ledger, token_id, by)
    print(f"revoked {token_id}")


def tell_tokens(ledger: Ledger) -> None:
    """The tokens as CSV."""
    print("id,name,scopes,made_at,made_by,state")
    for token in tokens.fold(ledger.entries()).values():
        state = "revoked" if token.revoked else "valid"
        print(f'{token.id},{token.name},"{",".join(token.scopes)}",{token.made_at},{token.made_by},{state}')


def tell_verified(ledger: Ledger) -> None:
    """Check the ledger and say how much was checked."""
    print(f"{ledger.verify()} entries, the chain holds")


def tell_entries(ledger: Ledger) -> None:
    """Every entry as one JSON line, without the hashes of tokens."""
    for entry in ledger.entries():
        body = {name: value for name, value in entry.body.items() if name != "hash"}
        facts = {
            "number": entry.number,
            "at": entry.at,
            "by": entry.by,
            "kind": entry.kind,
            "hash": entry.hash[:12],
        }
        print(json.dumps(facts | {"body": body}))
