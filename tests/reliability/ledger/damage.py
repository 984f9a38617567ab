"""Bytes of the ledger's files that are lost or turned over, wherever that happens to be, and what is done to its head.

What comes of a random byte nobody knows beforehand: it must be found, or what is read must be the same as before.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sidecar.store.base import Head
from tests.reliability.ledger import forger
from tests.reliability.ledger.tamper import STRANGER, Scene, Tampering, Want, want

ANYTHING = (
    "altered forged missing inserted moved replayed mixed cut rewritten damaged unusable head_altered head_missing"
)


def truncate(name: str) -> Tampering:
    """A file that ends early."""

    def act(scene: Scene) -> Want:
        path = _file(scene, name)
        size = path.stat().st_size
        page = 4096 * scene.chance.randint(0, size // 4096)
        with path.open("r+b") as file:
            file.truncate(min(size - 1, scene.chance.choice((page, scene.chance.randrange(size), 0))))
        return _anything(scene)

    return act


def flip(name: str) -> Tampering:
    """One to eight bits turned over."""

    def act(scene: Scene) -> Want:
        path = _file(scene, name)
        with path.open("r+b") as file:
            for _ in range(scene.chance.choice((1, 1, 1, 8))):
                place = scene.chance.randrange(path.stat().st_size)
                file.seek(place)
                (value,) = file.read(1)
                file.seek(place)
                file.write(bytes([value ^ 1 << scene.chance.randrange(8)]))
        return _anything(scene)

    return act


def overwrite(scene: Scene) -> Want:
    """A page of the database with zeros, noise, or another page."""
    path = scene.home.db
    pages = path.stat().st_size // 4096
    with path.open("r+b") as file:
        file.seek(4096 * scene.chance.randrange(pages))
        other = file.read(4096)
        file.seek(4096 * scene.chance.randrange(pages))
        file.write(scene.chance.choice((bytes(4096), scene.chance.randbytes(4096), other)))
    return _anything(scene)


def _file(scene: Scene, name: str) -> Path:
    return {"database": scene.home.db, "log": scene.home.wal, "head": scene.home.head}[name]


def _anything(scene: Scene) -> Want:
    return want(ANYTHING, 0, scene.entries + 1, maybe=True)


def lost_log(scene: Scene) -> Want:
    """The write-ahead log taken away: half of the entries were in it."""
    scene.home.wal.unlink()
    return want("cut", scene.entries // 2)


def head_says(scene: Scene) -> Want:
    """Another number, hash or signature in the head note."""
    number, last, signature = scene.home.head.read_text().split()
    other = str(scene.any(1, -1))
    texts = (f"{other} {last} {signature}", f"{number} {signature} {signature}", f"{number} {last} {last}", f"{number}")
    scene.home.head.write_text(scene.chance.choice(texts) + "\n")
    return want("head_altered", 0)


def head_of_a_stranger(scene: Scene) -> Want:
    """A head note signed with another key."""
    forger.sign_head(scene.home, STRANGER)
    return want("head_altered", 0)


def head_of_another_home(scene: Scene) -> Want:
    """The head note of another home."""
    shutil.copy(scene.foreign.head, scene.home.head)
    return want("head_altered", 0)


def head_removed(scene: Scene) -> Want:
    """No head note."""
    scene.home.head.unlink()
    return want("head_missing", 0)


def head_of_before(scene: Scene) -> Want:
    """An older head note that this home has signed; only the last but one can be what a crash has left."""
    number = scene.chance.choice((scene.entries - 1, scene.any(1, -2)))
    with closing(sqlite3.connect(scene.home.db)) as db:
        entry = forger.row(db, number)[0]
    scene.home.head.write_text(forger.note(Head(entry.number, entry.hash), scene.home.secret))
    return want("head_old", 0, maybe=number == scene.entries - 1)


def head_of_a_copy(scene: Scene) -> Want:
    """The head note of another copy of this home, which went on by itself."""
    shutil.copy(scene.fork.head, scene.home.head)
    return want("rewritten", 1)


KINDS: dict[str, Tampering] = {
    **{f"truncate {name}": truncate(name) for name in ("database", "log", "head")},
    **{f"flip {name}": flip(name) for name in ("database", "log", "head")},
    **{
        act.__name__.replace("_", " "): act
        for act in (
            overwrite,
            lost_log,
            head_says,
            head_of_a_stranger,
            head_of_another_home,
            head_removed,
            head_of_a_copy,
            head_of_before,
        )
    },
}
IN_THE_LOG = ("truncate log", "flip log", "lost log")
"""Those need a ledger whose last entries are in the write-ahead log."""
