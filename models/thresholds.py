"""Severities that begin where a promise is kept: a false-positive rate, or a budget of alerts a day.

The reference is benign rows that had taught no baseline when they were scored. Of n exchangeable scores, a new one
exceeds the k-th smallest with a probability of at most 1 - k / (n + 1): so the ceil((n + 1)(1 - rate))-th smallest
bounds the share of false alerts by the rate, on average over references (split conformal prediction: Vovk, Gammerman
and Shafer, 2005; Angelopoulos and Bates, 2021). Rows of one day resemble each other, so a budget must be kept by days,
too: the same rule over the thresholds at which each single day would have kept it. Where the reference is too small for
a rate, the generalised Pareto tail of the scale goes on in its place, and the promise is called extrapolated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from models.detectors.base import Floats
from models.errors import DataError
from models.features.values import DAY_S, Ints
from models.plan import FitPlan
from models.risk import SEVERITIES, THRESHOLDS
from models.scale import BEND, HIGHEST, ORDERS_FOR_ONE, Scale, bend

STEP = 1e-6
"""Scores have six decimals: the next above one."""
ALERT = "high"
"""The severity that an analyst is called for: a budget and a rate are about rows of it or above it."""
TENFOLD = {"low": 100.0, "medium": 10.0, "high": 1.0, "critical": 0.1}
"""The rates of the other severities beside it."""
HIGHEST_RATE = 0.5
MIN_DAYS = 3
KEPT_DAYS = 0.9
"""The share of new days on which a budget shall be kept."""
INTERVAL = 0.9
EARLY_S, LATE_S = 2 * 3600, 22 * 3600
"""A first day that begins later than the one, or a last one that ends before the other, is no whole day."""
CHECKED_ROWS = 20
"""False alerts that the reference must hold for a check day by day to say something."""


@dataclass(frozen=True)
class Reference:
    """Benign rows. scores: float64 (n,); days: of each row, counted from 0, int64 (n,), -1 on days that are not whole;
    count: how many whole days; entities: how many entities they are of; kept: the share of all benign rows that they
    are, 0..1."""

    scores: Floats
    days: Ints
    count: int
    entities: int
    kept: float

    @classmethod
    def of(cls, scores: Floats, time: Floats | None, entities: int, kept: float) -> Reference:
        """time: epoch seconds of each row, ascending, or None."""
        if time is None or not len(time):
            return cls(scores, np.full(len(scores), -1), 0, entities, kept)
        day = np.floor(time / DAY_S).astype(np.int64)
        whole = np.unique(day)
        if time[0] % DAY_S > EARLY_S:
            whole = whole[1:]
        if len(whole) and time[-1] % DAY_S < LATE_S and whole[-1] == day[-1]:
            whole = whole[:-1]
        at = np.searchsorted(whole, day)
        known = np.isin(day, whole)
        return cls(scores, np.where(known, at, -1), len(whole), entities, kept)

    def rows_a_day(self) -> float:
        """Benign rows of a whole day, on average; NaN where there is none."""
        return float((self.days >= 0).sum() / self.count / self.kept) if self.count else float("nan")

    def alerts_a_day(self, threshold: float) -> Floats:
        """How many rows of each whole day reach a threshold, float64 (count,)."""
        reached = self.days[(self.scores >= threshold) & (self.days >= 0)]
        return np.bincount(reached, minlength=self.count) / self.kept


@dataclass(frozen=True)
class Band:
    """Where one severity begins and what that promises.

    rate: the share of benign rows that reach it, at most, on average; how: `conformal`, `days` (the budget kept day by
    day asked for more), `extrapolated`, or `scale` where nothing was asked; a_day: benign rows a day that the reference
    showed there, low and high: between these on a new day with probability `sure`, NaN without enough whole days.
    """

    severity: str
    score: float
    rate: float
    how: str
    a_day: float
    low: float
    high: float
    sure: float


def conformal(scores: Floats, rate: float) -> float | None:
    """The threshold that bounds the share of false alerts by a rate; None where there are too few scores for it.

    >>> conformal(np.arange(99) / 100, 0.05)
    0.940001
    >>> conformal(np.arange(99) / 100, 0.001) is None
    True
    """
    place = int(np.ceil((len(scores) + 1) * (1.0 - rate) - 1e-9))
    if place > len(scores):
        return None
    return round(float(np.partition(scores, place - 1)[place - 1]) + STEP, 6)


def extrapolated(scale: Scale, rate: float) -> float:
    """The score at which the tail of the scale promises a rate."""
    orders = bend(np.array([np.log10(1.0 / rate)]), scale.limit, 1.0)
    return float(min(np.round(bend(orders / ORDERS_FOR_ONE, BEND, 1.0 - BEND)[0], 6), HIGHEST))


def kept_by_days(reference: Reference, budget: float) -> tuple[float, float]:
    """The threshold at which a day has at most `budget` alerts, and the least probability that a new one has, too."""
    most = int(np.floor(budget * reference.kept + 1e-9))
    needed = np.zeros(reference.count)
    for day in range(reference.count):
        scores = reference.scores[reference.days == day]
        if len(scores) > most:
            needed[day] = round(float(np.partition(scores, -most - 1)[-most - 1]) + STEP, 6)
    place = min(int(np.ceil(KEPT_DAYS * (reference.count + 1))), reference.count)
    return float(np.sort(needed)[place - 1]), place / (reference.count + 1)


def bands_of(plan: FitPlan, reference: Reference, scale: Scale) -> tuple[Band, ...]:
    """The bands of a fit, low to critical. Raises DataError where the reference cannot tell what a budget needs."""
    rate = _rate(plan, reference)
    if rate is None:
        rates = [10.0 ** (-ORDERS_FOR_ONE * score) for score in THRESHOLDS]
        found = [(score, _within(reference, rate), rate) for score, rate in zip(THRESHOLDS, rates, strict=True)]
    else:
        found = [_begin(reference, scale, min(times * rate, HIGHEST_RATE), plan) for times in TENFOLD.values()]
    scores = np.maximum.accumulate([min(score, HIGHEST) for score, _, _ in found])
    return tuple(
        _band(reference, name, float(score), how, rate)
        for name, score, (_, how, rate) in zip(SEVERITIES[1:], scores, found, strict=True)
    )


def told(bands: Sequence[Band], reference: Reference, plan: FitPlan) -> dict[str, Any]:
    """What the card says of the bands: each with its figures, and the promise in words."""
    shown = [{name: _plain(value) for name, value in asdict(band).items()} for band in bands]
    return {
        "thresholds": shown,
        "promise": promise(bands, reference, plan),
        "reference_tail": tail_of(reference.scores),
    }


def tail_of(scores: Floats, points: int = 40) -> list[tuple[float, float]]:
    """The strangest half of the reference: score, and the share of rows at least as high, from the lowest on; ranks at
    equal steps of their logarithm.

    >>> tail_of(np.array([0.1, 0.2, 0.3, 0.4]), 3)
    [(0.3, 0.5), (0.4, 0.25)]
    """
    ordered = np.sort(scores)[::-1]
    ranks = np.unique(np.geomspace(1, max(len(ordered) // 2, 1), points).round().astype(int))[::-1]
    return [(float(ordered[rank - 1]), float(rank / len(ordered))) for rank in ranks]


def promise(bands: Sequence[Band], reference: Reference, plan: FitPlan) -> str:
    """The guarantee in words, with its numbers and what it rests on."""
    alert = next(band for band in bands if band.severity == ALERT)
    share = f"one in {float(f'{1 / alert.rate:.2g}'):,.0f} ordinary rows"
    rows = f"{len(reference.scores):,} benign rows that had taught no baseline"
    if alert.how == "extrapolated":
        basis = (
            f"About {share} reaches {ALERT} or more: extrapolated by the generalised Pareto tail of {rows}, too few "
        )
        words = [basis + "to show it by themselves."]
    elif alert.how == "scale":
        words = [f"About {share} reaches {ALERT} or more: an estimate by the scale fitted on {rows}, no bound."]
    else:
        words = [
            f"On average at most {share} reaches {ALERT} or more: a bound, by split conformal prediction from {rows}."
        ]
    if reference.count:
        words.append(f"On the {reference.count} whole days of these rows, {_figure(alert.a_day)} a day did.")
    if not np.isnan(alert.sure):
        between = dict.fromkeys([_figure(alert.low), _figure(alert.high)])
        words.append(f"With a probability of {alert.sure:.0%} a new day has {' to '.join(between)} of them.")
    budget = _budget(plan, reference)
    if budget is not None and reference.count >= MIN_DAYS and budget * reference.kept >= 1:
        sure = kept_by_days(reference, budget)[1]
        words.append(f"The budget of {budget:.3g} a day is kept on at least {sure:.0%} of new days.")
    checked = held_out(reference, alert.rate)
    if len(checked):
        words.append(
            f"Checked on each day with a threshold of the others: {checked.mean():.2f} of the promised share on "
            f"average, {checked.min():.2f} to {checked.max():.2f} by day."
        )
    words.append(
        "All of it holds where new rows and days are like those of the reference (exchangeable); an attack, and what "
        "happens beside it, is not."
    )
    return " ".join(words)


def _figure(number: float) -> str:
    """A count a day, for people."""
    return f"{round(number, 2):,g}"


def held_out(reference: Reference, rate: float) -> Floats:
    """For each whole day, the share of its rows above the conformal threshold of all other days, as a multiple of the
    rate, float64 (days,); empty where too few rows or days could show anything."""
    if reference.count < MIN_DAYS or rate * len(reference.scores) < CHECKED_ROWS:
        return np.zeros(0)
    found = []
    for day in range(reference.count):
        own = reference.days == day
        threshold = conformal(reference.scores[~own], rate)
        if threshold is not None and own.any():
            found.append(float((reference.scores[own] >= threshold).mean()) / rate)
    return np.array(found)


def _rate(plan: FitPlan, reference: Reference) -> float | None:
    """The rate that is asked for, or None."""
    if plan.alert_budget is not None and plan.false_positive_rate is not None:
        mend = "give alert_budget= or false_positive_rate="
        raise DataError("a budget and a rate are two promises", field="alert_budget", mend=mend)
    budget = _budget(plan, reference)
    if budget is None:
        return plan.false_positive_rate
    if not reference.count:
        mend = "give whole days of events with a time, or use false_positive_rate="
        raise DataError("a budget by day needs whole days", field="alert_budget", mend=mend)
    return min(budget / reference.rows_a_day(), HIGHEST_RATE)


def _budget(plan: FitPlan, reference: Reference) -> float | None:
    """Alerts a day of all entities together."""
    if plan.alert_budget is None:
        return None
    if not reference.entities:
        mend = "name who is counted with entity=, or use false_positive_rate="
        raise DataError("a budget per 1,000 entities needs an entity", field="alert_budget", mend=mend)
    return plan.alert_budget * reference.entities / 1000.0


def _begin(reference: Reference, scale: Scale, rate: float, plan: FitPlan) -> tuple[float, str, float]:
    """Score, how and rate of the band that a rate asks for."""
    score = conformal(reference.scores, rate)
    if score is None:
        return extrapolated(scale, rate), "extrapolated", rate
    budget = rate * reference.rows_a_day()
    if plan.alert_budget is None or reference.count < MIN_DAYS or budget * reference.kept < 1:
        return score, "conformal", rate
    by_days, _ = kept_by_days(reference, budget)
    return (by_days, "days", rate) if by_days > score else (score, "conformal", rate)


def _within(reference: Reference, rate: float) -> str:
    return "scale" if rate * (len(reference.scores) + 1) >= 1 else "extrapolated"


def _band(reference: Reference, severity: str, score: float, how: str, rate: float) -> Band:
    counts = np.sort(reference.alerts_a_day(score))
    nothing = float("nan")
    if reference.count < MIN_DAYS:
        a_day = float(counts.mean()) if reference.count else nothing
        return Band(severity, score, rate, how, a_day, nothing, nothing, nothing)
    days = len(counts)
    first = max(int(np.floor((1 - INTERVAL) / 2 * (days + 1))), 1)
    low, high, sure = counts[first - 1], counts[days - first], (days + 1 - 2 * first) / (days + 1)
    return Band(severity, score, rate, how, float(counts.mean()), float(low), float(high), sure)


def _plain(value: Any) -> Any:
    """NaN is no JSON."""
    return None if isinstance(value, float) and np.isnan(value) else value
