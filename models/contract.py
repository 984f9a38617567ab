"""What a model needs from the events it scores."""

from __future__ import annotations

from dataclasses import dataclass

from models.features.spec import FeatureSpec

LEAST_FILLED = 0.5
"""A row with a smaller share of the model's fields is not scored: a guess would look like a score."""


@dataclass(frozen=True)
class Contract:
    """Field names by role. A search that sends these fields gets the same scores as one that sends all.

    peers: fields that name groups; without them a row counts to the group that its entity is known to belong to.
    """

    entities: tuple[str, ...]
    scope: tuple[str, ...]
    time: tuple[str, ...]
    inputs: tuple[str, ...]
    ids: tuple[str, ...]
    risk: tuple[str, ...]
    peers: tuple[str, ...] = ()

    @classmethod
    def of(cls, spec: FeatureSpec, risk: tuple[str, ...]) -> Contract:
        return cls(
            entities=spec.entities,
            scope=(spec.scope,) if spec.scope else (),
            time=(spec.time,) if spec.time else (),
            inputs=spec.inputs(),
            ids=spec.ids,
            risk=risk,
            peers=tuple(peers.field for peers in spec.peers if peers.field),
        )

    def rows(self) -> list[tuple[str, str]]:
        """(field, role) pairs, in order; one field may have several roles.

        >>> Contract(("user",), (), ("_time",), ("dest",), ("_time", "user"), ("user",)).rows()[:3]
        [('user', 'entity'), ('_time', 'time'), ('dest', 'input')]
        """
        named = {
            "entity": self.entities,
            "scope": self.scope,
            "time": self.time,
            "input": self.inputs,
            "id": self.ids,
            "risk": self.risk,
            "peers": self.peers,
        }
        return [(field, role) for role, fields in named.items() for field in fields]
