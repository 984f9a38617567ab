"""Makes and ends tokens on the command line, in a process beside the server's."""

import io
import threading
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

from sidecar.cli import main
from tests.reliability.kills.client import Client

_speaking = threading.Lock()
"""What the command line prints is caught from the whole process's output: one at a time."""


class Keeper(Client):
    """The client of tokens: what the command line said is done, and who holds a token is let in or not."""

    name = "keeper"

    def __init__(self, lane: str, seed: int, home: Path) -> None:
        self._home = home
        self.tokens: dict[str, str] = {}
        self.revoked: set[str] = set()
        self.speaking = False
        super().__init__(lane, seed)

    def acts(self) -> Iterator[None]:
        while True:
            name = f"token-{self.lane}-{len(self.tokens)}"
            self.tokens[name] = self._said("token", "create", "--name", name)
            self.acknowledged["token"] += 1
            yield from self._shown(name)
            if self.chance.random() < 0.5:
                self._said("token", "revoke", self.tokens[name].split(".")[1])
                self.revoked.add(name)
                self.acknowledged["token end"] += 1
                yield from self._shown(name)

    def _shown(self, name: str) -> Iterator[None]:
        yield from self.ask("look", self.tokens[name], "GET", "/v1/jobs/none")
        self.told(401 if name in self.revoked else 404)

    def _said(self, *words: str) -> str:
        with _speaking, redirect_stdout(io.StringIO()) as said:
            self.speaking = True
            code = main([*words, "--home", str(self._home)])
            self.speaking = False
        if code != 0:
            self.says(f"{' '.join(words)}: exit code {code}")
        return said.getvalue().strip()
