"""The service of a scene in this process."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sidecar.app import create_app
from sidecar.journal import LOGGER, JsonLines, tell_bug
from sidecar.settings import Settings
from sidecar.warm import warm_up
from tests.reliability.bundles.scene import Scene
from tests.sidecar.conftest import SECRET, Api

MODELS = 8


class Within:
    """Asks the application itself, and listens to its log."""

    def __init__(self, home: Path) -> None:
        self._lines: list[str] = []
        handler = _Kept(self._lines)
        logging.getLogger(LOGGER).addHandler(handler)
        self._handler = handler
        self._api = Api(create_app(Settings(home=home, ticket_secret=SECRET)))  # type: ignore[arg-type]
        warm_up(self._api.service.house, MODELS, tell_bug)

    def post(self, path: str, body: bytes = b"") -> Any:
        return self._api.post(path, body)

    def told(self) -> str:
        return "\n".join(self._lines)

    def close(self) -> None:
        logging.getLogger(LOGGER).removeHandler(self._handler)


class _Kept(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))


@contextmanager
def within(home: Path, scene: Scene) -> Iterator[Within]:
    """The service until the act is over."""
    service = Within(home)
    try:
        yield service
    finally:
        service.close()
