"""Baselines of many entities: learned day by day, folded and published, then looked up from cold pages.

examples:
  python -m bench.baselines                                                 # 1,000,000 entities, 100,000,000 events
  python -m bench.baselines --events 1000000 --entities 20000 --days 5 --no-doc

One process learns, as the verb `learn` does: it counts each day into a partition, keeps it as blobs, folds all days,
and keeps the generation. A fresh one maps the generation's files and encodes chunks whose pages are not in memory.
"""

from __future__ import annotations

import argparse
import json
import mmap
import multiprocessing
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

from bench.baseline_events import SPEC, World
from bench.cold import Mapped
from bench.document import put, table
from models.bundle import open_sealed
from models.features.ageing import Ageing, fold
from models.features.baseline import Generation
from models.features.encode import encode
from models.features.partition import learn
from models.features.prequential import days_of
from models.features.values import Values, read_values
from models.history import read_in_order
from models.registry import Sealed
from sidecar.app import open_house
from sidecar.days import Opened
from sidecar.house import House
from sidecar.sealing import Kept, contents, sealed
from sidecar.settings import read_settings

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results" / "baselines.json"
DOC = ROOT / "docs" / "learning.md"
PART = "baselines"
CHUNK_ROWS = 10_000
CHUNKS = 5
LANES = 32
"""Slices of a chunk that wait for the disk side by side."""
WAYS = {"as_it_comes": (1, False), "side_by_side": (LANES, False), "read_ahead": (LANES, True)}
"""How a cold chunk is encoded: in how many slices at once, and whether the files are asked for before."""
LIMIT_MB, LIMIT_MS = 4_096, 100
"""What is aimed at: the peak of the process that learns (of 2**20 bytes), and a cold chunk."""
MIB = 1 << 20

Tell = Callable[[float, str], None]


