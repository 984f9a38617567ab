"""A service among damaged models: the champion keeps serving, and what is damaged says so."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, Protocol

from models.bundle import seal, sign, version_of
from models.registry import Version
from sidecar.app import open_house
from sidecar.house import House
from sidecar.settings import Settings
from sidecar.tasks.fit import FitOptions
from sidecar.tasks.fit import run as fit
from sidecar.wire import Limits, read_csv
from tests.reliability.bundles.alter import chosen
from tests.reliability.campaign import Found
from tests.sidecar.conftest import events

BODY = events(1, 40, seed=2)
SERVED, OTHER = "served", "other"
REFUSED = (
    "forest whose root is its own child",
    "forest with a node under its child",
    "forest with a child out of range",
    "forest whose leaves have children",
    "forest with a column too many",
    "forest with NaN leaves",
    "forest of a chain of 100,000 nodes",
    "history with number keys turned round",
    "history with one owner eight times",
    "history with category total = -1.0",
    "history with the span 'a\\nb'",
    "spec of a million fields",
    "scale turned round",
    "margin weights = [0, 0, 0]",
    "model.json nested deeply",
    "model.json as pickle",
    "forest.threshold.npy as object array",
    "forest.threshold.npy of shape (4294967296, 4294967296)",
)
"""Alterations of which each must be refused, whatever the model."""


class Answer(NamedTuple):
    """What a model answers."""

    status: int
    text: str
    version: str


class Asked(Protocol):
    """The service, in this process or in its own."""

    def post(self, path: str, body: bytes = b"") -> Any: ...
    def told(self) -> str:
        """Its log."""


Serving = Callable[[Path, "Scene"], AbstractContextManager[Asked]]


class Scene:
    """A home with two models, what was counted, and what went wrong."""

    def __init__(self, fitted: Path, folder: Path, seed: int, serving: Serving, *, apart: bool) -> None:
        self.home = Path(shutil.copytree(fitted, folder / "home"))
        self.chance = Random(f"scene {seed}")
        self.serving, self.apart = serving, apart
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.before: dict[str, Answer] = {}

    def play(self, promotes: int) -> Found:
        """All acts, one after the other. promotes: how many damaged versions are promoted."""
        versions = [(what, self._damaged_version(what)) for what in self.chance.sample(REFUSED, promotes)]
        with self.serving(self.home, self) as server:
            self.before = {name: _score(server, name) for name in (SERVED, OTHER)}
            self.must(all(found.status == 200 for found in self.before.values()), "the sound models do not score")
            for what, version in versions:
                self._promote(server, what, version)
            self._damage_champion()
            self._same(server, SERVED, "after its files were damaged")
            self._same(server, OTHER, "beside damaged files")
        with self.serving(self.home, self) as server:
            self._after_restart(server)
        return Found({"server_deaths": 0, **self.counts}, self.wrong)

    def _promote(self, server: Asked, what: str, version: str) -> None:
        """A damaged version is not taken into service, and the one before goes on as it was."""
        self.counts["damaged_versions_promoted"] += 1
        reply = server.post(f"/v1/models?model={SERVED}&action=promote&version={version[:12]}")
        self.must(
            reply.status_code == 500 and json.loads(reply.text)["code"] == "store",
            f"promote of {what}: {reply.text[:200]}",
        )
        self.must(version[:12] in reply.text, f"promote of {what} does not name the version: {reply.text[:200]}")
        self._same(server, SERVED, f"after the promote of {what}")

    def _damage_champion(self) -> None:
        """Every file that the champion was loaded from is cut, filled with zeros or overwritten, in place."""
        house = open_house(Settings(home=self.home))
        shared = _blobs(house, _champion(house, OTHER))
        for name in sorted(_blobs(house, _champion(house, SERVED)) - shared):
            path = self.home / "blobs" / name[:2] / name
            size = path.stat().st_size
            new = self.chance.choice((bytes(size), self.chance.randbytes(size), *self._shorter(path)))
            with path.open("r+b") as file:
                file.write(new)
                file.truncate(len(new))
            self.counts["blobs_damaged_while_loaded"] += 1

    def _shorter(self, path: Path) -> tuple[bytes, ...]:
        """Half of a file, and nothing; where the service shares this process, its death would be ours."""
        return (path.read_bytes()[: path.stat().st_size // 2], b"") if self.apart else ()

    def _after_restart(self, server: Asked) -> None:
        """The damaged champion has no score for anybody; the log names it; the other model scores as before."""
        found = _score(server, SERVED)
        self.must(found.status == 500 and '"code": "store"' in found.text, f"a damaged champion: {found}")
        self.must(f"model '{SERVED}'" in found.text, f"the error does not name the model: {found.text}")
        self.must("ai_score" not in found.text, "a damaged champion has scored")
        told = server.told()
        self.must("warm-up failed" in told and f"model '{SERVED}'" in told, "the log does not name the damaged model")
        self.must("was altered" in told or "is missing" in told, "the log does not say what is damaged")
        self._same(server, OTHER, "after the restart")
        self.counts["restarts_with_a_damaged_champion"] += 1

    def _same(self, server: Asked, name: str, when: str) -> None:
        self.counts["scores_compared"] += 1
        self.must(_score(server, name) == self.before[name], f"{name} scores otherwise {when}")

    def must(self, true: bool, what: str) -> None:
        if not true:
            self.wrong.append(what)

    def _damaged_version(self, what: str) -> str:
        """A challenger in the ledger, signed with the true key."""
        house = open_house(Settings(home=self.home))
        champion = _champion(house, SERVED)
        past = _files(house, champion.generation)
        files = {**_files(house, champion.bundle), **past}
        dict(chosen())[what](files)
        sets = {
            kind: {name: content for name, content in files.items() if (name in past) == (kind == "generation")}
            for kind in ("generation", "bundle")
        }
        _name_generation(sets)
        facts: dict[str, object] = {}
        for kind, one in sets.items():
            manifest = seal(kind, one)
            house.blobs.put([manifest, *one.values()])
            facts |= {kind: version_of(manifest), f"{kind}_signature": sign(manifest, house.key)}
        same = {name: getattr(champion, name) for name in ("card", "rows", "positives", "entities", "voices")}
        house.ledger.append("fit", {"model": SERVED, **same, **facts}, by="eve")
        return str(facts["bundle"])


def _name_generation(sets: dict[str, dict[str, bytes]]) -> None:
    """As a fit does: the bundle's own version covers the generation it was fitted with."""
    try:
        model = json.loads(sets["bundle"]["model.json"]) | {"fitted_with": version_of(seal(*[*sets.items()][0]))}
    except (ValueError, RecursionError):
        return  # model.json itself is what was altered
    sets["bundle"]["model.json"] = json.dumps(model).encode()


def _score(server: Asked, name: str) -> Answer:
    reply = server.post(f"/v1/score?model={name}&explain=all", BODY)
    return Answer(reply.status_code, reply.text, reply.headers.get("AIScore-Model", ""))


def _champion(house: House, name: str) -> Version:
    champion = house.shelf.line(name).champion
    assert champion
    return champion


def _files(house: House, version: str) -> dict[str, bytes]:
    listed = json.loads(bytes(house.blobs.read(version)))["files"]
    return {name: bytes(house.blobs.read(digest)) for name, digest in listed.items()}


def _blobs(house: House, version: Version) -> set[str]:
    """All that a version is made of."""
    manifests = (version.bundle, version.generation)
    return {*manifests, *(d for one in manifests for d in json.loads(bytes(house.blobs.read(one)))["files"].values())}


def fit_two(home: Path) -> Path:
    """A home with two models."""
    house = open_house(Settings(home=home), by="ann")
    for name, seed in ((SERVED, 1), (OTHER, 8)):
        fit(read_csv(events(seed=seed), Limits()), FitOptions(model=name, entity=("user",)), house)
    return home
