"""`score`: every event gets a score with its reasons, from the champion of a model. Reads only."""

import base64
from collections.abc import Callable
from typing import Annotated, Literal

import polars as pl
from pydantic import AfterValidator, Field

from models.scoring import Scored
from sidecar.house import House, Reply
from sidecar.options import Options

EXPLAIN_BUDGET_S = 2.0
LOCAL_EXPLAIN_BUDGET_S = 30.0
MOST_TOLD = 500
"""Letters of a header."""


def _is_count(value: str) -> bool:
    # A number of thousands of digits is no number of rows, and costs time to read.
    return value.isascii() and value.isdigit() and len(value) <= 9


def _explainable(value: str) -> str:
    if value not in ("auto", "all", "none") and not _is_count(value):
        raise ValueError("auto, all, none or a number of rows")
    return value


class ScoreOptions(Options):
    """What to score with, and how much of it to explain."""

    model: str = Field(description="name of the model", pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    explain: Annotated[str, AfterValidator(_explainable)] = Field(
        "auto", description="auto (highest scores first, as time allows), all, none, or how many rows"
    )
    explain_engine: Literal["auto", "library"] = Field(
        "auto",
        description="auto (exact tables), or library (the Shapley values of XGBoost and shap, to check them; slow)",
    )
    prefix: str = Field(
        "ai_",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,30}_$|^[A-Za-z]_$",
        description="start of the output fields' names, ending in _",
    )
    explain_budget_s: float | None = Field(
        None,
        ge=0.0,
        le=600.0,
        description="seconds that explain=auto may spend; 2 over HTTP, 30 on the command line",
    )
    warmup_h: float = Field(
        0.0,
        ge=0.0,
        le=8760.0,
        description="hours after the first row of each scope in which surprise counts less",
    )
    carry: bytes = Field(
        b"",
        description="what the last reply of this search gave (base64)",
        json_schema_extra={"header": "AIScore-Carry"},
    )


def run(table: pl.DataFrame, options: ScoreOptions, house: House) -> Reply:
    """One row of output fields for each row of `table` (text cells, in ascending time), in the same order."""
    model = house.shelf.champion(options.model)
    explain = int(options.explain) if _is_count(options.explain) else options.explain
    scored = model.score(
        table,
        carry=options.carry,
        explain=explain,
        prefix=options.prefix,
        time_left=_countdown(options.explain_budget_s, house),
        nthread=house.nthread,
        whole=house.local,
        engine=options.explain_engine,
        warmup_h=options.warmup_h,
    )
    carry = base64.b64encode(scored.carry).decode()
    return Reply(scored.table, {"AIScore-Model": model.id, "AIScore-Carry": carry} | _said(scored), scored.told)


def _said(scored: Scored) -> dict[str, str]:
    """Why most rows were not scored, as a header, which holds ASCII only; a few of many are nothing to warn of."""
    if 2 * scored.table.to_series(0).null_count() <= scored.table.height:
        return {}
    return {"AIScore-Told": scored.told.encode("ascii", "replace").decode()[:MOST_TOLD]}


def _countdown(budget_s: float | None, house: House) -> Callable[[], float]:
    if budget_s is None:
        budget_s = LOCAL_EXPLAIN_BUDGET_S if house.local else EXPLAIN_BUDGET_S
    end = house.clock() + budget_s
    return lambda: end - house.clock()
