"""A long run in batches: what one finds is kept at once, so that a run which is stopped goes on where it was."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LIMIT_S = 30 * 60.0


@dataclass(frozen=True)
class Found:
    """What a batch has tried and seen: counts, which are added up, and a line for each thing that went wrong.

    `most` holds figures of which the largest counts, such as a time in milliseconds.
    """

    counts: Mapping[str, int]
    wrong: Sequence[str] = ()
    most: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """A piece of work of some seconds, or a minute at most, that always does the same."""

    name: str
    run: Callable[[], Found]


@dataclass(frozen=True)
class Sum:
    """All batches that were run, added up. `batches` of `planned` are done, in `seconds` of work."""

    planned: int
    batches: int
    seconds: float
    counts: Mapping[str, int]
    most: Mapping[str, float]
    wrong: Sequence[str]


def run(batches: Sequence[Batch], kept: Path, limit_s: float, told: Callable[[str, Found], None]) -> Sum:
    """Run what is not in the file `kept` yet, for `limit_s` seconds at most; `told` hears of every batch."""
    done = known(kept)
    end = time.monotonic() + limit_s
    for batch in batches:
        if batch.name in done or time.monotonic() > end:
            continue
        began = time.monotonic()
        found = _tried(batch)
        done[batch.name] = _keep(kept, batch.name, found, time.monotonic() - began)
        told(batch.name, found)
    return _sum(batches, done)


def _tried(batch: Batch) -> Found:
    try:
        return batch.run()
    except Exception as failure:  # one batch that breaks must not cost the others
        return Found({"batches_broken": 1}, [f"{type(failure).__name__}: {' '.join(str(failure).split())[:500]}"])


def _keep(kept: Path, name: str, found: Found, seconds: float) -> dict[str, object]:
    line = {"name": name, "seconds": round(seconds, 2), "counts": dict(found.counts)}
    line |= {"most": dict(found.most), "wrong": list(found.wrong)}
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    return line


def known(kept: Path) -> dict[str, dict[str, object]]:
    """What an earlier run has kept, by the batch's name."""
    if not kept.exists():
        return {}
    found: dict[str, dict[str, object]] = {}
    for line in kept.read_text(encoding="utf-8").splitlines():
        try:
            batch = json.loads(line)
        except ValueError:  # the run was ended while it wrote
            continue
        found[batch["name"]] = batch
    return found


def _sum(batches: Sequence[Batch], done: Mapping[str, Mapping[str, object]]) -> Sum:
    ran = [done[batch.name] for batch in batches if batch.name in done]
    counts: Counter[str] = Counter()
    most: dict[str, float] = {}
    wrong: list[str] = []
    for batch in ran:
        counts.update(_numbers(batch["counts"]))
        for name, value in _numbers(batch["most"]).items():
            most[name] = max(value, most.get(name, value))
        lines = batch["wrong"]
        assert isinstance(lines, list)
        wrong += [f"{batch['name']}: {line}" for line in lines]
    seconds = sum(float(str(batch["seconds"])) for batch in ran)
    return Sum(len(batches), len(ran), seconds, dict(counts), most, wrong)


def _numbers(value: object) -> dict[str, int]:
    assert isinstance(value, dict)
    return value


def unique(batches: Iterable[Batch]) -> list[Batch]:
    """The batches, their names being different: two of one name would count as one."""
    found = list(batches)
    names = Counter(batch.name for batch in found)
    twice = [name for name, count in names.items() if count > 1]
    assert not twice, f"batches of one name: {twice}"
    return found
