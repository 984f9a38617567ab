"""The log.

One JSON object a line on standard error. It names callers, verbs and sizes, never event content or secrets.
"""

import json
import logging
import sys
import traceback
from typing import Any

from sidecar.errors import StoreError

LOGGER = "aiscore"


class JsonLines(logging.Formatter):
    """A log record as one JSON line."""

    def format(self, record: logging.LogRecord) -> str:
        at = self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}"
        facts = {"at": at, "level": record.levelname.lower(), "event": record.getMessage()}
        return json.dumps(facts | getattr(record, "facts", {}), default=str)


CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "sidecar.journal.JsonLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        LOGGER: {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "_granian": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}


def tell(event: str, **facts: Any) -> None:
    """Log something that happened."""
    logging.getLogger(LOGGER).info(event, extra={"facts": facts})


def tell_bug(event: str, failure: BaseException, **facts: Any) -> None:
    """Log an unexpected failure by its kind and place only: its message may quote event content.

    But for those of the stores, which quote names and numbers of theirs, and say what to mend.
    """
    if isinstance(failure, StoreError):
        facts["reason"] = str(failure)
    frames = traceback.extract_tb(failure.__traceback__ or sys.exc_info()[2])
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    logging.getLogger(LOGGER).error(event, extra={"facts": {**facts, "kind": type(failure).__name__, "where": where}})
