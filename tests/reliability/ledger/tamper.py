"""Everything that can be done to a ledger by somebody who can write its files, and what must be said of it."""

import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple

from sidecar.store.base import Entry
from tests.reliability.ledger import forger
from tests.reliability.ledger.built import HEADS, Home

STRANGER = b"x" * 64
"""A key that is not the home's."""


class Scene(NamedTuple):
    """A copy of a ledger of so many `entries`, to be changed.

    `fork` is another copy of the same home, which went on by itself after entry `parted`; `foreign` another home's.
    """

    home: Home
    chance: Random
    entries: int
    fork: Home
    parted: int
    foreign: Home

    def any(self, first: int = 1, last: int = 0) -> int:
        """The number of some entry from `first` to `last` (counted from the end when not above 0)."""
        return self.chance.randint(first, last if last > 0 else self.entries + last)


class Want(NamedTuple):
    """What must be told: one of these words, and an entry in this range.

    `kept`: only who compares with heads kept elsewhere can tell. `maybe`: unless what is read is the same as before.
    """

    faults: frozenset[str]
    first: int
    last: int
    kept: bool = False
    maybe: bool = False


Tampering = Callable[[Scene], Want]


def want(faults: str, first: int, last: int | None = None, *, kept: bool = False, maybe: bool = False) -> Want:
    """As a `Want`; without `last` it is about one entry."""
    return Want(frozenset(faults.split()), first, first if last is None else last, kept, maybe)


def edited(entry: Entry, column: str, chance: Random) -> Entry:
    """The entry with another value in a column."""
    values: dict[str, Any] = {
        "kind": "token" if entry.kind != "token" else "fit",
        "at": entry.at.replace("20", "19", 1),
        "by": entry.by + "x",
        "key": None if entry.key else f"forged {chance.random()}",
        "body": {**entry.body, "bundle": f"{chance.getrandbits(256):064x}"},
        "previous": f"{chance.getrandbits(256):064x}",
        "hash": f"{chance.getrandbits(256):064x}",
    }
    return replace(entry, **{column: values[column]})


def edit(column: str) -> Tampering:
    """Another value in one column."""

    def act(scene: Scene) -> Want:
        number = scene.any()
        with forger.written(scene.home) as db:
            entry, seal = forger.row(db, number)
            forger.put(db, edited(entry, column, scene.chance), seal)
        return want("altered", number)

    return act


def edit_and_hash(column: str) -> Tampering:
    """Another value, and the hash that belongs to it; half of the time a seal of somebody else too."""

    def act(scene: Scene) -> Want:
        number = scene.any()
        with forger.written(scene.home) as db:
            entry, seal = forger.row(db, number)
            entry = forger.hashed(edited(entry, column, scene.chance))
            forger.put(db, entry, scene.chance.choice((seal, forger.seal(entry, STRANGER))))
        return want("forged", number)

    return act


def edit_and_chain(column: str) -> Tampering:
    """Another value, and all entries after it chained to it again."""

    def act(scene: Scene) -> Want:
        number = scene.any()
        with forger.written(scene.home, loose=True) as db:
            entry, seal = forger.row(db, number)
            forger.put(db, edited(entry, column, scene.chance), seal)
            forger.chained(db, number, STRANGER)
        return want("forged", number)

    return act


