"""A sample of the matrix through a server, where the door checks too, everything that can log at its loudest."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.reliability.auth import canaries, house, matrix
from tests.reliability.auth.credentials import Credential, World, every, payload, ticket
from tests.reliability.auth.matrix import Cell


class Served(NamedTuple):
    home: Path
    world: World
    server: house.Server


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("served") / "home"
    world = house.furnish(home)
    with house.Server(home, environment={"RUST_LOG": "trace", "AISCORE_DEBUG": "1"}) as server:
        yield Served(home, world, server)


def test_through_a_server_the_answers_are_the_same(served: Served) -> None:
    credentials = every(served.world._replace(now=time.time()))
    listening = canaries.Listening(served.server.ask)
    # No multiple of the number of methods: each method and each credential has its turn.
    count, wrong = matrix.asked(list(matrix.cells(credentials))[::37], listening)
    assert wrong == [] and count > 1_000
    hidden = canaries.secrets(served.world, served.home, credentials)
    assert canaries.shown("".join(listening.heard), hidden, "an answer") == []
    assert canaries.shown(served.server.log.read_text(), hidden, "the log") == []
    assert canaries.at_rest(served.home, hidden) == []


def test_a_line_that_was_cut_is_replaced_and_closed(served: Served) -> None:
    cell = Cell("GET", "/openapi.json", b"", Credential("none", None, None), None, True)
    first = served.server.ask(cell)
    cut = served.server.line
    assert cut and cut.sock
    cut.sock.shutdown(socket.SHUT_RDWR)
    assert served.server.ask(cell).status == first.status
    # Left open, it would fail whichever test happens to run when it is found.
    assert served.server.line is not cut and cut.sock is None


def test_odd_headers_are_refused_and_hurt_nobody(served: Served) -> None:
    good = ticket(served.world.present, payload(time.time()))
    for header in ("Bearer t1.\xff\xfe.\xff", "Bearer " + "A" * 60_000, "\x7f", "Bearer\t" + good[:20]):
        cell = Cell("GET", "/openapi.json", b"", Credential("odd", header, None), None, True)
        assert served.server.ask(cell).status in (400, 401, 431)
    cell = cell._replace(credential=Credential("good", f"Bearer {good}", None))
    assert served.server.ask(cell).status == 200
    assert "Traceback" not in served.server.log.read_text()
