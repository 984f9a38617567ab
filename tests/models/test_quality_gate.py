"""What a fit refuses, and what it notes in the card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.errors import DataError
from models.plan import FitPlan
from models.training import fit
from tests.models.tables import DAY_S, START_S, sign_ins

ROW = pl.int_range(pl.len())
FIELDS = ("dest", "app", "bytes")
PLAN = FitPlan("logon", entities=("user",), fields=FIELDS, now_s=START_S + 30 * DAY_S)


def cells(**made: pl.Expr) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda table: table.with_columns(**made)


def seldom(column: str) -> pl.Expr:
    """Only every third row keeps its value."""
    return pl.when(ROW % 3 == 0).then(column).otherwise(pl.lit(""))


UNFIT: list[tuple[str, str, Callable[[pl.DataFrame], pl.DataFrame]]] = [
    ("user", "have no user", cells(user=seldom("user"))),
    ("user", "nobody comes twice", lambda table: pl.concat([table] * 2).with_columns(user=pl.format("u{}", ROW))),
    ("_time", "have no time", cells(_time=seldom("_time"))),
    ("_time", "in the future", cells(_time=pl.col("_time").cast(pl.Float64) + 365 * DAY_S)),
    ("events", "no field tells", cells(dest=pl.format("d{}", ROW), app=pl.lit("x"), bytes=pl.lit("7"))),
]


@pytest.mark.parametrize(("field", "words", "spoil"), UNFIT)
def test_a_fit_that_would_be_confident_garbage_is_refused(
    field: str, words: str, spoil: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    plan = replace(PLAN, fields=("dest:category", "app:category", "bytes:number"))
    with pytest.raises(DataError, match=words) as caught:
        fit(spoil(sign_ins()), plan)
    assert caught.value.field == field and "force=true" in caught.value.mend
    told = fit(spoil(sign_ins()), replace(plan, force=True)).card["quality"]
    assert told[0]["grade"] == "F" and words in told[0]["words"]


def test_lesser_faults_are_told_in_the_card() -> None:
    assert fit(sign_ins(), PLAN).card["quality"] == []
    late = pl.col("_time").cast(pl.Float64) > START_S + 3 * DAY_S
    spoilt = sign_ins(a_day=40).with_columns(
        app=pl.when(late).then(pl.lit("")).otherwise("app"),
        bytes=pl.when(late).then(pl.col("bytes").cast(pl.Float64) / 1024).otherwise(pl.col("bytes").cast(pl.Float64)),
    )
    told = {(one["field"], one["check"]): one for one in fit(spoilt, PLAN).card["quality"]}
    assert set(told) == {("app", "lost"), ("bytes", "unit")}
    assert told["app", "lost"]["since"] == str(np.datetime64(START_S + 3 * DAY_S, "s"))[:10]
    assert "example" not in told["app", "lost"]