def rewrite_with_key(scene: Scene) -> Want:
    """As before by somebody who has the home's key, and signs the head as well."""
    number = scene.any()
    _rewrite(scene, number)
    forger.sign_head(scene.home, scene.home.secret)
    # Named is the first entry behind the last kept head that still fits.
    return want("rewritten", max(1, number - scene.entries // HEADS), number, kept=True)


def rewrite_with_key_but_the_head(scene: Scene) -> Want:
    """By somebody who has the key and forgets the head."""
    _rewrite(scene, scene.any())
    return want("rewritten", 1)


def _rewrite(scene: Scene, number: int) -> None:
    with forger.written(scene.home, loose=True) as db:
        entry, seal = forger.row(db, number)
        forger.put(db, edited(entry, "body", scene.chance), seal)
        forger.chained(db, number, scene.home.secret)


ODD = ("'not json'", "'[]'", "'null'", "'{\"n\":NaN}'", '\'{"n":"\\ud800"}\'', "NULL", "x'ff00'", "7", "1.5")
NESTED = "'" + "[" * 5000 + "'"


def odd_value(column: str) -> Tampering:
    """What no ledger would write: no text, half a letter, thousands of brackets."""

    def act(scene: Scene) -> Want:
        number = scene.any()
        longer = f"coalesce({column}, '') || char(0)"
        values = [value for value in (*ODD, NESTED, longer) if (column, value) != ("key", "NULL")]
        with forger.written(scene.home, loose=True) as db:
            db.execute(f"UPDATE entry SET {column} = {scene.chance.choice(values)} WHERE number = ?", (number,))
        return want("altered forged", number)

    return act


def spelled_otherwise(scene: Scene) -> Want:
    """The same body in other letters."""
    number = scene.any()
    with forger.written(scene.home) as db:
        db.execute("UPDATE entry SET body = replace(body, ',', ', ') WHERE number = ?", (number,))
    return want("altered", number)


def wrong_seal(scene: Scene) -> Want:
    """Another seal, a seal of another entry, or none."""
    number, other = scene.any(2), scene.any(1, 1)
    with forger.written(scene.home) as db:
        seals = (forger.row(db, other)[1], "", "0" * 64, forger.seal(forger.row(db, number)[0], STRANGER))
        db.execute("UPDATE entry SET seal = ? WHERE number = ?", (scene.chance.choice(seals), number))
    return want("forged", number)


def not_utf8(scene: Scene) -> Want:
    """Bytes that are no text in a column of text."""
    number = scene.any()
    with forger.written(scene.home) as db:
        db.execute("UPDATE entry SET by = CAST(x'fffe41' AS TEXT) WHERE number = ?", (number,))
    return want("altered damaged", number)


def delete(scene: Scene) -> Want:
    """One entry, or some in a row, out of the middle."""
    first = scene.any(1, -2)
    last = min(first + scene.chance.choice((0, 0, 1, 5, 50)), scene.entries - 1)
    with forger.written(scene.home) as db:
        db.execute("DELETE FROM entry WHERE number BETWEEN ? AND ?", (first, last))
    return want("missing", first)


def delete_and_close(scene: Scene) -> Want:
    """One out of the middle, and the rest moved up."""
    number = scene.any(1, -1)
    with forger.written(scene.home) as db:
        db.execute("DELETE FROM entry WHERE number = ?", (number,))
        forger.shift(db, number + 1, -1)
    return want("moved", number)


def delete_and_chain(scene: Scene) -> Want:
    """One out of the middle, the rest moved up and chained again."""
    number = scene.any(1, -1)
    with forger.written(scene.home, loose=True) as db:
        db.execute("DELETE FROM entry WHERE number = ?", (number,))
        forger.shift(db, number + 1, -1)
        forger.chained(db, number, STRANGER)
    return want("forged", number)


def cut_tail(scene: Scene) -> Want:
    """The last entry, many, or all."""
    number = scene.chance.choice((scene.entries - 1, scene.any(), scene.any(), 0))
    with forger.written(scene.home) as db:
        db.execute("DELETE FROM entry WHERE number > ?", (number,))
    return want("cut", number + 1, maybe=number == scene.entries)


def cut_tail_and_head(scene: Scene) -> Want:
    """The tail, and the head note with it."""
    number = scene.any(1, -1)
    with forger.written(scene.home) as db:
        db.execute("DELETE FROM entry WHERE number > ?", (number,))
    scene.home.head.unlink()
    return want("head_missing", 0)


def emptied(scene: Scene) -> Want:
    """All entries and the head note: a home as new."""
    with forger.written(scene.home) as db:
        db.execute("DELETE FROM entry")
    scene.home.head.unlink()
    return want("cut", 1, kept=True)


def swap(scene: Scene) -> Want:
    """Two entries in each other's place."""
    first = scene.any(1, -1)
    second = scene.chance.choice((first + 1, scene.any(first + 1)))
    with forger.written(scene.home) as db:
        for old, new in ((first, -1), (second, first), (-1, second)):
            db.execute("UPDATE entry SET number = ? WHERE number = ?", (new, old))
    return want("moved", first)


def swap_bodies(scene: Scene) -> Want:
    """Two bodies in each other's place."""
    first = scene.any(1, -1)
    second = scene.any(first + 1)
    with forger.written(scene.home) as db:
        (one, one_seal), (two, two_seal) = forger.row(db, first), forger.row(db, second)
        forger.put(db, replace(one, body=two.body), one_seal)
        forger.put(db, replace(two, body=one.body), two_seal)
    return want("altered", first)


def insert(scene: Scene) -> Want:
    """An invented entry in the middle that follows the one before it, all others moved down."""
    number = scene.any(2)
    with forger.written(scene.home, loose=True) as db:
        before = forger.row(db, number - 1)[0]
        forger.shift(db, number, 1)
        entry = forger.hashed(replace(before, number=number, kind="token", by="eve", key=None, previous=before.hash))
        forger.put(db, entry, forger.seal(entry, STRANGER))
    return want("forged", number)


def insert_at_no_number(scene: Scene) -> Want:
    """An entry before the first."""
    number = scene.chance.choice((0, -1, -(2**40)))
    with forger.written(scene.home, loose=True) as db:
        entry, seal = forger.row(db, scene.any())
        forger.put(db, replace(entry, number=number), seal)
    return want("inserted", number)


def append(scene: Scene) -> Want:
    """An invented entry behind the last, of a right hash and a right chain."""
    number = scene.entries + 1
    with forger.written(scene.home) as db:
        last, seal = forger.row(db, scene.entries)
        body = {"id": "eve", "name": "eve", "scopes": ["admin"], "hash": "0" * 64}
        entry = forger.hashed(
            replace(last, number=number, kind="token", by="eve", key=None, body=body, previous=last.hash)
        )
        forger.put(db, entry, scene.chance.choice((seal, forger.seal(entry, STRANGER))))
    return want("forged", number)


def replay_behind(scene: Scene) -> Want:
    """An old entry once more behind the last, as it was or chained to it."""
    number = scene.entries + 1
    with forger.written(scene.home, loose=True) as db:
        old, seal = forger.row(db, scene.any())
        entry = replace(old, number=number)
        if scene.chance.random() < 0.5:
            forger.put(db, entry, seal)
            return want("replayed", number)
        entry = forger.hashed(replace(entry, previous=forger.row(db, scene.entries)[0].hash))
        forger.put(db, entry, seal)
    return want("forged", number)


def replay_over(scene: Scene) -> Want:
    """An old entry in the place of another."""
    number = scene.any(2)
    with forger.written(scene.home, loose=True) as db:
        old, seal = forger.row(db, scene.any(1, number - 1))
        forger.put(db, replace(old, number=number), seal)
    return want("replayed", number)


def mix_foreign(scene: Scene) -> Want:
    """Some entries of another home's ledger."""
    first = scene.any()
    _take(scene, scene.foreign, range(first, min(scene.entries, first + scene.any(0, 9)) + 1))
    return want("forged", first)


def mix_copies_where_they_part(scene: Scene) -> Want:
    """Some entries of another copy which follow as well as ours: the first of ours behind them does not."""
    first = scene.parted + 1
    last = scene.any(first, min(first + 9, scene.entries - 1))
    _take(scene, scene.fork, range(first, last + 1))
    return want("mixed", last + 1)


def mix_copies(scene: Scene) -> Want:
    """Some entries of another copy of this ledger, which are sealed as they should be."""
    first = scene.any(scene.parted + 2)
    _take(scene, scene.fork, range(first, min(scene.entries, first + scene.any(0, 9)) + 1))
    return want("mixed", first)


def _take(scene: Scene, source: Home, numbers: Iterable[int]) -> None:
    with closing(sqlite3.connect(source.db)) as other, forger.written(scene.home, loose=True) as db:
        for number in numbers:
            forger.put(db, *forger.row(other, number))


def other_home(scene: Scene) -> Want:
    """The ledger of another home, with or without its head note."""
    shutil.copy(scene.foreign.db, scene.home.db)
    if scene.chance.random() < 0.5:
        shutil.copy(scene.foreign.head, scene.home.head)
    return want("forged", 1)


def other_home_and_key(scene: Scene) -> Want:
    """The ledger of another home with all that belongs to it."""
    for path in ("ledger.db", "ledger.db.head", "keys/ledger.key"):
        shutil.copy(scene.foreign.folder / path, scene.home.folder / path)
    return want("rewritten", 1, kept=True)


def old_copy(scene: Scene) -> Want:
    """A backup of database and head note, brought back."""
    number = scene.any(1, -1)
    with forger.written(scene.home) as db:
        db.execute("DELETE FROM entry WHERE number > ?", (number,))
    forger.sign_head(scene.home, scene.home.secret)
    return want("cut", number + 1, kept=True)


def old_copy_that_went_on(scene: Scene) -> Want:
    """Another copy of this home, which was used by itself since."""
    for path in ("ledger.db", "ledger.db.head"):
        shutil.copy(scene.fork.folder / path, scene.home.folder / path)
    return want("rewritten", scene.parted + 1 - scene.entries // HEADS, scene.parted + 1, kept=True)


def old_database(scene: Scene) -> Want:
    """An old database under the newest head note."""
    number = scene.any(1, -1)
    note = scene.home.head.read_bytes()
    with forger.written(scene.home) as db:
        db.execute("DELETE FROM entry WHERE number > ?", (number,))
    scene.home.head.write_bytes(note)
    return want("cut", number + 1)


KINDS: dict[str, Tampering] = {
    **{f"edit {column}": edit(column) for column in ("kind", "at", "by", "key", "body", "previous", "hash")},
    **{f"edit and hash {column}": edit_and_hash(column) for column in ("kind", "at", "by", "key", "body", "previous")},
    **{f"edit and chain {column}": edit_and_chain(column) for column in ("kind", "by", "body")},
    **{
        f"odd {column}": odd_value(column) for column in ("kind", "at", "by", "key", "body", "previous", "hash", "seal")
    },
    **{
        act.__name__.replace("_", " "): act
        for act in (
            rewrite_with_key,
            rewrite_with_key_but_the_head,
            spelled_otherwise,
            wrong_seal,
            not_utf8,
            delete,
            delete_and_close,
            delete_and_chain,
            cut_tail,
            cut_tail_and_head,
            emptied,
            swap,
            swap_bodies,
            insert,
            insert_at_no_number,
            append,
            replay_behind,
            replay_over,
            mix_foreign,
            mix_copies,
            mix_copies_where_they_part,
            other_home,
            other_home_and_key,
            old_copy,
            old_copy_that_went_on,
            old_database,
        )
    },
}
"""What is done to entries and whole files on purpose, by what it is called."""
