"""What the report is made of: the scored events beside the truth, and what each contender made of them."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from models.errors import DataError
from models.fields import OUTPUT_FIELDS
from models.simulator.rule import RULES, found, queue

EVENT_FIELDS = ("_time", "user", "user_bunit", "src", "src_country", "dest", "app", "action")
TRUTH_FIELDS = ("story", "label")

DAY_S = 86_400


@dataclass(frozen=True)
class Result:
    """What one contender found with its alerts: stories by name, and how much of them.

    `precision` is the share of alerts that belong to a story; `shown` the share of the stories' user-days
    that are among the alerts (0..1 both); `how` says in a line how it ranks.
    """

    name: str
    how: str
    alerts: pl.DataFrame
    found: tuple[str, ...]
    precision: float
    shown: float


@dataclass(frozen=True)
class Evidence:
    """The scored events (all columns, ai_score as numbers), AIScore's result and the rules', best first.

    `simulated` is the number of all events, `days` the number of days they span.
    """

    scored: pl.DataFrame
    aiscore: Result
    rules: tuple[Result, ...]
    simulated: int
    days: int

    @property
    def best_rule(self) -> Result:
        """The rule that found most."""
        return self.rules[0]


def read_scored(path: Path) -> pl.DataFrame:
    """The table that `| aiscore` wrote, with ai_score as numbers (missing where a row is unscored).

    Raises DataError when the file or one of the columns is missing, or when it holds no rows.
    """
    if not path.is_file():
        raise DataError("there is no scored table", field=str(path), mend="score the events first")
    table = pl.read_csv(path, infer_schema=False)
    missing = [name for name in (*EVENT_FIELDS, *OUTPUT_FIELDS) if name not in table.columns]
    if missing:
        raise DataError("the scored table lacks a column", field=missing[0], mend="score the events again")
    if table.is_empty():
        raise DataError("the scored table has no rows", field=str(path), mend="score at least one event")
    return as_numbers(table)


def as_numbers(table: pl.DataFrame) -> pl.DataFrame:
    """Times and scores of a table of text as numbers; text that is no number becomes missing."""
    return table.with_columns(pl.col("_time", "ai_score").cast(pl.Float64, strict=False))


def with_truth(scored: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Put the truth beside the scores, row by row.

    The truth was never sent anywhere; it fits only because every row left the command once, in its place.
    Raises DataError when it did not.
    """
    if len(scored) != len(truth):
        raise DataError(f"{len(truth)} rows went in and {len(scored)} came out", field="rows", mend="report this")
    moved = (scored["_time"] - truth["_time"]).abs() > 1e-3
    if moved.any() or (scored["user"] != truth["user"]).any():
        raise DataError("rows came out in another order", field="_time", mend="report this")
    return scored.with_columns(truth.select(TRUTH_FIELDS))


def weigh(scored: pl.DataFrame, before: pl.DataFrame, after: pl.DataFrame) -> Evidence:
    """Give AIScore and every rule the same budget of alerts, and judge them by the truth.

    `scored` is the table with ai_ fields and truth; `before` and `after` are the simulation's own events,
    from which the rules are computed.
    """
    rules = [_judge(r.name, r.spl, after.with_columns(_rule=r.value(before, after)), "_rule") for r in RULES]
    rules.sort(key=lambda result: (-len(result.found), -result.precision, result.name))
    aiscore = _judge("AIScore", "sort 0 - ai_score", scored, "ai_score")
    both = pl.concat([before["_time"], after["_time"]]) // DAY_S
    return Evidence(scored, aiscore, tuple(rules), len(both), both.n_unique())


def _judge(name: str, how: str, events: pl.DataFrame, by: str) -> Result:
    alerts = queue(events, by)
    days = story_days(events)
    shown = len(story_days(alerts)) / max(1, len(days))
    precision = float((alerts["story"] != "").mean() or 0)  # type: ignore[arg-type]
    return Result(name, how, alerts, tuple(found(alerts)), precision, shown)


def story_days(events: pl.DataFrame) -> pl.DataFrame:
    """The distinct user-days that hold an event of a story."""
    days = events.filter(pl.col("story") != "").with_columns(_day=pl.col("_time") // DAY_S)
    return days.select("story", "user", "_day").unique()
