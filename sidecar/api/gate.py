"""Who is calling: a ticket of the Splunk app or a token, in `Authorization: Bearer ...`."""

from collections.abc import Callable, Sequence

from sidecar import tickets, tokens
from sidecar.current import Current
from sidecar.errors import Forbidden
from sidecar.store.base import Ledger
from sidecar.tickets import Caller

OPEN = frozenset({"/healthz", "/readyz"})
"""The only paths that ask for nothing."""


class Gate:
    """Checks tickets with the shared `secrets` that are accepted now, and tokens with the ledger."""

    def __init__(self, secrets: Callable[[], Sequence[bytes]], ledger: Ledger, clock: Callable[[], float]) -> None:
        self._secrets = secrets
        self._tokens = Current(ledger, tokens.fold, tokens.NONE)
        self._clock = clock

    def caller(self, authorization: str | None) -> Caller:
        """Who is calling; Forbidden when nobody can tell."""
        scheme, _, credential = (authorization or "").partition(" ")
        credential = credential.strip()
        if scheme.lower() == "bearer" and credential.startswith("t1."):
            return tickets.check(credential, self._secrets(), self._clock())
        if scheme.lower() == "bearer" and credential.startswith("k1."):
            return tokens.check(credential, self._tokens())
        raise Forbidden("no ticket", mend="send Authorization: Bearer <ticket or token>")
