"""The batches of this part."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.reliability.auth import house, matrix, rules
from tests.reliability.auth.credentials import Credential, World, every
from tests.reliability.auth.matrix import Ask
from tests.reliability.campaign import Batch, Found

SHARES = 8
"""The credentials are dealt out: one share a batch."""


def batches(seed: int) -> list[Batch]:
    """The whole matrix in this process, then again through a server."""
    found = [Batch("routes", _routes)]
    for share in range(SHARES):
        found.append(Batch(f"matrix {share}", lambda share=share: _matrix(share)))  # type: ignore[misc]
        found.append(Batch(f"served {share}", lambda share=share: _served(share)))  # type: ignore[misc]
    return found


def _homed(run: Callable[[Path, World], Found]) -> Found:
    with tempfile.TemporaryDirectory(prefix="auth-") as folder:
        home = Path(folder) / "home"
        return run(home, house.furnish(home))


def _routes() -> Found:
    def look(home: Path, world: World) -> Found:
        app, _ = house.in_process(home)
        missing = rules.missing(app)
        return Found({"auth_routes": len(rules.RULES), "auth_wrong": len(missing)}, missing)

    return _homed(look)


def _matrix(share: int) -> Found:
    return _homed(lambda home, world: _asked(share, world, house.in_process(home)[1]))


def _served(share: int) -> Found:
    def look(home: Path, world: World) -> Found:
        with house.Server(home) as server:
            return _asked(share, world, server.ask)

    return _homed(look)


def _asked(share: int, world: World, ask: Ask) -> Found:
    mine: list[Credential] = every(world)[share::SHARES]
    count, wrong = matrix.asked(matrix.cells(mine), ask)
    return Found({"auth_cells": count, "auth_wrong": len(wrong)}, wrong)
