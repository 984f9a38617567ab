"""Entities that all do alike, of whom there is nothing to tell but that."""

from __future__ import annotations

import polars as pl

from models.features.group_names import learn_groups
from models.features.spec import FeatureSpec, Field
from tests.models.test_learned_peers import LEARNED, counted, past


def test_where_all_do_alike_the_fit_goes_on() -> None:
    rows = past().filter(pl.col("user") == "user1")
    alike = pl.concat([rows.with_columns(user=pl.lit(f"user{n}")) for n in range(12)])
    spec = FeatureSpec((Field("dest", "category"),), ("user",), peers=LEARNED)
    found = learn_groups(counted(alike, spec)[1], spec, 7)["user"]
    assert len(found.owners) == 12
