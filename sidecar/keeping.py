"""What the keeper of a sidecar asks on the command line: tokens, the shared secret and the ledger, printed."""

import csv
import json
import sys
import time

from sidecar import shared_secret, tokens
from sidecar.errors import CallerError
from sidecar.home import prepare
from sidecar.keys import new_key
from sidecar.settings import Settings
from sidecar.store.base import Ledger
from sidecar.store.chain import stamp
from sidecar.tasks.audit import read_heads


def make_token(ledger: Ledger, name: str, scopes: str, by: str) -> None:
    """Make a token and print it, once."""
    print(tokens.create(ledger, name, tuple(scope.strip() for scope in scopes.split(",") if scope.strip()), by))


def revoke_token(ledger: Ledger, token_id: str | None, by: str) -> None:
    """End a token."""
    if not token_id:
        raise CallerError("which token?", field="id", mend="see `aiscore token list`")
    tokens.revoke(ledger, token_id, by)
    print(f"revoked {token_id}")


def change_secret(settings: Settings, ledger: Ledger, what: str, by: str) -> None:
    """`rotate`: put a new ticket secret into the key file and print it. `forget`: end the former one now."""
    if settings.ticket_secret:
        mend = "put a new one there and the old one into AISCORE_TICKET_SECRET_FORMER, then restart"
        raise CallerError("AISCORE_TICKET_SECRET is in use, not the key file", field="secret", mend=mend)
    folder = prepare(settings.home) / "keys"
    if what == "forget":
        shared_secret.forget(folder)
        ledger.append("secret_forgotten", {}, by=by)
        print("the former secret is accepted no longer")
        return
    fresh = new_key()
    until = stamp(shared_secret.rotate(folder, fresh, time.time()))
    ledger.append("secret_rotated", {"former_until": until}, by=by)
    print(fresh.decode())
    print(f"the former secret is accepted until {until}, or `aiscore token forget`", file=sys.stderr)


def tell_tokens(ledger: Ledger) -> None:
    """The tokens as CSV."""
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("id", "name", "scopes", "made_at", "made_by", "state"))
    for token in tokens.fold(ledger.entries()).values():
        state = "revoked" if token.revoked else "valid"
        out.writerow((token.id, token.name, ",".join(token.scopes), token.made_at, token.made_by, state))


def tell_verified(ledger: Ledger, kept: str) -> None:
    """Check the ledger, against heads kept elsewhere too, and say how much was checked and what that shows."""
    heads = read_heads(kept)
    count = ledger.verify(heads)
    print(f"{count} entries, the chain holds" + (f" and runs through {len(heads)} kept" if heads else ""))
    if not heads:
        print("an old copy of everything would hold too: keep `aiscore ledger head` elsewhere, and give it as --head")


def tell_head(ledger: Ledger) -> None:
    """The number and hash of the last entry, as --head takes them."""
    ends = ledger.ends()
    if ends is None:
        raise CallerError("the ledger has no entries yet", field="head", mend="fit a model or make a token first")
    print(f"{ends[1].number}:{ends[1].hash}")
    print("keep this where nobody who can write the ledger can; later: aiscore ledger verify --head", file=sys.stderr)


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
