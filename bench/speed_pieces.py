"""Where AIScore's time goes on one chunk, piece by piece, each timed alone in a warm process."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bench.speed_designs import MODEL, ROOT, Design, Fitted
from models.event_id import event_ids_of
from models.features.encode import encode
from models.features.values import read_values
from models.trained import inputs_of
from sidecar.app import open_house
from sidecar.settings import Settings
from sidecar.wire import Limits, digest, read_csv, write_reply
from tests.splunkd import pythons

TIMES = 15

T = TypeVar("T")


class Stopwatch:
    """Seconds by the name of the piece: the fastest of some runs after one to warm up."""

    def __init__(self) -> None:
        self.found: dict[str, float] = {}

    def __call__(self, name: str, step: Callable[[], T]) -> T:
        step()
        best = float("inf")
        for _ in range(TIMES):
            began = time.perf_counter()
            result = step()
            best = min(best, time.perf_counter() - began)
        self.found[name] = best
        return result


def pieces(model: Fitted, chunk: bytes, design: Design, folder: Path) -> dict[str, dict[str, float]]:
    """Seconds of each piece for one chunk: `sidecar` and `command`, each name to seconds."""
    sidecar, reply, model_id = _sidecar(model, chunk)
    return {"sidecar": sidecar, "command": _command(design, chunk, reply, model_id, folder)}


def _sidecar(model: Fitted, chunk: bytes) -> tuple[dict[str, float], bytes, str]:
    """The steps of `score` as the sidecar takes them, the reply and the model's id."""
    loaded = open_house(Settings(home=model.home)).shelf.champion(MODEL)
    trained, watch = loaded.trained, Stopwatch()
    watch("digest of the body", lambda: digest(chunk))
    table = watch("parse CSV", lambda: read_csv(chunk, Limits()))
    values = watch("read fields, entities, times", lambda: read_values(table, trained.spec))
    encoded = watch("encode features", lambda: encode(values, trained.spec, loaded.generation))
    inputs = inputs_of(encoded, values, trained.spec)
    watch(f"forest of {len(trained.forest.roots)} trees", lambda: trained.forest.score(inputs.matrix))
    watch("event ids", lambda: event_ids_of(table, trained.spec.ids))
    before = sum(watch.found[name] for name in list(watch.found)[2:])
    scored = watch("all of score", lambda: loaded.score(table, explain="none"))
    watch.found["margin, scale, notes, columns (by difference)"] = watch.found.pop("all of score") - before
    reply = watch("write the reply", lambda: write_reply(scored.table))
    return watch.found, reply, loaded.id


def _command(design: Design, chunk: bytes, reply: bytes, model_id: str, folder: Path) -> dict[str, float]:
    """The steps of the command, under its own Python."""
    (folder / "chunk.csv").write_bytes(chunk)
    (folder / "reply.csv").write_bytes(reply)
    app = design.splunkd.app
    python = design.python or pythons.best(app.conf("commands")["aiscore"]["python.required"])
    words = [app.folder, folder / "chunk.csv", folder / "reply.csv", model_id]
    script = ROOT / "bench" / "speed_kit.py"
    done = subprocess.run([python, script, *words], stdout=subprocess.PIPE, check=True, env=app.environment())
    found: dict[str, float] = json.loads(done.stdout)
    return found
