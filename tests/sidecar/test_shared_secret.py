"""The shared secret changes without a ticket being refused, and what is forgotten ends at once."""

import json
from pathlib import Path

import pytest

from sidecar import shared_secret, tickets
from sidecar.app import accepted_secrets, create_app
from sidecar.cli import main
from sidecar.errors import CallerError, Forbidden, StoreError
from sidecar.keys import key_in, new_key
from sidecar.settings import Settings
from sidecar.shared_secret import FORMER, FORMER_S, KeyFiles

NOW = 1_700_000_000.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    key_in(tmp_path, "ticket")
    return tmp_path


def test_both_are_accepted_until_the_former_ends(folder: Path) -> None:
    now = [NOW]
    accepted = KeyFiles(folder, lambda: now[0])
    (old,) = accepted()
    assert shared_secret.rotate(folder, b"n" * 64, NOW) == NOW + FORMER_S
    assert accepted() == (b"n" * 64, old)
    now[0] += FORMER_S - 1
    assert accepted() == (b"n" * 64, old)
    now[0] += 1
    assert accepted() == (b"n" * 64,)


def test_a_forgotten_one_is_refused_by_the_next_request(folder: Path) -> None:
    accepted = KeyFiles(folder, lambda: NOW)
    ticket = tickets.make("ann", ["score"], accepted()[0], NOW)
    shared_secret.rotate(folder, new_key(), NOW)
    assert tickets.check(ticket, accepted(), NOW).user == "ann"
    shared_secret.forget(folder)
    with pytest.raises(Forbidden, match="not signed"):
        tickets.check(ticket, accepted(), NOW)
    with pytest.raises(CallerError, match="no former"):
        shared_secret.forget(folder)


def test_a_second_rotation_waits_until_the_first_is_over(folder: Path) -> None:
    shared_secret.rotate(folder, new_key(), NOW)
    with pytest.raises(CallerError, match="still accepted"):
        shared_secret.rotate(folder, new_key(), NOW + 1)
    shared_secret.rotate(folder, new_key(), NOW + FORMER_S)


def test_killed_between_its_two_writes_a_rotation_has_changed_nothing(folder: Path) -> None:
    present = KeyFiles(folder)()[0]
    (folder / FORMER).write_bytes(present + b"\n%d\n" % (NOW + FORMER_S))
    (folder / FORMER).chmod(0o600)
    assert KeyFiles(folder, lambda: NOW)() == (present,)
    shared_secret.rotate(folder, new_key(), NOW)


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 64, b"x" * 64 + b"\nsoon\n"])
def test_a_spoiled_former_file_stops_the_start_and_not_a_running_service(folder: Path, content: bytes) -> None:
    accepted = KeyFiles(folder, lambda: NOW)
    known = accepted()
    (folder / FORMER).write_bytes(content)
    (folder / FORMER).chmod(0o600)
    assert accepted() == known
    with pytest.raises(StoreError, match="ticket.former.key"):
        KeyFiles(folder)


def test_a_former_file_that_cannot_be_read_is_told(folder: Path) -> None:
    KeyFiles(folder)
    (folder / FORMER).mkdir()
    with pytest.raises(StoreError, match="ticket.former.key"):
        KeyFiles(folder)


def test_a_secret_that_cannot_be_read_any_more_stays_known(folder: Path) -> None:
    accepted = KeyFiles(folder)
    known = accepted()
    (folder / "ticket.key").chmod(0o644)
    assert accepted() == known
    (folder / "ticket.key").unlink()
    assert accepted() == known and not (folder / "ticket.key").exists()


def test_both_files_are_private(folder: Path) -> None:
    shared_secret.rotate(folder, new_key(), NOW)
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "ticket.key": 0o600,
        FORMER: 0o600,
    }


def test_secrets_of_the_settings_end_too(tmp_path: Path) -> None:
    now = [NOW]
    accepted = shared_secret.given(b"n" * 32, b"o" * 32, lambda: now[0])
    assert accepted() == (b"n" * 32, b"o" * 32)
    now[0] += FORMER_S
    assert accepted() == (b"n" * 32,)
    settings = Settings(home=tmp_path, ticket_secret="n" * 32, ticket_secret_former="o" * 32)  # type: ignore[arg-type]
    assert accepted_secrets(settings)() == (b"n" * 32, b"o" * 32)


def test_the_command_line_rotates_and_forgets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = ["--home", str(tmp_path)]

    def said(*words: str) -> str:
        assert main(["token", *words, *home]) == 0
        return capsys.readouterr().out.strip()

    old, new = said("secret"), said("rotate")
    assert new == said("secret") != old
    said("forget")
    assert main(["ledger", "show", *home]) == 0
    shown = capsys.readouterr().out
    assert [json.loads(line)["kind"] for line in shown.splitlines()] == ["secret_rotated", "secret_forgotten"]
    assert old not in shown and new not in shown
    monkeypatch.setenv("AISCORE_TICKET_SECRET", "s" * 32)
    assert main(["token", "rotate", *home]) == 2
    assert "AISCORE_TICKET_SECRET_FORMER" in capsys.readouterr().err


def test_nothing_shows_a_secret(folder: Path) -> None:
    shared_secret.rotate(folder, b"n" * 64, NOW)
    known = shared_secret.read(folder)
    assert known.former.decode() not in repr(known) and "nnn" not in repr(known)


def test_the_running_service_takes_the_key_files(tmp_path: Path) -> None:
    app = create_app(Settings(home=tmp_path / "home"))
    gate, folder = app.extensions["aiscore"].gate, tmp_path / "home" / "keys"
    old = (folder / "ticket.key").read_bytes()
    shared_secret.rotate(folder, b"n" * 64, NOW * 10)
    for secret in (old, b"n" * 64):
        ticket = tickets.make("ann", ["score"], secret, app.extensions["aiscore"].house.clock())
        assert gate.caller(f"Bearer {ticket}").user == "ann"
