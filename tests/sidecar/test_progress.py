"""A bar for a person, silence for a program."""

import io
import os
import pty
import sys
from pathlib import Path

import pytest

from sidecar.cli import main
from sidecar.progress import shown
from tests.sidecar.conftest import events
from tests.sidecar.test_run import Input


def test_nothing_is_shown_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = io.StringIO()
    monkeypatch.setattr(sys, "stderr", heard)
    with shown("fit") as progress:
        progress(0.5, "half")
    assert heard.getvalue() == ""


def test_a_terminal_sees_how_far_it_is_and_the_output_stays_clean(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    screen, keyboard = pty.openpty()
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdin", Input(events()))
    with os.fdopen(keyboard, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        assert main(["run", "fit", "model=x", "entity=user", "--home", str(tmp_path)]) == 0
        stderr.flush()
        seen = os.read(screen, 2**16).decode()
    os.close(screen)
    assert "aiscore fit" in seen and "forest" in seen
    assert capfdbinary.readouterr().out.startswith(b"model,bundle,generation")