class Meter:
    """Seconds of a stage by the clock and of processors, added up by name; and the peak so far."""

    def __init__(self) -> None:
        self.stages: dict[str, dict[str, float]] = {}
        self._last = time.perf_counter(), time.process_time()

    def end(self, stage: str) -> None:
        """What has passed since the stage before belongs to this one."""
        now = time.perf_counter(), time.process_time()
        before = self.stages.get(stage, {"wall_s": 0.0, "cpu_s": 0.0})
        wall_s, cpu_s = (new - old for new, old in zip(now, self._last, strict=True))
        self.stages[stage] = {
            "wall_s": round(before["wall_s"] + wall_s, 2),
            "cpu_s": round(before["cpu_s"] + cpu_s, 2),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
        self._last = now


def learned(world: World, folder: Path, tell: Tell) -> dict[str, Any]:
    """Learn all days and publish: figures, and the generation as sealed."""
    house, meter = open_house(read_settings(home=folder)), Meter()
    days: dict[str, Sealed] = {}
    partition_bytes = rows = 0
    meter.end("begin")
    for number in range(world.days):
        tell(number / (world.days + 3), f"day {number + 1} of {world.days}")
        events = world.day(number)
        meter.end("make up events")
        values = read_in_order(events, SPEC)
        del events
        (day,) = days_of(values)
        partition = learn(values, SPEC, np.ones(values.count, np.bool_))
        rows += partition.rows
        kept = sealed("partition", partition.files(), house.key)
        del values, partition
        meter.end("count days")
        house.blobs.put(contents(kept))
        days[day.name] = Sealed(kept.version, kept.signature)
        partition_bytes += _size(kept)
        meter.end("keep days")
    tell(world.days / (world.days + 3), "fold")
    generation = _published(days, house, meter, tell)
    return {
        "rows": rows,
        "partition_bytes": partition_bytes,
        "generation_bytes": _size(generation),
        "stages": meter.stages,
        "peak_mb": max(stage["peak_mb"] for stage in meter.stages.values()),
        "generation": [generation.version, generation.signature],
    }


def _published(days: dict[str, Sealed], house: House, meter: Meter, tell: Tell) -> Kept:
    generation = fold(Opened({}, days, house.shelf), SPEC, Ageing(), {})
    meter.end("fold and publish")
    tell(0.97, "keep the generation")
    files = generation.files(SPEC)
    del generation
    kept = sealed("generation", files, house.key)
    house.blobs.put(contents(kept))
    meter.end("keep the generation")
    return kept


def _size(kept: Kept) -> int:
    return sum(map(len, kept.files.values()))


def looked_up(world: World, folder: Path, generation: Sealed) -> dict[str, Any]:
    """Map the files of a generation, load it, and encode chunks: cold, and again at once."""
    house = open_house(read_settings(home=folder))
    began = time.perf_counter()
    mapped = Mapped.over(_paths(folder, generation, house))
    verified_s = time.perf_counter() - began
    past = Generation.from_files(mapped.buffers(), SPEC)
    found = {"verify_s": round(verified_s, 2), "load_s": round(time.perf_counter() - began - verified_s, 2)}
    mapped.advise(mmap.MADV_RANDOM)  # no page is read for its neighbours
    for number, (name, (lanes, ahead)) in enumerate(WAYS.items()):
        _encoded(_chunk(world, 0), past, mapped, lanes, ahead=ahead)  # compiles
        cold, warm, left, touched = [], [], [], []
        for chunk in range(1, CHUNKS + 1):
            values = _chunk(world, chunk + number * CHUNKS)
            mapped.drop()
            left.append(mapped.resident_pages())
            cold.append(_encoded(values, past, mapped, lanes, ahead=ahead))
            touched.append(mapped.resident_pages() - left[-1])
            warm.append(_encoded(values, past, mapped, lanes, ahead=False))
        found[name] = {
            "cold_ms": statistics.median(cold),
            "cold_ms_each": cold,
            "warm_ms": statistics.median(warm),
            "resident_pages_before": max(left),
            "pages_read": round(statistics.median(touched)),
        }
    return found | {"peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}


def _paths(folder: Path, generation: Sealed, house: House) -> dict[str, Path]:
    """The files of a generation, after its signature and every hash have been checked."""
    digests: list[str] = []

    def read(digest: str) -> memoryview:
        digests.append(digest)
        return house.blobs.read(digest)

    manifest = bytes(house.blobs.read(generation.version))
    files = open_sealed(manifest, generation.signature, house.key, read, "generation")
    return {name: folder / "blobs" / each[:2] / each for name, each in zip(files, digests, strict=True)}


def _chunk(world: World, number: int) -> Values:
    return read_values(world.chunk(CHUNK_ROWS, number), SPEC)


def _encoded(values: Values, past: Generation, mapped: Mapped, lanes: int, *, ahead: bool) -> float:
    """Milliseconds to encode a chunk, cut into so many slices at once; ahead: all files are asked for before."""
    edges = np.linspace(0, values.count, lanes + 1).astype(int).tolist()
    began = time.perf_counter()
    if ahead:
        mapped.read_ahead()
    slices = [values.slice(start, stop) for start, stop in zip(edges, edges[1:], strict=False)]
    if lanes == 1:
        encode(values, SPEC, past)
    else:
        list(lanes_pool().map(lambda part: encode(part, SPEC, past), slices))
    return round((time.perf_counter() - began) * 1e3, 1)


@cache
def lanes_pool() -> ThreadPoolExecutor:
    """Threads that wait for the disk, many more than there are cores."""
    return ThreadPoolExecutor(LANES)


def measured(world: World, tell: Tell = lambda share, words: None) -> dict[str, Any]:
    """All figures: a process that learns, then a fresh one that looks up."""
    folder = Path(tempfile.mkdtemp(prefix="baselines-"))
    try:
        made = _in_child(_learn_there, (world, folder), tell)
        generation = Sealed(*made.pop("generation"))
        return {**asdict(world), "learn": made, "look_up": _in_child(_look_up_there, (world, folder, generation), tell)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _learn_there(answer: Connection, world: World, folder: Path) -> None:
    answer.send(learned(world, folder, lambda share, words: answer.send((share, words))))


def _look_up_there(answer: Connection, world: World, folder: Path, generation: Sealed) -> None:
    answer.send((0.98, "cold lookups"))
    answer.send(looked_up(world, folder, generation))


def _in_child(work: Callable[..., None], given: tuple[Any, ...], tell: Tell) -> dict[str, Any]:
    """What a fresh process answers; what it tells before goes to `tell`."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    child = spawn.Process(target=work, args=(theirs, *given))
    child.start()
    theirs.close()
    try:
        while isinstance(found := ours.recv(), tuple):
            tell(*found)
        return dict(found)
    finally:
        child.join()
        ours.close()


def lines_of(found: dict[str, Any]) -> list[str]:
    """What the document shows."""
    made, looked = found["learn"], found["look_up"]
    taught = [stage for name, stage in made["stages"].items() if name not in ("begin", "make up events")]
    one, many, ahead = (looked[name] for name in WAYS)
    rows = [
        ["events, entities, days", f"{found['events']:,}, {found['entities']:,}, {found['days']}", ""],
        ["seconds to learn and publish", f"{sum(stage['wall_s'] for stage in taught):,.0f}", ""],
        ["of processors", f"{sum(stage['cpu_s'] for stage in taught):,.0f}", ""],
        ["peak memory of the process that learns", f"{made['peak_mb']:,} MiB", f"{LIMIT_MB:,} MiB"],
        ["a day's partition", f"{made['partition_bytes'] / found['days'] / MIB:,.0f} MiB", ""],
        ["the generation's files", f"{made['generation_bytes'] / MIB:,.0f} MiB", ""],
        [f"{CHUNK_ROWS:,} rows encoded, no page in memory", f"{one['cold_ms']:,.0f} ms", f"{LIMIT_MS} ms"],
        [f"the same, {LANES} slices side by side", f"{many['cold_ms']:,.0f} ms", f"{LIMIT_MS} ms"],
        ["the same, the files read ahead as a whole", f"{ahead['cold_ms']:,.0f} ms", f"{LIMIT_MS} ms"],
        ["the same rows again, pages in memory", f"{one['warm_ms']:,.0f} ms", ""],
        ["pages that a cold chunk reads", f"{one['pages_read']:,}", ""],
    ]
    return table(["", "measured", "aimed at"], rows)


def main() -> int:
    summary, _, examples = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m bench.baselines",
        description=summary,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--events", type=int, default=100_000_000, help="(default %(default)s)")
    parser.add_argument("--entities", type=int, default=1_000_000, help="(default %(default)s)")
    parser.add_argument("--days", type=int, default=30, help="(default %(default)s)")
    parser.add_argument("--no-doc", action="store_true", help="leave the results and the document as they are")
    chosen = parser.parse_args()
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("begin", total=1.0)
        world = World(chosen.events, chosen.entities, chosen.days)
        found = measured(world, lambda share, words: bar.update(task, completed=share, description=words))
    if chosen.no_doc:
        print(json.dumps(found, indent=1))
        return 0
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    put(DOC, PART, lines_of(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
