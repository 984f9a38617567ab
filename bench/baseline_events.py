"""Days of made-up events of many entities: a few are loud, most are quiet, each has habits. Seeded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from models.features.prequential import DAY_S
from models.features.spec import FeatureSpec, Field

START_S = 1_699_920_000
"""A midnight, UTC."""
SPEC = FeatureSpec(
    (Field("dest", "category"), Field("app", "category"), Field("bytes", "number")), ("user",), "_time", context=False
)
LOUDNESS = 0.8
"""The exponent of Zipf's law: the entity of rank r has a share of events in proportion to r ** -0.8."""
DESTS, DESTS_EACH = 50_000, 8
APPS, APPS_EACH = 200, 4
EXPLORES = 0.03
"""The share of the events that go to any destination instead of one of the habitual ones."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """How many events and entities there are, over how many days."""

    events: int
    entities: int
    days: int
    seed: int = 1

    def day(self, number: int) -> pl.DataFrame:
        """The events of one day as text cells."""
        rng = np.random.default_rng([self.seed, number])
        count = self.events // self.days + (number < self.events % self.days)
        # The inverse of the distribution of a power law, cut off at the last entity.
        user = (self.entities * rng.random(count) ** (1 / (1 - LOUDNESS))).astype(np.int64)
        return _table(user, START_S + number * DAY_S + np.sort(rng.integers(0, DAY_S, count)), rng)

    def chunk(self, rows: int, number: int) -> pl.DataFrame:
        """Events of as many entities, any of them as likely as any other, after the last day."""
        rng = np.random.default_rng([self.seed, self.days + number])
        return _table(rng.integers(0, self.entities, rows), np.full(rows, START_S + self.days * DAY_S), rng)


def _table(user: Ints, time_s: Ints, rng: np.random.Generator) -> pl.DataFrame:
    habit = (user * DESTS_EACH + (DESTS_EACH * rng.random(len(user)) ** 2).astype(np.int64)) * 2_654_435_761 % DESTS
    dest = np.where(rng.random(len(user)) < EXPLORES, rng.integers(0, DESTS, len(user)), habit)
    app = (user * 7 + (APPS_EACH * rng.random(len(user)) ** 2).astype(np.int64)) % APPS
    size = np.exp(rng.normal(6 + user % 64 / 16, 0.6)).astype(np.int64)
    return pl.DataFrame(
        {
            "_time": pl.Series(time_s).cast(pl.String),
            "user": "user" + pl.Series(user).cast(pl.String),
            "dest": "server" + pl.Series(dest).cast(pl.String),
            "app": "app" + pl.Series(app).cast(pl.String),
            "bytes": pl.Series(size).cast(pl.String),
        }
    )
