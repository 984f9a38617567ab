"""What nothing refers to any more is removed from the home, whatever came between."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from models.features.hashing import code_of
from sidecar.errors import CallerError
from sidecar.house import House
from tests.sidecar.test_learn import SPECS, before_keeping, day_of, forget, house_with, later, learn, scored

ALICE = code_of("user3").to_bytes(8, "little")


def blobs_of(home: Path, holding: bytes = b"") -> set[str]:
    return {path.name for path in (home / "blobs").glob("??/*") if holding in path.read_bytes()}


def needed(house: House) -> set[str]:
    """All that the registry names, of one version that is not tainted or has been."""
    version = house.shelf.line("m").champion
    assert version
    days = [*version.days.values(), *version.fitted_days.values()]
    sets = [version.bundle, version.generation, version.reference.version, *(day.version for day in days)]
    named = {file for name in sets for file in json.loads(bytes(house.blobs.read(name)))["files"].values()}
    return named | {*sets, version.card}


def killing(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_held_the_forgotten_rows_is_removed_but_for_the_reference(tmp_path: Path) -> None:
    """Alice's code stands in the generation of the fit alone."""
    house = house_with(tmp_path, SPECS["one entity"])
    learn(house, [day_of(later(), 0).filter(pl.col("user").is_in(["user3", "user4"])), day_of(later(), 1)])
    assert len(blobs_of(tmp_path, ALICE)) == 2, "everybody's cells, and those of the two"
    forget(house, entity="user3")
    version = house.shelf.line("m").champion
    assert version and blobs_of(tmp_path) == needed(house)
    held = json.loads(bytes(house.blobs.read(version.reference.version)))["files"]
    assert blobs_of(tmp_path, ALICE) == {held["roster.0.npy"]}
    assert scored(house).height == later().height


def test_what_a_killed_run_left_behind_goes_with_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = house_with(tmp_path, SPECS["one entity"])
    learn(house, [day_of(later(), 0)])
    with monkeypatch.context() as killed:
        killed.setattr(house.blobs, "drop", killing)
        with pytest.raises(KeyboardInterrupt):
            forget(house, entity="user3")
    assert blobs_of(tmp_path) > needed(house)
    assert forget(house, entity="user3").is_empty(), "it is forgotten: only what held it is still there"
    assert blobs_of(tmp_path) == needed(house)


def test_a_removal_that_was_cut_short_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of a set's files goes last."""
    house = house_with(tmp_path, SPECS["one entity"])
    learn(house, [day_of(later(), 0)])
    drop = house.blobs.drop

    def cut(names: Any) -> None:
        drop(sorted(names)[:2])
        killing()

    with monkeypatch.context() as killed:
        killed.setattr(house.blobs, "drop", cut)
        with pytest.raises(KeyboardInterrupt):
            forget(house, entity="user3")
    forget(house, entity="user3")
    assert blobs_of(tmp_path) == needed(house)


def test_what_cannot_score_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = house_with(tmp_path, SPECS["one entity"])
    monkeypatch.setattr("sidecar.tasks.learn._rehearse", killing)
    with pytest.raises(KeyboardInterrupt):
        learn(house, [day_of(later(), 0)])
    assert blobs_of(tmp_path) == needed(house)


def test_what_came_too_late_goes_with_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = house_with(tmp_path, SPECS["one entity"])
    before_keeping(house, monkeypatch, lambda: learn(house, [day_of(later(), 1)]))
    with pytest.raises(CallerError, match="meanwhile"):
        learn(house, [day_of(later(), 0).filter(pl.col("user") == "user3")])
    assert blobs_of(tmp_path) > needed(house)
    learn(house, [day_of(later(), 2)])
    assert blobs_of(tmp_path) == needed(house)
