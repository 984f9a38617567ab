"""What can go wrong in the service, by who must act. HTTP numbers live in `sidecar.api.problems` only.

`CallerError`   the caller mends the request (field and mend say how)
`Forbidden`     the caller needs another ticket, token or scope
`NotReady`      nobody: try again later
`OutsideError`  whoever runs the other system we asked
`StoreError`    whoever runs this sidecar: its files or its database
Anything else is a bug.
"""

from models.errors import DataError


class CallerError(DataError):
    """The request cannot be served as it is; `code` is the word a program may act on."""

    def __init__(self, message: str, *, code: str = "bad_request", field: str = "", mend: str = "") -> None:
        super().__init__(message, field=field, mend=mend)
        self.code = code


class Forbidden(Exception):
    """No valid ticket (`code` unauthenticated) or one without the scope that is asked for (`code` scope)."""

    def __init__(self, message: str, *, code: str = "unauthenticated", mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.mend = mend


class NotReady(Exception):
    """The sidecar cannot serve this now; try again after `retry_after_s` seconds."""

    def __init__(self, message: str, *, code: str = "overloaded", retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.retry_after_s = retry_after_s


class OutsideError(Exception):
    """Another system that the sidecar asked did not answer as it should."""


class StoreError(Exception):
    """The ledger or a blob cannot be read, written or trusted."""


class BadVersion(StoreError):
    """A version of a model is not what was signed; `told` is what anyone may hear of it."""

    def __init__(self, model: str, version: str, why: str) -> None:
        self.told = f"model '{model}' version {version[:12]} cannot be loaded"
        super().__init__(f"{self.told}: {why}")


class LedgerBroken(StoreError):
    """The ledger is not what was written; `fault` is one word for what was done to it.

    `entry` is the first bad entry's number, 0 when it is none of them.
    """

    def __init__(self, entry: int, fault: str, told: str) -> None:
        super().__init__(f"{told}; restore the ledger from a backup")
        self.entry = entry
        self.fault = fault
        self.told = told
