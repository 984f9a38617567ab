"""Models ready to score: the registry as it stands, and loaded champions kept in memory.

Reads only. Each call asks the ledger for new entries, so a promotion in another process is seen by the next
request.
"""

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import Any

from models import registry
from models.bundle import open_sealed
from models.errors import DataError
from models.features.partition import Partition
from models.registry import Line, Registry, Sealed, Version
from models.scoring import Model
from sidecar.current import Current
from sidecar.errors import BadVersion, CallerError, StoreError
from sidecar.store.base import Blobs, Ledger

Place = tuple[str, str, str]


class Shelf:
    """Safe for threads; keeps the `most` last used models. `key` checks the bundles' signatures."""

    def __init__(self, ledger: Ledger, blobs: Blobs, key: bytes, most: int) -> None:
        self._blobs = blobs
        self._key = key
        self._most = most
        self._current = Current(ledger, registry.fold, registry.EMPTY)
        self._models: OrderedDict[Place, Model] = OrderedDict()
        self._lock = threading.Lock()
        self._loading = threading.Lock()

    def registry(self) -> Registry:
        """What is current."""
        return self._current()

    def line(self, name: str) -> Line:
        """All versions of a model; CallerError (no_model) when there is none of this name."""
        lines = self.registry()
        if name not in lines:
            known = ", ".join(sorted(lines)) or "none yet"
            raise CallerError(
                f"no model '{name}'",
                code="no_model",
                field="model",
                mend=f"fit it first; known models: {known}",
            )
        return lines[name]

    def champion(self, name: str) -> Model:
        """The champion, loaded; CallerError (no_model) when the name has none in service."""
        version = self.serving(name)
        try:
            return self.load(name, version)
        except BadVersion:
            moved = self.serving(name)
            if moved.generation == version.generation and moved.bundle == version.bundle:
                raise
            return self.load(name, moved)  # the next generation came between

    def serving(self, name: str) -> Version:
        """The champion's facts; CallerError (no_model) when the name has none in service."""
        line = self.line(name)
        version = line.champion
        if version is None:
            newest = [*line.versions][-1][:12]
            mend = f"promote a version, the newest by: aimodels action=promote model={name} version={newest}"
            raise CallerError(f"model '{name}' has no champion", code="no_model", field="model", mend=mend)
        return version

    def load(self, name: str, version: Version) -> Model:
        """A version, from memory or from its blobs; StoreError when these are not what was signed."""
        place = (name, version.bundle, version.generation)
        with self._lock:
            if place in self._models:
                self._models.move_to_end(place)
                return self._models[place]
        with self._loading:
            model = self._models.get(place) or self._opened(name, version)
        with self._lock:
            self._models[place] = model
            self._models.move_to_end(place)
            while len(self._models) > self._most:
                self._models.popitem(last=False)
        return model

    def reference(self, name: str, version: Version) -> Model:
        """A version with the generation it was fitted with, which never changes. Not kept in memory."""
        generation, signature = version.reference
        return self._opened(name, replace(version, generation=generation, generation_signature=signature))

    def partition(self, day: Sealed) -> Partition:
        """A learned day; StoreError when it is not what was signed."""
        try:
            return Partition.from_files(self._unsealed(day.version, day.signature, "partition"))
        except DataError as failure:
            raise StoreError(f"the learned day {day.version[:12]} cannot be read: {failure}") from failure

    def _opened(self, name: str, version: Version) -> Model:
        try:
            bundle = self._unsealed(version.bundle, version.bundle_signature, "bundle")
            generation = self._unsealed(version.generation, version.generation_signature, "generation")
            return Model.load(name, bundle, version.bundle, generation, version.generation)
        except (DataError, StoreError) as failure:
            raise BadVersion(name, version.bundle, str(failure)) from failure

    def _unsealed(self, version: str, signature: str, kind: str) -> Any:
        return open_sealed(bytes(self._blobs.read(version)), signature, self._key, self._blobs.read, kind)
