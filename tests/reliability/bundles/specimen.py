"""A really fitted model, with everything a model may have: all three voices, multivalues, numbers, hours of day
and week, a scope, peers that are named and peers that are learned."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import polars as pl

from models.bundle import seal, sign
from models.plan import FitPlan
from models.training import fit
from tests.models.tables import DAY_S, START_S, one, sign_ins

KEY = b"a key of thirty-two letters, yes"
NAME = "logon"
ROWS = 50
PLAN = FitPlan(
    NAME,
    entities=("user", "site"),
    fields=("dest", "app:category", "bytes:number", "groups:multivalue", "_time:hour", "local:week_hour"),
    peers=("user", "site:team"),
    label="label",
    scope="site",
)
KINDS = ("bundle", "generation")
Files = Mapping[str, bytes]


class Set(NamedTuple):
    """A sealed set as it is stored: its manifest, its signature, and the contents by name."""

    kind: str
    manifest: bytes
    signature: str
    files: Files


class Specimen(NamedTuple):
    """A model's two sealed sets."""

    bundle: Set
    generation: Set


def sealed(kind: str, files: Files, key: bytes = KEY) -> Set:
    """As a fit seals it."""
    manifest = seal(kind, files)
    return Set(kind, manifest, sign(manifest, key), files)


@cache
def specimen(seed: int = 1) -> Specimen:
    """The model. seed: of the events it has learned from."""
    found = fit(_past(seed), PLAN)
    return Specimen(sealed("bundle", found.bundle), sealed("generation", found.generation))


def events() -> pl.DataFrame:
    """Rows to score: usual ones, strange ones, strangers, and some with a field missing."""
    odd = [
        one(user="user3", dest="secret1", bytes="90000000"),
        one(user="stranger", dest="elsewhere"),
        one(user="", dest=""),
        one(bytes="many"),
    ]
    return _with_more(pl.concat([*odd, sign_ins(seed=5)[: ROWS - len(odd)]]))


def _past(seed: int) -> pl.DataFrame:
    attacks = [
        one(user=f"user{n % 8}", dest=f"secret{n % 3}", bytes=str(10**7 + n), _time=str(START_S + DAY_S + n * 7200))
        for n in range(40)
    ]
    usual = sign_ins(seed=seed).with_columns(label=pl.lit("0"))
    return _with_more(pl.concat([usual, pl.concat(attacks).with_columns(label=pl.lit("1"))]).sort("_time"))


def _with_more(table: pl.DataFrame) -> pl.DataFrame:
    """A site, and groups of one to three values."""
    number = pl.int_range(pl.len())
    groups = pl.concat_str(pl.lit("staff\ng"), number % 7) + pl.when(number % 3 == 0).then(pl.lit("\nvpn")).otherwise(
        pl.lit("")
    )
    site = pl.lit("site") + (number % 4).cast(pl.String)
    team = pl.when(number % 4 == 3).then(pl.lit("other")).otherwise(pl.lit("team"))
    local = (pl.col("_time").cast(pl.Float64) + 7200.0).cast(pl.String)
    return table.with_columns(site=site, team=team, local=local, groups=groups, __mv_groups=pl.lit(""))
