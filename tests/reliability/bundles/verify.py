"""Altered sets are offered to the reader of sealed sets, and to the shelf from a real folder of blobs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from models.bundle import BundleError, open_sealed
from models.registry import Sealed, Version
from sidecar.errors import StoreError
from sidecar.shelf import Shelf
from sidecar.store.files import FileBlobs
from sidecar.store.memory import MemoryLedger
from tests.reliability.bundles.mutate import Attempt, attempt
from tests.reliability.bundles.specimen import KEY, NAME, Set, Specimen, specimen
from tests.reliability.bundles.spies import watched
from tests.reliability.campaign import Found


def verify(numbers: range, seed: int) -> Found:
    """Cases by number; each must be refused twice, and nothing of it read but a signed manifest."""
    now, older = specimen(1), specimen(2)
    wrong: list[str] = []
    counts = {"bundles_mutated": 0, "bundles_refused": 0}
    with TemporaryDirectory(prefix="bundles-") as folder:
        stand = Stand(Path(folder), (now, older))
        if stand.loads(now) or stand.loads(older):
            return Found(counts, ["the specimen itself is refused"])
        for number in numbers:
            case = attempt(number, seed, now, older)
            faults = [*_opened(case, stand), *stand.offered(case, now if number % 3 else older)]
            counts["bundles_mutated"] += 1
            counts["bundles_refused"] += not faults
            wrong += [f"seed {seed} case {number}: {case.what}: {fault}" for fault in faults]
        if stand.loads(now):
            wrong.append("after all cases the specimen itself is refused")
    return Found(counts, wrong)


class Stand:
    """Specimens in a folder of blobs, and a shelf over it."""

    def __init__(self, folder: Path, specimens: tuple[Specimen, ...]) -> None:
        self.blobs, self.folder = FileBlobs(folder), folder
        self.contents: dict[str, bytes] = {}
        for found in (one for whole in specimens for one in whole):
            for content in (found.manifest, *found.files.values()):
                self.contents[hashlib.sha256(content).hexdigest()] = content
        self.blobs.put(self.contents.values())

    def loads(self, whole: Specimen) -> str:
        """Why a specimen cannot be loaded; empty when it can."""
        try:
            self._load(whole.bundle, whole.generation)
        except StoreError as refusal:
            return str(refusal)
        return ""

    def offered(self, case: Attempt, whole: Specimen) -> list[str]:
        """What was wrong when the shelf was offered a case instead of one half of a specimen."""
        manifest = hashlib.sha256(case.manifest).hexdigest()
        changed = {manifest: case.manifest, **case.changed}
        for digest, content in changed.items():
            self._write(digest, content)
        mutated = Set(case.kind, case.manifest, case.signature, {})
        halves = (mutated, whole.generation) if case.kind == "bundle" else (whole.bundle, mutated)
        try:
            self._load(*halves)
        except StoreError as refusal:
            named = any(word in str(refusal) for word in case.says)
            return [] if named else [f"the shelf's refusal does not name what: {refusal}"]
        except Exception as failure:
            return [f"the shelf: {type(failure).__name__}: {str(failure)[:200]}"]
        finally:
            for digest in changed:
                self._write(digest, self.contents.get(digest))
        return ["the shelf loaded it"]

    def _load(self, bundle: Set, generation: Set) -> None:
        names = [hashlib.sha256(half.manifest).hexdigest() for half in (bundle, generation)]
        version = Version(
            names[0], bundle.signature, names[1], generation.signature, "", 1, 0, (), (), "2026-01-01", "ann",
            Sealed(names[1], generation.signature), {}, {},
        )  # fmt: skip
        Shelf(MemoryLedger(lambda: 0.0), self.blobs, KEY, 1).load(NAME, version)

    def _write(self, digest: str, content: bytes | None) -> None:
        path = self.folder / digest[:2] / digest
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)


def _opened(case: Attempt, stand: Stand) -> list[str]:
    """What was wrong when the set was opened."""

    def read(digest: str) -> bytes:
        content = case.changed.get(digest, stand.contents.get(digest))
        if content is None:
            raise StoreError(f"blob {digest[:12]} is missing")
        return content

    with watched() as seen:
        try:
            open_sealed(case.manifest, case.signature, KEY, read, case.kind)
            faults = ["it was opened"]
        except (BundleError, StoreError) as refusal:
            named = any(word in str(refusal) for word in case.says)
            faults = [] if named else [f"the refusal does not name what: {refusal}"]
        except Exception as failure:
            faults = [f"{type(failure).__name__}: {str(failure)[:200]}"]
    allowed = {case.manifest} if case.parses else set()
    if set(seen) - allowed:
        faults.append(f"{len(set(seen) - allowed)} contents were parsed before they were checked")
    return faults
