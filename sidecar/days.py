"""The learned days of a version, each opened when it is asked for and not kept: together they may not fit in memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from models.features.partition import Partition
from models.registry import Sealed
from sidecar.shelf import Shelf


@dataclass(frozen=True)
class Opened(Mapping[str, Partition]):
    """By name. at_hand: days that are made already, or as they are asked for; sealed: the others."""

    at_hand: Mapping[str, Partition]
    sealed: Mapping[str, Sealed]
    shelf: Shelf

    def __getitem__(self, name: str) -> Partition:
        return self.at_hand[name] if name in self.at_hand else self.shelf.partition(self.sealed[name])

    def __iter__(self) -> Iterator[str]:
        yield from self.at_hand
        yield from (name for name in self.sealed if name not in self.at_hand)

    def __len__(self) -> int:
        return len(self.at_hand.keys() | self.sealed.keys())
