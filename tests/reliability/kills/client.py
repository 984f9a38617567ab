"""A client that goes on where it was: what it has sent and got no answer to, it sends again to the next server."""

import threading
from collections import Counter
from collections.abc import Iterator
from random import Random

import requests

from tests.reliability.kills.life import Cut, Line


class Client:
    """Asks one thing after the other, through many lives of a server.

    A subclass writes `acts`: an endless course of requests. `ask` gives an answer however many lives it takes, so
    the course sees only acknowledged requests. `wrong` is what was not as it must be.
    """

    name = "client"

    def __init__(self, lane: str, seed: int) -> None:
        self.lane = lane
        self.chance = Random(f"{seed} {lane} {self.name}")
        self.acknowledged: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.now = ""
        self.cut: tuple[str, float] | None = None
        self._pending: tuple[str, str, str, str, bytes, str] | None = None
        self._course = self.acts()
        self._answer: requests.Response | None = None

    def acts(self) -> Iterator[None]:
        """The course: `yield from self.ask(...)` for each request; the answer is then in `self.answer`."""
        raise NotImplementedError

    def ask(self, kind: str, user: str, method: str, path: str, body: bytes = b"", search: str = "") -> Iterator[None]:
        """Ask until there is an answer; a refusal for want of room is asked again."""
        while True:
            self._pending = (kind, user, method, path, body, search)
            yield
            if self.answer.status_code not in (429, 503):
                return

    @property
    def answer(self) -> requests.Response:
        """The last answer."""
        assert self._answer is not None
        return self._answer

    @property
    def unsure(self) -> str:
        """The kind of what was sent and not answered."""
        return self._pending[0] if self._pending and self.cut else ""

    def live(self, url: str, stop: threading.Event) -> None:
        """Work against one life, until it is cut or told to stop."""
        line = Line(url)
        try:
            while not stop.is_set():
                if self._pending is None:
                    next(self._course)
                assert self._pending is not None
                self.now, *asked = self._pending
                self._answer = line.ask(*asked)  # type: ignore[arg-type]
                self.cut, self._pending, self.now = None, None, ""
                next(self._course)
        except Cut as cut:
            self.cut = (self.now, cut.sent_at)
        finally:
            self.now = ""
            line.close()

    def says(self, line: str) -> None:
        """Keep what is wrong, with where it was seen."""
        self.wrong.append(f"{self.lane} {self.name}: {line}")

    def told(self, expected: int = 200) -> bool:
        """Is the answer's status the expected one? Otherwise it is wrong."""
        if self.answer.status_code == expected:
            return True
        self.says(f"{self.answer.request.path_url}: {self.answer.status_code} {self.answer.text[:300]}")
        return False
