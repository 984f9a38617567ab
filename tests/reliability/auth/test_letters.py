"""No altered ticket or token lets anybody in, and what a ticket says is read only once its seal is right."""

import json
import time
from typing import Any

import pytest

from sidecar import tickets
from sidecar.api.gate import Gate
from sidecar.app import create_app
from sidecar.errors import Forbidden
from sidecar.settings import Settings
from tests.reliability.auth import house, letters
from tests.reliability.auth.credentials import World, payload, ticket


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Gate, World]:
    home = tmp_path_factory.mktemp("letters") / "home"
    made = house.furnish(home)
    return create_app(Settings(home=home)).extensions["aiscore"].gate, made


def test_no_altered_ticket_lets_anybody_in(world: tuple[Gate, World]) -> None:
    gate, made = world
    good = ticket(made.present, payload(time.time()))
    assert gate.caller(f"Bearer {good}").user == "ann"
    count, wrong = letters.let_in(gate, letters.changed(good, "AB." + letters.STRANGE[:4] + "\ud800"))
    assert wrong == [] and count > 2_000
    assert letters.let_in(gate, letters.mixed(good, seed=1, count=1_000))[1] == []


def test_no_altered_token_lets_anybody_in(world: tuple[Gate, World]) -> None:
    gate, made = world
    good = made.tokens["score"]
    assert gate.caller(f"Bearer {good}").user == "score"
    count, wrong = letters.let_in(gate, letters.changed(good, "AB.\ud800"))
    assert wrong == [] and count > 400


def test_a_ticket_of_ten_megabytes_is_refused_soon(world: tuple[Gate, World]) -> None:
    gate, made = world
    began = time.process_time()
    count, wrong = letters.let_in(gate, letters.long(ticket(made.present, payload(time.time()))))
    assert wrong == [] and count == 6
    assert time.process_time() - began < 6


def test_nothing_is_parsed_before_the_seal_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []
    real = json.loads
    monkeypatch.setattr("sidecar.tickets.json.loads", lambda text: read.append(text) or real(text))
    for says in (b"[" * 100_000, b'{"a":' * 50_000, payload(1.7e9)):
        with pytest.raises(Forbidden, match="not signed"):
            tickets.check(ticket(b"x" * 64, says), [b"s" * 64], 1.7e9)
    assert read == []
    with pytest.raises(Forbidden, match="cannot be read"):
        tickets.check(ticket(b"s" * 64, b"[" * 100_000), [b"s" * 64], 1.7e9)
    assert len(read) == 1
