"""The benchmark of baselines: it runs, small; its events are what it says; its pages are out of memory."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from bench import baselines
from bench.baseline_events import World
from bench.cold import Mapped

WORLD = World(20_000, 500, 3)
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which pages are in memory")


def test_the_events_are_those_of_so_many_entities_and_a_few_are_loud() -> None:
    days = [WORLD.day(number) for number in range(WORLD.days)]
    events = pl.concat(days)
    assert events.height == WORLD.events and events["user"].n_unique() == WORLD.entities
    loud = events["user"].value_counts().sort("count", descending=True)["count"]
    assert loud[:50].sum() > 0.5 * WORLD.events and loud[-1] >= 1
    assert WORLD.day(1).equals(days[1]) and not WORLD.day(1).equals(days[2])
    assert WORLD.chunk(3_000, 0)["user"].n_unique() > 0.9 * WORLD.entities


@on_linux
def test_pages_that_were_dropped_are_not_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.write(bytes(1 << 20))
        file.flush()
        os.fsync(file.fileno())
    mapped = Mapped.over({"file": path})
    whole = np.frombuffer(mapped.buffers()["file"], np.uint8)
    assert whole.sum() == 0 and mapped.resident_pages() == 256
    mapped.drop()
    if mapped.resident_pages():
        pytest.skip("this file system keeps its pages in memory")
    whole[5000]
    assert mapped.resident_pages() >= 1


def test_the_figures_in_the_document_are_those_of_the_results() -> None:
    kept = json.loads(baselines.RESULTS.read_text(encoding="utf-8"))
    assert kept["learn"]["rows"] == kept["events"]
    assert all(kept["look_up"][name]["resident_pages_before"] == 0 for name in baselines.WAYS)
    text = baselines.DOC.read_text(encoding="utf-8")
    shown = text.split(f"<!-- {baselines.PART} -->\n")[1].split(f"\n<!-- end of {baselines.PART} -->")[0]
    assert shown.splitlines() == baselines.lines_of(kept)


@on_linux
def test_a_small_world_is_learned_published_and_looked_up() -> None:
    told: list[str] = []
    found = baselines.measured(WORLD, lambda share, words: told.append(words))
    assert found["learn"]["rows"] == WORLD.events and found["learn"]["peak_mb"] > 50
    assert told[:3] == ["day 1 of 3", "day 2 of 3", "day 3 of 3"] and told[-1] == "cold lookups"
    for name in baselines.WAYS:
        assert len(found["look_up"][name]["cold_ms_each"]) == baselines.CHUNKS
    assert len(baselines.lines_of(found)) > 5
