"""The service of a scene as it is run: a server process of its own, which must live through all of it."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import requests

from tests.reliability.bundles.scene import BODY, SERVED, Scene, fit_two
from tests.reliability.campaign import Found
from tests.sidecar.conftest import ROOT
from tests.sidecar.test_server import Server, start

COMPILE_S = 600


def play(seed: int, promotes: int) -> Found:
    """One scene. promotes: how many damaged versions are promoted."""
    with TemporaryDirectory(prefix="bundles-", ignore_cleanup_errors=True) as folder:
        return Scene(_fitted(), Path(folder), seed, served, apart=True).play(promotes)


class Process:
    """Asks a server, and reads its log."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def post(self, path: str, body: bytes = b"") -> Any:
        return self._server.post(path, body)

    def told(self) -> str:
        return self._server.log.read_text()

    def dead(self) -> bool:
        """Whether the server is gone, or the process that it serves with."""
        try:
            return not self._server.session.get(self._server.url + "/healthz", timeout=30).ok
        except requests.RequestException:
            return True


@contextmanager
def served(home: Path, scene: Scene) -> Iterator[Process]:
    """A server over the home; one that dies is something wrong."""
    server = start(home)
    process = Process(server)
    died = 0
    try:
        yield process
        died = int(process.dead())
    except requests.RequestException as failure:
        died = 1
        scene.wrong.append(f"the server did not answer: {str(failure)[:200]}")
    finally:
        server.session.close()
        server.process.terminate()
        code = server.process.wait(60)
        scene.counts["server_deaths"] += died
        scene.must(not died and code == 0, f"the server died, or ended with {code}: {process.told()[-300:]}")


@cache
def _fitted() -> Path:
    """A home with two models and its kernels compiled, made once a process."""
    folder = Path(mkdtemp(prefix="bundles-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    home = fit_two(folder / "home")
    words = [sys.executable, "-m", "sidecar", "run", "--home", str(home), "score", f"model={SERVED}", "explain=all"]
    subprocess.run(words, input=BODY, stdout=subprocess.DEVNULL, check=True, cwd=ROOT, timeout=COMPILE_S)
    return home
