"""Loaded models are kept, shared between threads, and exchanged when another is promoted."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sidecar.app import open_house
from sidecar.errors import CallerError
from sidecar.house import House
from sidecar.settings import Settings
from sidecar.tasks.fit import FitOptions
from sidecar.tasks.fit import run as fit
from sidecar.wire import Limits, read_csv
from tests.sidecar.conftest import events


class Counted:
    """Blobs that count what is read."""

    def __init__(self, blobs: Any) -> None:
        self.blobs, self.reads = blobs, 0

    def read(self, name: str) -> memoryview:
        self.reads += 1
        return memoryview(self.blobs.read(name))


@pytest.fixture
def house(home: Path) -> House:
    return open_house(Settings(home=home))


def refit(house: House, seed: int, name: str = "ait") -> str:
    options = FitOptions(model=name, entity=("user",), seed=seed)
    return str(fit(read_csv(events(seed=seed), Limits()), options, house).table["bundle"][0])


def test_a_model_is_loaded_once_for_many_threads(house: House) -> None:
    counted = Counted(house.blobs)
    house.shelf._blobs = counted  # type: ignore[assignment]
    with ThreadPoolExecutor(8) as pool:
        models = list(pool.map(lambda _: house.shelf.champion("ait"), range(16)))
    loaded = counted.reads
    assert len({id(model) for model in models}) == 1
    house.shelf.champion("ait")
    assert counted.reads == loaded > 0


def test_a_promotion_by_another_process_is_seen_at_once(house: House, home: Path) -> None:
    before = house.shelf.champion("ait").id
    other = open_house(Settings(home=home))
    version = house_line(other, refit(other, 8))
    assert house.shelf.champion("ait").id == before
    other.ledger.append("promote", {"model": "ait", "bundle": version}, by="bob")
    assert house.shelf.champion("ait").id.startswith(f"ait@{version[:12]}/")


def house_line(house: House, letters: str) -> str:
    return house.shelf.line("ait").find(letters).bundle


def test_only_so_many_are_kept(home: Path) -> None:
    house = open_house(Settings(home=home, max_models=1))
    refit(house, 8, "other")
    counted = Counted(house.blobs)
    house.shelf._blobs = counted  # type: ignore[assignment]
    for name in ("ait", "other", "ait"):
        house.shelf.champion(name)
    thrice = counted.reads
    house.shelf.champion("ait")
    assert counted.reads == thrice and len(house.shelf._models) == 1


def test_no_model_says_which_are_known(house: House) -> None:
    with pytest.raises(CallerError) as caught:
        house.shelf.champion("nope")
    assert caught.value.code == "no_model" and "ait" in caught.value.mend


def test_who_fits_locally_also_promotes(house: House) -> None:
    remote = refit(house, 8)
    assert house.shelf.line("ait").champion.bundle[:12] != remote  # type: ignore[union-attr]
    local = refit(replace(house, local=True), 9)
    assert house.shelf.line("ait").champion.bundle[:12] == local  # type: ignore[union-attr]
