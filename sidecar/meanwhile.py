"""What others learn or forget while somebody works on the same model."""

from collections.abc import Iterator
from contextlib import contextmanager

from models.registry import Version
from sidecar.errors import CallerError, StoreError
from sidecar.shelf import Shelf


@contextmanager
def told(model: str, version: Version, shelf: Shelf) -> Iterator[None]:
    """A learned day that is gone because another one has replaced it is no damage of the store."""
    try:
        yield
    except StoreError:
        if shelf.line(model).versions[version.bundle].generation == version.generation:
            raise
        raise moved() from None


def moved() -> CallerError:
    """The model has moved on: nothing that was made from what it was is kept."""
    return CallerError("something else was learned meanwhile: this changed nothing", field="model", mend="run it again")
