"""What nothing refers to any more: learned days that were replaced, and the generations before the current one.

A former generation can be folded again from its days. Whoever was about to read one finds the next: see Shelf.champion.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from models.bundle import files_in
from models.registry import Sealed, Version
from sidecar.errors import StoreError
from sidecar.house import House
from sidecar.store.base import Entry


def drop(house: House) -> None:
    """Remove what the ledger has named and nothing refers to: also what a run wrote that came too late, or that was
    killed before it had removed all. CallerError where other processes leave no time for it."""
    with house.blobs.removing():
        _drop(house)


def _drop(house: House) -> None:
    live = {sealed for line in house.shelf.registry().values() for one in line.versions.values() for sealed in _of(one)}
    dead = {sealed for entry in house.ledger.entries() for sealed in _named(entry)} - live
    files = {sealed.version: found for sealed in dead if (found := _files(sealed, house)) is not None}
    if files:
        needed = {name for sealed in live for name in (sealed.version, *_listed(sealed, house))}
        house.blobs.drop({name for found in files.values() for name in found} - needed)
        house.blobs.drop(files.keys() - needed)  # last: by them the others are found


def _of(version: Version) -> Iterator[Sealed]:
    yield Sealed(version.bundle, version.bundle_signature)
    yield Sealed(version.generation, version.generation_signature)
    yield version.reference
    yield from version.days.values()
    yield from version.fitted_days.values()


def _named(entry: Entry) -> Iterator[Sealed]:
    """All that a fit, or a change to what is learned, has written."""
    body = entry.body
    changes = body["versions"].values() if entry.kind == "forget" else [body] if entry.kind in ("fit", "learn") else []
    for change in changes:
        yield Sealed(change["generation"], change["generation_signature"])
        yield from _days(change.get("partitions", {}))
        yield from _days(change.get("days", {}))


def _days(told: Mapping[str, Mapping[str, Any]]) -> Iterator[Sealed]:
    return (Sealed(day["version"], day["signature"]) for day in told.values())


def _files(sealed: Sealed, house: House) -> list[str] | None:
    """The names of a set's files; None where it was removed before."""
    try:
        return _listed(sealed, house)
    except StoreError:
        return None


def _listed(sealed: Sealed, house: House) -> list[str]:
    return files_in(bytes(house.blobs.read(sealed.version)), sealed.signature, house.key)
