"""Where AIScore's time goes on one chunk, piece by piece, each timed alone in a warm process."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from bench.speed_company import Fitted
from bench.speed_designs import BENCH, Design
from models.detectors.blocks import in_blocks
from models.event_id import event_ids_of
from models.features.encode import encode
from models.features.values import read_values
from models.trained import inputs_of
from sidecar.app import open_house
from sidecar.settings import read_settings
from sidecar.wire import Limits, digest, read_csv, write_reply
from tests.splunkd import pythons

ROUNDS = 15
SCORE = ("read fields, entities, times", "encode features", "forest", "event ids")
"""The steps of `Model.score` that are timed alone."""


def pieces(model: Fitted, chunk: bytes, design: Design, folder: Path) -> dict[str, dict[str, float]]:
    """Seconds of each piece for one chunk: `sidecar` and `command`, each name to seconds."""
    sidecar, reply, model_id = _sidecar(model, chunk)
    return {"sidecar": sidecar, "command": _command(design, chunk, reply, model_id, folder)}


def _sidecar(model: Fitted, chunk: bytes) -> tuple[dict[str, float], bytes, str]:
    """The steps of `score` as the sidecar takes them, the reply and the model's id."""
    house = open_house(read_settings(home=model.home))
    loaded, nthread = house.shelf.champion(model.name), house.nthread
    trained = loaded.trained
    table = read_csv(chunk, Limits())
    values = read_values(table, trained.spec)
    encoded = encode(values, trained.spec, loaded.generation)
    inputs = inputs_of(encoded, values, trained.spec)
    scored = loaded.score(table, explain="none")
    steps: dict[str, Callable[[], object]] = {
        "digest of the body": lambda: digest(chunk),
        "parse CSV": lambda: read_csv(chunk, Limits()),
        "read fields, entities, times": lambda: read_values(table, trained.spec),
        "encode features": lambda: encode(values, trained.spec, loaded.generation),
        "forest": lambda: in_blocks(trained.forest.score, inputs.matrix, nthread),
        "event ids": lambda: event_ids_of(table, trained.spec.ids),
        "score": lambda: loaded.score(table, explain="none", nthread=nthread),
        "write the reply": lambda: write_reply(scored.table),
    }
    return _fastest(steps), write_reply(scored.table), loaded.id


def _fastest(steps: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The least seconds of each step over some rounds; of all of `score`, what the steps within it leave over."""
    rounds = [{name: _timed(step) for name, step in steps.items()} for _ in range(ROUNDS)]
    least = {name: min(taken[name] for taken in rounds) for name in steps}
    least["score"] -= sum(least[name] for name in SCORE)
    words = {"score": "margin, scale, notes, columns (by difference)"}
    return {words.get(name, name): seconds for name, seconds in least.items()}


def _timed(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def _command(design: Design, chunk: bytes, reply: bytes, model_id: str, folder: Path) -> dict[str, float]:
    """The steps of the command, under its own Python."""
    (folder / "chunk.csv").write_bytes(chunk)
    (folder / "reply.csv").write_bytes(reply)
    app = design.splunkd.app
    python = design.python or pythons.best(app.conf("commands")["aiscore"]["python.required"])
    places = [BENCH / "speed_kit.py", app.folder, folder / "chunk.csv", folder / "reply.csv"]
    words = [python, *map(str, places), model_id]
    done = subprocess.run(words, capture_output=True, text=True, env=app.environment())
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found
