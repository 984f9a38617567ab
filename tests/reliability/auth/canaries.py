"""Everything secret that a run has used, and every place it might have got to."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.reliability.auth.credentials import Credential, World
from tests.reliability.auth.matrix import Ask, Cell, Reply

SHORTEST = 20
"""A shorter piece of text may be anywhere by chance."""


def secrets(world: World, home: Path, credentials: Iterable[Credential]) -> set[str]:
    """The secrets, the keys on disk, and of each credential the whole and its last part (seal or token secret)."""
    found = {world.present.decode(), world.former.decode(), world.forgotten.decode()}
    found |= {path.read_text().split()[0] for path in (home / "keys").glob("*.key")}
    found |= {token.rpartition(".")[2] for token in world.tokens.values()}
    for credential in credentials:
        if credential.name == "token by its hash":
            continue  # the hash is what the ledger keeps
        whole = (credential.header or "").strip()
        found |= {whole.removeprefix("Bearer ").strip(), whole.rpartition(".")[2]}
    return {secret for secret in found if len(secret) >= SHORTEST}


def shown(text: str, hidden: Iterable[str], where: str) -> list[str]:
    """Which of the hidden are in a text (named by their beginning only)."""
    return [f"{secret[:6]}... is in {where}" for secret in hidden if secret in text]


class Witness(logging.Handler):
    """Keeps all that any logger says: the message, its arguments, its facts, its exception."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        shape = logging.Formatter("%(message)s")
        self.lines.append(shape.format(record) + repr(vars(record)))


@contextmanager
def every_logger() -> Iterator[Witness]:
    """Every logger at DEBUG, and a witness of them."""
    witness, root = Witness(), logging.getLogger()
    names = [None, "aiscore", "werkzeug", "flask", "urllib3", "asyncio", *logging.root.manager.loggerDict]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(witness)
    try:
        yield witness
    finally:
        root.removeHandler(witness)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


class Listening:
    """Asks, and keeps all that came back."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.heard: list[str] = []

    def __call__(self, cell: Cell) -> Reply:
        reply = self._ask(cell)
        self.heard.append(f"{dict(reply.headers)} {reply.body.decode('utf-8', 'replace')}")
        return reply


def at_rest(home: Path, hidden: Iterable[str]) -> list[str]:
    """Which of the hidden lie in a file of the home, other than the keys themselves."""
    files = [path for path in home.rglob("*") if path.is_file() and path.parent.name != "keys"]
    hidden = list(hidden)
    found = []
    for path in files:
        found += shown(path.read_bytes().decode("latin-1"), hidden, path.name)
    return found
