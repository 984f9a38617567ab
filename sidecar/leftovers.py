"""What nothing refers to any more: learned days that were replaced, and the generations before the current one.

A former generation can be folded again from its days. Whoever was about to read one finds the next: see Shelf.champion.
"""

from collections.abc import Iterator

from models.bundle import files_in
from models.registry import Line, Sealed, Version
from sidecar.house import House


def drop(before: Line, house: House) -> None:
    """Remove what only `before`, a line as it was before a change, referred to."""
    live = {sealed for line in house.shelf.registry().values() for one in line.versions.values() for sealed in _of(one)}
    dead = {sealed for version in before.versions.values() for sealed in _of(version)} - live
    if dead:
        needed = {name for sealed in live for name in _blobs(sealed, house)}
        house.blobs.drop({name for sealed in dead for name in _blobs(sealed, house)} - needed)


def _of(version: Version) -> Iterator[Sealed]:
    yield Sealed(version.bundle, version.bundle_signature)
    yield Sealed(version.generation, version.generation_signature)
    yield version.reference
    yield from version.days.values()
    yield from version.fitted_days.values()


def _blobs(sealed: Sealed, house: House) -> Iterator[str]:
    """The names of a set's blobs, its manifest's first."""
    yield sealed.version
    yield from files_in(bytes(house.blobs.read(sealed.version)), sealed.signature, house.key)
