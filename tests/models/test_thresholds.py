"""Thresholds keep their promise: in theory exactly, and on days of simulated companies that the fit never saw."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from models.errors import DataError
from models.plan import FitPlan
from models.scale import Scale
from models.simulator import simulate
from models.thresholds import Band, Reference, bands_of, conformal, extrapolated, held_out, kept_by_days, promise
from models.training import Fit, fit
from tests.models.tables import sign_ins
from tests.models.test_fit_and_score import load

DAY_S = 86_400
PLAN = FitPlan("m", recipe="authentication")
SEEDS = (1, 2, 3)
ROUNDS = 4000


def false_alerts(place_shift: int, n: int = 60, rate: float = 0.05) -> float:
    """How often a new score exceeds the threshold of n others like it, over many references; place_shift: how many
    places lower the threshold is taken than it should be."""
    rng = np.random.default_rng(7)
    scores = np.round(rng.beta(2, 5, (ROUNDS, n + 1)), 6)
    hits = 0
    for row in scores:
        limit = conformal(row[:n], rate) if not place_shift else np.sort(row[:n])[place(n, rate) - 1 - place_shift]
        hits += row[n] >= limit
    return hits / ROUNDS


def place(n: int, rate: float) -> int:
    return int(np.ceil((n + 1) * (1 - rate)))


def test_the_bound_holds_on_average_and_is_tight() -> None:
    slack = 3 * np.sqrt(0.05 * 0.95 / ROUNDS)
    assert 0.05 - 1 / 61 - slack <= false_alerts(0) <= 0.05 + slack
    assert false_alerts(2) > 0.05 + slack, "a threshold two places lower is not caught"


def test_too_few_scores_promise_nothing() -> None:
    assert conformal(np.arange(98) / 100, 0.01) is None and conformal(np.arange(99) / 100, 0.01) == 0.980001
    assert conformal(np.zeros(0), 0.1) is None


def days_of(rng: np.random.Generator, count: int, rows: int = 400) -> Reference:
    """Days that differ from one another as a whole, more than their rows do."""
    scores = np.concatenate([rng.beta(2, 6, rows) + 0.1 * rng.random() for _ in range(count)])
    return Reference(np.round(scores, 6), np.repeat(np.arange(count), rows), count, 100, 1.0)


def budgets_kept(by_days: bool) -> tuple[float, float]:
    """The share of new days on which a budget of four alerts is kept, and what was promised."""
    rng, kept, sure = np.random.default_rng(11), 0, 0.0
    for _ in range(400):
        days = days_of(rng, 12)
        new = days.scores[days.days == 11]
        past = Reference(days.scores[days.days < 11], days.days[days.days < 11], 11, 100, 1.0)
        limit, sure = kept_by_days(past, 4.0)
        limit = limit if by_days else conformal(past.scores, 0.01) or 1.0
        kept += (new >= limit).sum() <= 4
    return kept / 400, sure


def test_a_budget_is_kept_on_as_many_new_days_as_promised() -> None:
    kept, sure = budgets_kept(by_days=True)
    slack = 2 * np.sqrt(sure * (1 - sure) / 400)
    assert sure == pytest.approx(11 / 12) and kept >= sure - slack
    assert budgets_kept(by_days=False)[0] < sure - slack, "rows alone do not keep a budget by days"


def test_of_rows_that_are_a_sample_a_day_may_have_its_share_of_the_budget() -> None:
    whole = days_of(np.random.default_rng(3), 20)
    half = replace(whole, kept=0.5)
    assert kept_by_days(half, 10.0) == kept_by_days(whole, 5.0) != kept_by_days(whole, 10.0)
    assert np.array_equal(half.alerts_a_day(0.6), 2 * whole.alerts_a_day(0.6))
    assert half.rows_a_day() == 2 * whole.rows_a_day()


def test_no_severity_begins_below_a_lesser_one() -> None:
    """Also where the tail that goes on for the highest knows less than the rows that the others are taken from."""
    short = Scale.fit(np.linspace(0.0, 1.0, 30))
    rows = Reference(np.full(5000, 0.9), np.full(5000, -1), 0, 0, 1.0)
    bands = bands_of(replace(PLAN, false_positive_rate=1e-3), rows, short)
    assert bands[3].how == "extrapolated" and extrapolated(short, 1e-4) < 0.9
    assert [band.score for band in bands] == [0.900001] * 4


def test_beyond_the_reference_the_tail_goes_on_and_says_so() -> None:
    rng = np.random.default_rng(1)
    margins = rng.exponential(size=2000)
    scale = Scale.fit(margins)
    reference = Reference.of(scale.score(margins), None, 0, 1.0)
    found = bands_of(replace(PLAN, false_positive_rate=1e-3), reference, scale)
    assert [band.how for band in found] == ["conformal", "conformal", "conformal", "extrapolated"]
    assert np.all(np.diff([band.score for band in found]) > 0)
    fresh = scale.score(rng.exponential(size=2_000_000))
    assert (fresh >= found[3].score).mean() == pytest.approx(1e-4, rel=0.6)
    assert extrapolated(scale, 1e-9) < 1


@pytest.mark.parametrize(
    ("how", "rate", "begins"),
    [
        (
            "scale",
            9.55e-5,
            "About one in 10,000 ordinary rows reaches high or more: an estimate by the scale fitted on 8",
        ),
        (
            "extrapolated",
            1.05e-5,
            "About one in 95,000 ordinary rows reaches high or more: extrapolated by the general",
        ),
        (
            "conformal",
            0.0046,
            "On average at most one in 220 ordinary rows reaches high or more: a bound, by split conf",
        ),
    ],
)
def test_a_promise_is_told_in_words_that_claim_no_more(how: str, rate: float, begins: str) -> None:
    """An estimate is not called a bound, no share is a power of ten, no interval goes from one number to the same."""
    reference = Reference(np.zeros(8), np.array([0, 0, 1, 1, 2, 2, 3, 3]), 4, 2, 1.0)
    told = [promise([Band("high", 0.67, rate, how, 1234.5, 0.0, high, 0.8)], reference, PLAN) for high in (0.0, 4.0)]
    assert told[0].startswith(begins) and "1,234.5 a day" in told[0] and "e-0" not in told[0]
    assert "With a probability of 80% a new day has 0 of them." in told[0] and "has 0 to 4 of them." in told[1]


def test_partial_days_do_not_count() -> None:
    time = np.r_[20.0, 23.0, 24 + np.arange(24), 48 + np.arange(24), 72 + np.arange(10)] * 3600
    reference = Reference.of(np.zeros(len(time)), time, 3, 0.5)
    assert reference.count == 2 and reference.rows_a_day() == 48
    assert (reference.days == -1).sum() == 12 and reference.alerts_a_day(0.0).tolist() == [48, 48]


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (FitPlan("m", alert_budget=5.0), "needs an entity"),
        (FitPlan("m", alert_budget=5.0, false_positive_rate=0.01, entities=("user",)), "two promises"),
        (FitPlan("m", alert_budget=5.0, entities=("user",), time=None), "needs whole days"),
    ],
)
def test_a_promise_that_cannot_be_made_is_refused(plan: FitPlan, words: str) -> None:
    with pytest.raises(DataError, match=words):
        fit(sign_ins(), replace(plan, fields=("dest", "app", "bytes")))


@cache
def company(seed: int, **asked: float) -> tuple[Fit, pl.DataFrame, pl.DataFrame]:
    """A fit, its history, and the four days after; without attacks, whose surroundings are no ordinary rows."""
    sim = simulate(seed=seed, users=60, days=18, stories=[])
    found = fit(sim.before().cast(pl.String), replace(PLAN, **asked))  # type: ignore[arg-type]
    return found, sim.before(), sim.after()


def scored(found: Fit, events: pl.DataFrame) -> pl.DataFrame:
    told = load(found, "m").score(events.cast(pl.String), explain="none").table
    return events.with_columns(score=told["ai_score"], day=(pl.col("_time") // DAY_S))


def held(in_sample: bool) -> list[float]:
    """Per seed, the share of held-out benign rows at medium or above, as a multiple of what is promised."""
    found = []
    for seed in SEEDS:
        made, before, after = company(seed, false_positive_rate=0.01)
        band = made.card["thresholds"][1]
        limit = band["score"]
        if in_sample:  # rows that the baseline holds are never new, and look more ordinary than any to come
            limit = conformal(scored(made, before)["score"].to_numpy(), band["rate"])
        rest = scored(made, after)
        found.append(float((rest["score"] >= limit).mean()) / band["rate"])  # type: ignore[arg-type]
    return found


def test_the_rate_is_kept_on_held_out_days() -> None:
    assert np.mean(held(in_sample=False)) <= 1.25
    assert np.mean(held(in_sample=True)) > 1.25, "a threshold of rows that taught is not caught"


def test_new_days_lie_in_their_interval_and_keep_the_budget() -> None:
    inside, kept, sure = [], [], []
    for seed in SEEDS:
        made, before, after = company(seed, alert_budget=300.0)
        low, alert = made.card["thresholds"][0], made.card["thresholds"][2]
        budget = 300.0 * before["user"].n_unique() / 1000
        reached = ((pl.col("score") >= band["score"]).sum().alias(band["severity"]) for band in (low, alert))
        days = scored(made, after).group_by("day").agg(*reached)
        inside += days["low"].is_between(low["low"], low["high"]).to_list()
        kept += (days["high"] <= budget).to_list()
        sure.append(low["sure"])
        assert "budget" in made.card["promise"] and "exchangeable" in made.card["promise"]
    slack = 2 * np.sqrt(0.25 / len(inside))
    assert np.mean(inside) >= np.mean(sure) - slack
    assert np.mean(kept) >= 6 / 7 - slack, "six whole days promise six of seven"


def test_each_day_is_checked_with_the_thresholds_of_the_others() -> None:
    rng = np.random.default_rng(2)
    alike = held_out(days_of(rng, 8, 3000), 0.01)
    assert len(alike) == 8 and alike.min() < 1 < alike.max()
    assert len(held_out(days_of(rng, 2), 0.1)) == 0 == len(held_out(days_of(rng, 8), 1e-4))
