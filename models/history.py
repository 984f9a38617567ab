"""The past that a fit learns from: rows in order, their labels, and which of them may teach."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from models.errors import DataError
from models.features.baseline import Generation
from models.features.context import with_context
from models.features.partition import learn
from models.features.prequential import Canvas, periods_of
from models.features.spec import FeatureSpec
from models.features.tally import Tally
from models.features.values import DAY_S, EARLIEST_S, Floats, Ints, Values, read_time, read_values
from models.folds import Mask
from models.labels import read_labels
from models.plan import FitPlan

TRIM_SHARE = 0.0025
"""Of rows that nobody has judged the strangest (one in 400 of all) do not teach: an attack in the past must not become
normal."""
QUIET_BITS = 50.0
"""Surroundings whose median surprise is below this are quiet: a handful of rare values in half an hour."""
NO_ROWS = np.zeros(0, np.int64)


@dataclass(frozen=True)
class History:
    """The rows of a fit in the order of learning, with their labels: known attacks never teach a baseline.

    trim: the share of the rows, the strangest, that do not teach either, unless they are known to be benign.
    """

    values: Values
    positive: Mask
    known: Mask
    trim: float

    @property
    def owners(self) -> npt.NDArray[np.uint64] | None:
        return self.values.main

    def until(self, now_s: float | None) -> History:
        """The rows that are not in the future (see `until`)."""
        values = until(self.values, now_s)
        if values.count == self.values.count:
            return self
        return replace(self, values=values, positive=self.positive[: values.count], known=self.known[: values.count])


def read_history(table: pl.DataFrame, spec: FeatureSpec, plan: FitPlan) -> History:
    """Rows ascending in time (those without a time left out), or shuffled where there is no clock."""
    order = _order(table, spec, plan.seed)
    positive, known = read_labels(_ordered(table, order, [plan.label]), plan.label)
    return History(_read(table, order, spec), positive, known, 0.0 if known.all() else TRIM_SHARE)


def read_in_order(table: pl.DataFrame, spec: FeatureSpec) -> Values:
    """Rows ascending in time, those without a time left out."""
    return _read(table, _order(table, spec, 0), spec)


def until(values: Values, now_s: float | None) -> Values:
    """The rows that are not more than a day ahead of now (epoch seconds; None: none is): ages count from the newest
    day, so that one row of a clock that is wrong would make every other day too old to count."""
    if now_s is None or values.time is None:
        return values
    return values.slice(0, int(np.searchsorted(values.time, now_s + DAY_S, "right")))


def is_quiet(history: History, spec: FeatureSpec) -> bool:
    """Whether the surroundings of a row are usually quiet, so that noise around it means something: in a busy stream
    something strange is always happening, and the context of a row is only noise."""
    values = history.values
    if values.time is None:
        return False
    surprise = _first_look(values, spec, ~history.positive)
    return bool(np.median(with_context(surprise, values.time, values.scope, history.owners).around) <= QUIET_BITS)


def _read(table: pl.DataFrame, order: Ints, spec: FeatureSpec) -> Values:
    """The rows in order, read one field at a time: no more than that is text twice."""
    common = replace(spec, fields=())
    found = read_values(
        _ordered(table, order, [*spec.entities, *(p.field for p in spec.peers), spec.scope, spec.time]), common
    )
    tokens, numbers = dict(found.tokens), dict(found.numbers)
    for field in spec.fields:
        hidden = [f"__mv_{source}" for source in field.sources]
        own = read_values(_ordered(table, order, [*field.sources, *hidden]), FeatureSpec((field,)))
        tokens |= own.tokens
        numbers |= own.numbers
    return replace(found, tokens=tokens, numbers=numbers)


def _ordered(table: pl.DataFrame, order: Ints, names: list[str | None]) -> pl.DataFrame:
    """Some columns with their rows in order; where the table has none of them, any, for the number of rows."""
    # Not by `select`, to which a name such as `^.*$` is a pattern.
    return pl.DataFrame([table[name] for name in table.columns if name in names] or table[:, :1])[order]


def _order(table: pl.DataFrame, spec: FeatureSpec, seed: int) -> Ints:
    if spec.time is None:
        return np.random.default_rng(seed).permutation(table.height)
    time = read_time(table, spec.time)
    order = np.argsort(time, kind="stable")
    order = order[time[order] >= EARLIEST_S]  # of no time before has a day a name; NaN is none
    if len(order) == 0:
        raise DataError(
            "no row has a time",
            field=spec.time,
            mend=f"give {spec.time} as epoch seconds or ISO 8601, or name another time field",
        )
    return order


def _first_look(values: Values, spec: FeatureSpec, teaches: Mask) -> Floats:
    """The surprise of each row against a baseline that holds it, float64 (n,): rough, but it tells busy from quiet.

    One field at a time, so that no more than its baseline is in memory.
    """
    periods = [slice(period.start, period.stop) for period in periods_of(values)]
    total = np.zeros(values.count)
    for field in spec.fields:
        alone, own = replace(spec, fields=(field,)), _only(values, field.name)
        learned = Tally.merge(learn(own.slice(p.start, p.stop), alone, teaches[p]).fold(alone) for p in periods)
        canvas = Canvas.blank(own, alone, NO_ROWS)
        canvas.encode(0, values.count, Generation.publish(learned, alone))
        total += canvas.surprise
    return total


def _only(values: Values, field: str) -> Values:
    """The rows with one of their fields."""
    tokens = {name: found for name, found in values.tokens.items() if name == field}
    numbers = {name: found for name, found in values.numbers.items() if name == field}
    return replace(values, tokens=tokens, numbers=numbers)
