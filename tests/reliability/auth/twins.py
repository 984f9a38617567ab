"""The guards of this part, each taken out once."""

from tests.reliability.twin import Twin

TWINS: tuple[Twin, ...] = ()
