"""Who poisons a baseline slowly: an attacker inside some accounts, who wants the final attack to look ordinary.

The final attack of an account: from a machine that nobody uses and a country where nobody is, to servers that the
account never opens, many in an hour, with twenty times its bytes. Poison are rows of the account with a part of that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from models.features.encode import encode
from models.features.hashing import code_of
from models.features.values import read_values
from models.guard import scores_alone
from models.scoring import Model

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
PARTS = ("src", "src_country", "dest", "dests_1h", "bytes_1h")
TARGETS = 14
TRIES = 16
"""Rows that the adaptive attacker draws for each one that it plays."""
Poison = Callable[[pl.DataFrame, float, np.random.Generator], pl.DataFrame]
"""Poison made of ordinary rows of the victims: (rows, time passed from 0 to 1, draws) -> rows."""


@dataclass(frozen=True)
class Attack:
    """hosts: columns host and app; those the attacker is after."""

    hosts: pl.DataFrame

    def rows(self, own: pl.DataFrame, parts: Mask, strength: Floats, rng: np.random.Generator) -> pl.DataFrame:
        """Ordinary rows with a part of the attack. parts: bool (n, PARTS); strength: of the numbers, 0..1, (n,)."""
        aim = self._aim(own["user"], rng)
        machine = pl.Series([f"desktop-{code_of(str(user)) % 10**7:07d}" for user in own["user"]])
        chosen = {
            "src": machine,
            "src_country": pl.lit("RO"),
            "dest": aim["host"],
            "app": aim["app"],
            "dests_1h": pl.Series(np.ceil(1 + (TARGETS - 1) * strength)).cast(pl.Int64),
            "bytes_1h": (pl.col("bytes_1h") * pl.Series(1 + 20 * strength) + pl.Series(1e7 * strength)).cast(pl.Int64),
            "src_lat": pl.lit(None, pl.Float64),
        }
        of = {"app": "dest", "src_lat": "src_country"}
        taken = {name: pl.Series(parts[:, PARTS.index(of.get(name, name))]) for name in chosen}
        made = [pl.when(taken[name]).then(value).otherwise(pl.col(name)).alias(name) for name, value in chosen.items()]
        return own.with_columns(made).with_columns(_time=pl.col("_time") + 0.5, label=pl.lit(1, pl.Int8))

    def final(self, own: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        return self.rows(own, np.ones((own.height, len(PARTS)), bool), np.ones(own.height), rng)

    def _aim(self, users: pl.Series, rng: np.random.Generator) -> pl.DataFrame:
        """One of the fourteen targets of each account."""
        codes = np.array([code_of(str(user)) % (1 << 32) for user in users], np.int64)
        return self.hosts[(codes + 5 * rng.integers(0, TARGETS, len(codes))) % self.hosts.height]


def blunt(attack: Attack) -> Poison:
    """As much of the attack as time has passed: part after part, numbers growing."""

    def poison(own: pl.DataFrame, passed: float, rng: np.random.Generator) -> pl.DataFrame:
        order = np.array([2, 3, 4, 0, 1]) / len(PARTS)
        parts = np.broadcast_to(passed >= order, (own.height, len(PARTS)))
        return attack.rows(own, parts, np.full(own.height, passed), rng)

    return poison


def mimic(past: pl.DataFrame) -> Poison:
    """What others do, in the victims' names: it widens what is usual for them."""
    shown = ("src", "src_country", "dest", "app", "action", "failures_10m", "dests_1h", "bytes_1h")

    def poison(own: pl.DataFrame, passed: float, rng: np.random.Generator) -> pl.DataFrame:
        others = past.sample(own.height, with_replacement=True, seed=int(rng.integers(1 << 30)))
        return own.with_columns(others[name] for name in shown)

    return poison


def adaptive(attack: Attack, reference: Model, below: float, bits: float) -> Poison:
    """The strangest of several draws that the guard, whom it knows by heart, still lets teach: of draws that score
    below its limit, the one with the most surprise in values that are below that of values."""
    spec = reference.trained.spec

    def poison(own: pl.DataFrame, passed: float, rng: np.random.Generator) -> pl.DataFrame:
        count = own.height * TRIES
        many = own[np.repeat(np.arange(own.height), TRIES)]
        parts = rng.random((count, len(PARTS))) < rng.random((count, 1))
        drawn = attack.rows(many, parts, rng.random(count), rng)
        values = read_values(drawn, spec)
        surprise = encode(values, spec, reference.generation).surprise
        worth = np.where(surprise < bits, surprise, 0.0).sum(axis=1)
        worth = np.where(scores_alone(values, reference) < below, worth, -1.0).reshape(own.height, TRIES)
        rows = drawn[np.arange(own.height) * TRIES + worth.argmax(axis=1)]
        return rows.filter(pl.Series(worth.max(axis=1) >= 0))

    return poison
