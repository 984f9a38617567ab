"""One home, and servers over it that are killed one after the other while clients are at work."""

import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple

from models import registry
from sidecar.app import open_ledger
from sidecar.settings import Settings
from tests.reliability.campaign import Found
from tests.reliability.kills import home
from tests.reliability.kills.changer import Changer
from tests.reliability.kills.client import Client
from tests.reliability.kills.fitter import Fitter
from tests.reliability.kills.judge import Judge
from tests.reliability.kills.keeper import Keeper
from tests.reliability.kills.life import Life


class Aim(NamedTuple):
    """What a kill is to hit: it waits until that is under way, then `late_s` at most."""

    name: str
    share: int
    late_s: float


AIMS = (
    Aim("part", 4, 0.02),
    Aim("commit", 3, 0.05),
    Aim("fit", 5, 0.6),
    Aim("end", 3, 0.15),
    Aim("change", 5, 0.05),
    Aim("any", 3, 0.5),
    Aim("start", 3, 2.0),
)
READS = frozenset({"watch", "look"})
"""Requests that write nothing: a kill that hits only these hits nothing."""
WAIT_S = 20.0
"""How long a kill waits for what it is to hit."""


def aims(seed: str, count: int) -> list[Aim]:
    """`count` aims by their shares, one of each kind first."""
    chance = Random(seed)
    found = chance.sample(AIMS, len(AIMS)) + chance.choices(AIMS, [aim.share for aim in AIMS], k=count)
    return found[:count]


class Lane:
    """The clients of one home, and what was found there."""

    def __init__(self, name: str, seed: int, folder: Path) -> None:
        self.name = name
        self.home = home.copy(folder)
        self.chance = Random(f"{seed} {name}")
        line = registry.fold(open_ledger(Settings(home=self.home)).entries())[home.CHANGING]
        self.fitter = Fitter(name, seed)
        self.changer = Changer(name, seed, line)
        self.keeper = Keeper(name, seed, self.home)
        self.clients: tuple[Client, ...] = (self.fitter, self.changer, self.keeper)
        self.judge = Judge(self.home, self.fitter, self.changer, self.keeper)
        self.counts: Counter[str] = Counter()

    def run(self, aims: Sequence[Aim]) -> Found:
        """Kill a server for each aim, and one that has done all it was asked for; the last is only looked at."""
        for aim in aims:
            with self._life() as life:
                if aim.name == "start":
                    time.sleep(self.chance.uniform(0.1, aim.late_s))
                    self.counts["kills_start"] += 1
                else:
                    self._killed_at_work(life, self._under_way(aim), aim.late_s)
        self._killed_after_a_fit()
        self._looked_at()
        return self._found()

    @contextmanager
    def _life(self) -> Iterator[Life]:
        life = Life(self.home)
        try:
            yield life
        finally:
            life.kill()
        self.counts["kills"] += 1
        self.fitter.kills += 1

    def _killed_at_work(self, life: Life, under_way: Callable[[], bool], late_s: float) -> None:
        self._up(life)
        stop = threading.Event()
        with ThreadPoolExecutor(len(self.clients)) as threads:
            working = [threads.submit(client.live, life.url, stop) for client in self.clients]
            wait(under_way)
            time.sleep(self.chance.uniform(0.0, late_s))
            busy = {"fit"} if self.fitter.running else set()
            busy |= {"command line"} if self.keeper.speaking else set()
            killed_at = life.kill()
            stop.set()
        for done in working:
            done.result()
        self._hit(killed_at, busy)

    def _under_way(self, aim: Aim) -> Callable[[], bool]:
        ways: dict[str, Callable[[], bool]] = {
            # Between parts: some are acknowledged already, and must be there.
            "part": lambda: self.fitter.now == "part" and bool(self.fitter.sessions[-1].parts),
            "commit": lambda: self.fitter.now == "commit",
            "fit": lambda: self.fitter.running,
            "end": lambda: self.fitter.running and self.fitter.progress > 0.7,
            "change": lambda: self.changer.now == "change",
            "any": lambda: True,
        }
        return ways[aim.name]

    def _hit(self, killed_at: float, busy: set[str]) -> None:
        struck = {client.cut[0] for client in self.clients if client.cut and client.cut[1] < killed_at}
        struck = (struck | busy) - READS
        for kind in struck:
            self.counts[f"kills_{kind}"] += 1
        self.counts["kills_idle"] += int(not struck)

    def _killed_after_a_fit(self) -> None:
        whole = self.fitter.whole

        def at_work_again() -> bool:
            return self.fitter.whole > whole and not any(client.cut for client in self.clients)

        with self._life() as life:
            self._killed_at_work(life, at_work_again, 0.0)
        if self.fitter.whole == whole:
            self.judge.wrong.append(f"{self.name}: no fit comes to its end after {self.counts['kills']} kills")

    def _looked_at(self) -> None:
        left = list((self.home / "blobs").rglob(".new-*"))
        self.counts["blobs_unfinished"] = len(left)
        for path in left:
            os.utime(path, (0, 0))
        life = Life(self.home)
        try:
            self._up(life)
            wait(lambda: not any((self.home / "blobs").rglob(".new-*")))
        finally:
            life.kill()
        if any((self.home / "blobs").rglob(".new-*")):
            self.judge.wrong.append(f"{self.name}: blobs that were never finished stay for ever")
        self.counts["versions_scored"] = self.judge.look_at_versions()

    def _up(self, life: Life) -> None:
        life.wait_until_ready()
        self.counts["server_restarts"] += int(self.counts["kills"] > 0)
        self.judge.look(life.url)

    def _found(self) -> Found:
        acknowledged: Counter[str] = sum((client.acknowledged for client in self.clients), Counter())
        wrong = [*self.judge.wrong, *(line for client in self.clients for line in client.wrong)]
        if wrong:
            bugs = [line for line in (self.home.parent / "server.log").read_text().splitlines() if '"error"' in line]
            wrong += [f"{self.name} log: {line}" for line in bugs[:3]]
        counts = {
            **self.counts,
            "writes_acknowledged": sum(acknowledged.values()),
            "writes_lost": self.judge.counts["lost"],
            "writes_doubled": self.judge.counts["doubled"],
            "half_made": self.judge.counts["half_made"],
        }
        return Found(counts, wrong)


def wait(until: Callable[[], bool]) -> None:
    """Until it is so, or too late."""
    end = time.monotonic() + WAIT_S
    while not until() and time.monotonic() < end:
        time.sleep(0.001)


def run(name: str, seed: int, aims: Sequence[Aim]) -> Found:
    """A lane in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        return Lane(name, seed, Path(folder)).run(aims)


def side_by_side(name: str, seed: int, kills: int) -> Found:
    """Two lanes at once, each with `kills` kills."""
    home.fitted()
    with ThreadPoolExecutor(2) as lanes:
        names = [f"{name}{letter}" for letter in "ab"]
        ran = list(lanes.map(lambda lane: run(lane, seed, aims(f"{seed} {lane}", kills)), names))
    counts: Counter[str] = Counter()
    for found in ran:
        counts.update(found.counts)
    return Found(dict(counts), [line for found in ran for line in found.wrong])
