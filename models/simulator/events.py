"""The event table: its fields, how a generator adds to it, how it is finished.

A generator makes *drafts*: tables with the columns of `DRAFT`, in any order of rows. `finish` sorts them,
makes every time distinct and adds what follows from the rest.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from models.simulator.clock import Clock, Floats
from models.simulator.company import APPS

DRAFT = {
    "at_s": pl.Float64,  # seconds since the start
    "user": pl.String,
    "src": pl.String,
    "src_country": pl.String,
    "dest": pl.String,
    "app": pl.String,
    "action": pl.String,
    "bytes_out": pl.Int64,
    "story": pl.String,
}

_METHODS = {app.name: app.method for app in APPS}
_WINDOWS = ("kerberos", "smb", "rdp", "sql")


def draft(at_s: Floats, *, action: Any = "success", bytes_out: Any = 0, story: str = "", **named: Any) -> pl.DataFrame:
    """A draft from a time array and, for every other column, an array of the same length or one value."""
    given: dict[str, Any] = {"at_s": at_s, "action": action, "bytes_out": bytes_out, "story": story, **named}
    rows = len(at_s)
    return pl.DataFrame({name: _column(name, given[name], rows) for name in DRAFT})


def _column(name: str, value: Any, rows: int) -> pl.Series:
    if isinstance(value, pl.Series):
        return value.alias(name).cast(DRAFT[name])
    if isinstance(value, np.ndarray):
        plain = value.tolist() if value.dtype == object else value
        return pl.Series(name, plain, strict=False).cast(DRAFT[name])
    return pl.Series(name, [value], dtype=DRAFT[name]).new_from_index(0, rows)


def nothing() -> pl.DataFrame:
    """A draft without rows."""
    return pl.DataFrame(schema=DRAFT)


def pick(vocabulary: Any, numbers: Any) -> pl.Series:
    """The words with these numbers, as a column."""
    return pl.Series([str(word) for word in vocabulary], dtype=pl.String).gather(np.asarray(numbers))


def finish(drafts: Sequence[pl.DataFrame], clock: Clock, departments: pl.DataFrame) -> pl.DataFrame:
    """One table from the drafts: inside the span, ascending, each event at its own millisecond.

    Distinct times keep every later window the same, whatever the order in which equal times are read.
    """
    rows = pl.concat(drafts).filter(pl.col("at_s").is_between(0, clock.end_s, closed="left"))
    rows = rows.with_columns(pl.col("at_s").mul(1_000).round().cast(pl.Int64).alias("_ms"))
    rows = rows.sort("_ms", maintain_order=True).with_columns(_ms=_distinct(pl.col("_ms")))
    return (
        rows.join(departments, on="user", how="left", maintain_order="left")
        .with_columns(
            _time=pl.Series((clock.epoch_s * 1_000 + rows["_ms"].to_numpy()) / 1_000),
            user_bunit=pl.col("department").fill_null("service"),
            authentication_method=pl.col("app").replace_strict(_METHODS, default="password"),
            signature_id=_signature(),
            action=pl.col("action").replace("lockout", "failure"),
            label=(pl.col("story") != "").cast(pl.Int8),
        )
        .drop("at_s", "department")
    )


def _distinct(ms: pl.Expr) -> pl.Expr:
    """Push equal times apart by a millisecond each: ascending becomes strictly ascending."""
    row = pl.int_range(pl.len())
    return (ms - row).cum_max() + row


def _signature() -> pl.Expr:
    """The Windows event number where there is one: 4624 signed in, 4625 failed, 4740 locked out."""
    number = (
        pl.when(pl.col("action") == "lockout")
        .then(pl.lit("4740"))
        .when(pl.col("action") == "failure")
        .then(pl.lit("4625"))
        .otherwise(pl.lit("4624"))
    )
    return pl.when(pl.col("app").is_in(_WINDOWS)).then(number).otherwise(pl.lit(""))
