"""No secret gets into a log at DEBUG, an answer, the ledger, a crash or the text of an object."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sidecar import shared_secret
from sidecar.app import create_app, open_house
from sidecar.settings import Settings
from tests.reliability.auth import canaries, house
from tests.reliability.auth.credentials import every
from tests.reliability.auth.part import canary_run


def test_every_rule_with_every_credential_shows_no_secret(tmp_path: Path) -> None:
    world = house.furnish(tmp_path / "home")
    count, lines, wrong = canary_run(tmp_path / "home", world, each=5)
    assert wrong == [] and count > 600 and lines > 600


def test_a_secret_in_a_log_would_be_noticed() -> None:
    import logging

    with canaries.every_logger() as witness:
        logging.getLogger("urllib3").debug("sent %s", "c" * 40)
        logging.getLogger("aiscore").info("asked", extra={"facts": {"ticket": "d" * 40}})
    assert len(canaries.shown("".join(witness.lines), ["c" * 40, "d" * 40], "the log")) == 2


def test_no_object_tells_a_secret(tmp_path: Path) -> None:
    home = tmp_path / "home"
    world = house.furnish(home)
    settings = Settings(home=home, ticket_secret="canary" * 9, ticket_secret_former="former" * 9)  # type: ignore[arg-type]
    app = create_app(settings)
    service = app.extensions["aiscore"]
    hidden = canaries.secrets(world, home, every(world)) | {"canary" * 9, "former" * 9}
    things = (settings, settings.model_dump(), service, service.gate, service.house, open_house(settings), app.config)
    things += (service.house.shelf, service.house.ledger, service.gate._tokens(), shared_secret.read(home / "keys"))
    hidden |= {token.hash for token in service.gate._tokens().values()}
    for thing in things:
        assert canaries.shown(repr(thing) + str(thing), hidden, type(thing).__name__) == []


@pytest.mark.parametrize(
    "words",
    [
        ["serve", "--bind", "0.0.0.0:1"],
        ["token", "rotate"],
        ["ledger", "verify"],
    ],
)
def test_a_failing_command_tells_no_secret(tmp_path: Path, words: list[str]) -> None:
    secret = "canary-of-the-environment-0123456789"
    world = house.furnish(tmp_path / "home")
    (tmp_path / "home" / "ledger.db.head").write_text("spoiled")
    environment = os.environ | {"AISCORE_DEBUG": "1", "AISCORE_TICKET_SECRET": secret, "AISCORE_MAX_ROWS": "10"}
    command = [sys.executable, "-m", "sidecar", *words, "--home", str(tmp_path / "home")]
    done = subprocess.run(command, cwd=house.ROOT, env=environment, capture_output=True, text=True, input="a\n1\n")
    assert done.returncode and done.stderr
    hidden = canaries.secrets(world, tmp_path / "home", []) | {secret}
    assert canaries.shown(done.stdout + done.stderr, hidden, "its output") == []
