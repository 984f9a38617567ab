"""A bar for a person, silence for a program."""

import io
import os
import pty
import sys
import threading
from contextlib import suppress
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


def read_all(screen: int, seen: bytearray) -> None:
    """As a terminal does, or whoever writes would wait: until nobody can write any more."""
    with suppress(OSError):
        while found := os.read(screen, 4096):
            seen += found


def test_a_terminal_sees_how_far_it_is_and_the_output_stays_clean(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    screen, keyboard = pty.openpty()
    seen = bytearray()
    reader = threading.Thread(target=read_all, args=(screen, seen))
    reader.start()
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdin", Input(events()))
    with os.fdopen(keyboard, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        assert main(["run", "fit", "model=x", "entity=user", "--home", str(tmp_path)]) == 0
    reader.join(30)
    os.close(screen)
    assert b"aiscore fit" in seen and b"forest" in seen
    assert capfdbinary.readouterr().out.startswith(b"model,bundle,generation")
