"""The secret that signs tickets, and the former one for as long as Splunk may still sign with it.

In the key folder `ticket.key` is the secret and `ticket.former.key` the one before, with the time at which it ends.
A running service sees a change of either with the next request.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sidecar.errors import CallerError, StoreError
from sidecar.journal import tell_bug
from sidecar.keys import key_in, read_private, write_private

FORMER_S = 86_400
"""How long a former secret is accepted, unless it is forgotten before: time to tell every search head."""
NAME = "ticket"
FORMER = "ticket.former.key"

Accepted = Callable[[], Sequence[bytes]]
"""Gives the secrets that a ticket may be signed with now, the present one first."""


@dataclass(frozen=True)
class Secrets:
    """The present secret, and the former one with its end (epoch seconds)."""

    present: bytes = field(repr=False)
    former: bytes = field(default=b"", repr=False)
    until: float = 0.0

    def accepted(self, now: float) -> Sequence[bytes]:
        """What a ticket may be signed with at this time."""
        return (self.present, self.former) if self.former and now < self.until else (self.present,)


class KeyFiles:
    """The secrets as they are on disk. What cannot be read does not replace what is known."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock
        self._seen = self._marks(), read(folder)

    def __call__(self) -> Sequence[bytes]:
        """The secrets accepted now."""
        marks = self._marks()
        if marks != self._seen[0]:
            self._seen = marks, self._reread()
        return self._seen[1].accepted(self._clock())

    def _reread(self) -> Secrets:
        try:
            return read(self._folder, make=False)
        except (OSError, StoreError) as failure:
            tell_bug("ticket secret unreadable", failure)
            known = self._seen[1]
            return known if (self._folder / FORMER).exists() else Secrets(known.present)

    def _marks(self) -> tuple[object, ...]:
        return _mark(self._folder / f"{NAME}.key"), _mark(self._folder / FORMER)


def read(folder: Path, make: bool = True) -> Secrets:
    """The secrets in a key folder; the present one is made when absent, if it may be."""
    path = folder / f"{NAME}.key"
    present = key_in(folder, NAME) if make else read_private(path)
    try:
        former, _, until = (folder / FORMER).read_bytes().partition(b"\n")
        read_private(folder / FORMER)
        return Secrets(present, former, float(until)) if former != present else Secrets(present)
    except FileNotFoundError:
        return Secrets(present)
    except (ValueError, OSError):
        raise StoreError(f"{folder / FORMER} cannot be read; run: aiscore token forget") from None


def rotate(folder: Path, fresh: bytes, now: float) -> float:
    """Put `fresh` in the place of the present secret, which is accepted until the time that is returned.

    CallerError while an older one still is: Splunk may be using that one.
    """
    known = read(folder)
    if len(known.accepted(now)) > 1:
        mend = "give Splunk the present one (`aiscore token secret`), then run `aiscore token forget`"
        raise CallerError("a former secret is still accepted", field="secret", mend=mend)
    until = now + FORMER_S
    # In this order there is no moment at which the secret that Splunk uses is not accepted.
    write_private(folder / FORMER, known.present + f"\n{until:.0f}\n".encode())
    write_private(folder / f"{NAME}.key", fresh)
    return until


def forget(folder: Path) -> None:
    """Accept the former secret no longer; CallerError when there is none."""
    try:
        (folder / FORMER).unlink()
    except FileNotFoundError:
        raise CallerError("there is no former secret", field="secret", mend="nothing is to be done") from None


def given(present: bytes, former: bytes, clock: Callable[[], float] = time.time) -> Accepted:
    """Secrets that are settings: they change with a restart only; a former one ends by itself all the same."""
    known = Secrets(present, former, clock() + FORMER_S)
    return lambda: known.accepted(clock())


def _mark(path: Path) -> tuple[int, ...] | None:
    # Every change is a new file or a new time; None is a file that is not there.
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size
