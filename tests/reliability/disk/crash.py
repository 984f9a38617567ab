"""What a disk may hold after the power has failed.

The model. The power fails between any two calls of the log (`recorder`).
- What a file held when it was last flushed is there. Each write and truncation since may be there or not, in any
  subset; a write that made the file longer may also have left zeros. The last one that is there may be torn: any
  of its 512-byte sectors new, the others old (`torn="sectors"`), or cut at any byte (`torn="bytes"`).
- A flush that failed has made nothing durable, and what it was to flush stays doubtful for ever: a later flush that
  succeeds does not vouch for it (kernels mark such pages clean). Writing the same place again does.
- Each name made, renamed or removed since the last flush of its folder may have been so or not, in any subset.
  That a file was flushed says nothing of its name. A renamed name may so stand for an empty or short file.
- A rename is never half done, and bytes outside of a write are never harmed (SQLite's "powersafe overwrite").
- SQLite's shared-memory file is memory: after a crash it is absent, or holds anything.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tests.reliability.disk.recorder import Op

SECTOR = 512
Torn = Literal["", "sectors", "bytes"]


class Change(NamedTuple):
    """A write at `offset`, or a truncation to `offset` when there is no `data`; doubtful after a failed flush."""

    offset: int
    data: bytes | None
    doubtful: bool = False


@dataclass
class Disk:
    """What is durable, and what is pending; fed with one operation after the other."""

    files: dict[int, bytes] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    folders: set[str] = field(default_factory=lambda: {"."})
    changes: dict[int, list[Change]] = field(default_factory=dict)
    moves: list[Op] = field(default_factory=list)

    def feed(self, op: Op) -> None:
        """One more operation has happened."""
        if op.what in ("write", "truncate"):
            self.changes.setdefault(op.file, []).append(Change(op.offset, op.data if op.what == "write" else None))
        elif op.what == "sync":
            self._flush(op.file)
        elif op.what == "failed_sync":
            self.changes[op.file] = [change._replace(doubtful=True) for change in self.changes.get(op.file, ())]
        elif op.what == "sync_folder":
            settled = [move for move in self.moves if _within(move, op.path)]
            self.moves = [move for move in self.moves if not _within(move, op.path)]
            _move(self.names, self.folders, settled)
        elif op.what != "said":
            self.moves.append(op)

    def _flush(self, file: int) -> None:
        pending = self.changes.pop(file, [])
        doubtful = [change for change in pending if change.doubtful and not _overwritten(change, pending)]
        if doubtful:
            self.changes[file] = doubtful
        self.files[file] = _applied(self.files.get(file, b""), (c for c in pending if c not in doubtful))

    def left(self, choice: "Choice") -> dict[str, bytes | None]:
        """The folder as a crash may leave it: contents by path, None for a folder."""
        names, folders = dict(self.names), set(self.folders)
        _move(names, folders, [move for move in self.moves if choice.name()])
        contents: dict[str, bytes | None] = {path: None for path in sorted(folders) if _stands(path, folders)}
        for path, file in names.items():
            if _stands(path, folders):
                contents[path] = self._content(file, choice)
        return contents

    def _content(self, file: int, choice: "Choice") -> bytes:
        content = self.files.get(file, b"")
        chosen = [(change, choice.write()) for change in self.changes.get(file, ())]
        last = max((number for number, (_, fate) in enumerate(chosen) if fate == "there"), default=-1)
        for number, (change, fate) in enumerate(chosen):
            if fate == "zeros" and change.data is not None:
                content = content.ljust(change.offset + len(change.data), b"\0")
            elif fate == "there":
                pieces = choice.pieces(change) if number == last else [change]
                content = _applied(content, pieces)
        return content


@dataclass(frozen=True)
class Choice:
    """Which of the pending happened: the probability of a name and of a write, of zeros, and how the last is torn."""

    chance: random.Random
    names: float
    writes: float
    zeros: float = 0.0
    torn: Torn = ""

    def name(self) -> bool:
        """Did this change of a name happen?"""
        return self.chance.random() < self.names

    def write(self) -> str:
        """What became of a write: there, zeros or lost."""
        if self.chance.random() < self.writes:
            return "there"
        return "zeros" if self.chance.random() < self.zeros else "lost"

    def pieces(self, change: Change) -> list[Change]:
        """What is there of the last write."""
        data = change.data
        if not data or not self.torn or self.chance.random() < 0.3:
            return [change]
        if self.torn == "bytes":
            return [Change(change.offset, data[: self.chance.randrange(len(data))])]
        start = change.offset - change.offset % SECTOR
        ends = range(start, change.offset + len(data), SECTOR)
        bounds = [(max(at, change.offset), min(at + SECTOR, change.offset + len(data))) for at in ends]
        kept = [bound for bound in bounds if self.chance.random() < 0.5]
        return [Change(low, data[low - change.offset : high - change.offset]) for low, high in kept]


def choices(seed: str, drawn: int) -> Iterator[Choice]:
    """The plain ways in which the power fails, then `drawn` random ones."""
    chance = random.Random(seed)
    yield Choice(chance, 0, 0)
    yield Choice(chance, 1, 1)
    yield Choice(chance, 1, 0)
    yield Choice(chance, 0, 1)
    for number in range(drawn):
        torn: Torn = "bytes" if number % 3 == 2 else "sectors"
        yield Choice(chance, chance.choice((0.2, 0.5, 0.8, 1)), chance.choice((0.2, 0.5, 0.9)), 0.3, torn)


@dataclass(frozen=True)
class Crash:
    """A place in the log: the disk by then, and what the workload was told by then."""

    at: int
    disk: Disk
    said: tuple[Op, ...]


def crashes(log: Iterable[Op]) -> Iterator[Crash]:
    """Every crash point: before the first call, and after each call that a disk sees. The disk is the same object
    each time, so it is to be looked at before the next one is asked for."""
    disk, said, at = Disk(), list[Op](), 0
    changed = True
    for op in log:
        if op.what == "said":
            said.append(op)
            continue
        if changed:
            yield Crash(at, disk, tuple(said))
        disk.feed(op)
        at += 1
    yield Crash(at, disk, tuple(said))


def rebuild(contents: Mapping[str, bytes | None], folder: Path, shared_memory: bytes | None = None) -> None:
    """Write what a crash has left into a folder; with bytes for the shared memory of every database."""
    for path, content in contents.items():
        place = folder / path
        if content is None:
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
        else:
            place.write_bytes(content)
            place.chmod(0o600)
            if shared_memory is not None and path.endswith(".db"):
                place.with_name(place.name + "-shm").write_bytes(shared_memory)


def _within(move: Op, folder: str) -> bool:
    return (move.path.rpartition("/")[0] or ".") == folder


def _stands(path: str, folders: set[str]) -> bool:
    # A folder whose own name was lost takes everything in it along.
    return path == "." or ((above := path.rpartition("/")[0] or ".") in folders and _stands(above, folders))


def _move(names: dict[str, int], folders: set[str], moves: Iterable[Op]) -> None:
    steps: dict[str, Callable[[Op], Any]] = {
        "create": lambda op: names.__setitem__(op.path, op.file),
        "link": lambda op: names.__setitem__(op.to, op.file),
        "unlink": lambda op: names.pop(op.path, None),
        "mkdir": lambda op: folders.add(op.path),
        "rmdir": lambda op: folders.discard(op.path),
    }
    for op in moves:
        if op.what == "rename":
            names.pop(op.path, None)
            names[op.to] = op.file
        else:
            steps[op.what](op)


def _overwritten(change: Change, pending: list[Change]) -> bool:
    sure = [c for c in pending if not c.doubtful and c.data is not None]
    return any(
        c.offset <= change.offset and change.offset + len(change.data or b"") <= c.offset + len(c.data or b"")
        for c in sure
    )


def _applied(content: bytes, changes: Iterable[Change]) -> bytes:
    whole = bytearray(content)
    for change in changes:
        if change.data is None:
            del whole[change.offset :]
            whole.extend(bytes(max(0, change.offset - len(whole))))
        else:
            whole.extend(bytes(max(0, change.offset - len(whole))))
            whole[change.offset : change.offset + len(change.data)] = change.data
    return bytes(whole)
