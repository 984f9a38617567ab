"""The margin, its weights and folds, and the score scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from models import folds
from models.calibration import Platt
from models.detectors.base import Contributions
from models.detectors.boost import Boost
from models.detectors.ensemble import Margin, told_by, weights_of
from models.detectors.surprise import Surprise
from models.features.spec import FeatureSpec, Field
from models.folds import Mask, entity_groups, out_of_fold, time_blocks
from models.risk import risk_of, severity_of
from models.scale import HIGHEST, Scale

RNG = np.random.default_rng(5)


def test_contributions_of_the_margin_add_up() -> None:
    voices = RNG.normal(size=(40, 3)) * (3.0, 1.0, 2.0) + (5.0, -7.0, 0.5)
    margin = Margin.standardised(voices, np.ones(40, np.bool_), (1.0, 0.4, 0.7))
    parts: list[Contributions | None] = []
    for voice in voices.T:
        split = RNG.random((40, 2))
        split = split / split.sum(axis=1, keepdims=True) * (voice - 1.5)[:, None]
        parts.append(Contributions(split, 1.5))
    found = margin.contributions(parts)
    assert np.allclose(found.phi.sum(axis=1) + found.base, margin.score(voices))


def test_a_silent_boost_changes_nothing() -> None:
    voices = np.column_stack([RNG.normal(size=(40, 2)), np.zeros(40)])
    margin = Margin.standardised(voices, np.ones(40, np.bool_), (1.0, 0.5, 0.0))
    assert np.allclose(margin.score(voices), margin.unsupervised(voices))


SPEC = FeatureSpec((Field("bytes", "number"),), time="_time")


def test_the_surprise_leads_among_events_and_the_forest_among_records() -> None:
    e, a, b = weights_of(SPEC)
    assert e > a > b == 0.0
    e, a, b = weights_of(replace(SPEC, time=None))
    assert a > e == b == 0.0, "among records the forest speaks alone"


def test_labels_shift_no_weight_between_the_unsupervised_voices_and_partial_ones_less_to_the_boost() -> None:
    none, partial, complete = weights_of(SPEC), weights_of(SPEC, 1.0), weights_of(SPEC, 1.0, complete=True)
    assert none[:2] == partial[:2] == complete[:2]
    assert none[2] < partial[2] < complete[2] and partial[2] <= 0.25 * partial[0]


def test_a_boost_that_ranks_like_chance_or_worse_is_silent() -> None:
    labels = np.arange(400) % 8 == 0
    assert told_by(labels * 1.0, labels) == 1.0
    assert told_by(labels * -1.0, labels) == told_by(np.zeros(400), labels) == 0.0
    assert 0.0 <= told_by(RNG.normal(size=400), labels) < 0.2
    score = RNG.normal(size=400) + labels
    assert told_by(score, labels) == pytest.approx(2 * roc_auc_score(labels, score) - 1)


def test_surprise_is_the_sum_of_its_terms_and_innocent_rows_are_not_lifted() -> None:
    surprise = Surprise.of(np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 0.0]]), np.array([900.0, 0.0, 100.0]))
    assert surprise.score().tolist() == [0.0, 1.0, 21.0]
    assert np.array_equal(surprise.contributions().phi.sum(axis=1), surprise.score())


def test_unknown_context_adds_nothing() -> None:
    assert Surprise.of(np.array([[4.0]]), np.array([np.nan])).score().tolist() == [1.0]


def test_no_fold_trains_on_its_own_time_or_its_own_entities() -> None:
    owners = RNG.integers(0, 1 << 40, 9).astype(np.uint64)[RNG.integers(0, 9, 200)]
    tested = np.zeros(200, int)
    for train, test in folds.folds(200, owners):
        assert not set(time_blocks(200)[train]) & set(time_blocks(200)[test])
        assert not set(owners[train]) & set(owners[test])
        tested += test
    assert (tested == 1).all()


def burst_ap() -> float:
    """Bursts of one entity's near-identical rows with a label of pure chance: nothing here can be learned."""
    rng = np.random.default_rng(2)
    burst = np.repeat(np.arange(60), 10)
    matrix = (rng.normal(size=(60, 4))[burst] + 0.01 * rng.normal(size=(600, 4))).astype(np.float32)
    labels = (rng.random(60) < 0.3)[burst]

    def fit_and_score(train: Mask, test: Mask) -> np.ndarray:
        return Boost.fit(matrix[train], labels[train], 1, rounds=30).score(matrix[test])

    found = out_of_fold(labels, (burst // 4).astype(np.uint64) << np.uint64(17), fit_and_score)
    return float(average_precision_score(labels, found))


def test_what_cannot_be_learned_is_not_learned_out_of_fold() -> None:
    assert burst_ap() < 0.5


def test_random_folds_would_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def random_folds(count: int, owners: object) -> Iterator[tuple[Mask, Mask]]:
        group = np.random.default_rng(0).integers(0, 4, count)
        yield from ((group != fold, group == fold) for fold in range(4))

    monkeypatch.setattr(folds, "folds", random_folds)
    assert burst_ap() > 0.9


def test_one_entity_alone_makes_one_group() -> None:
    assert entity_groups(np.full(5, 7, np.uint64), 5).tolist() == [0] * 5


reference_margins = st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=300)


@settings(max_examples=200, deadline=None)
@given(reference_margins, st.lists(st.floats(-1e4, 1e6), min_size=2, max_size=20))
def test_the_score_rises_with_the_margin_and_never_reaches_one(reference: list[float], asked: list[float]) -> None:
    scale = Scale.fit(np.array(reference))
    score = scale.score(np.sort(np.array(asked)))
    assert (np.diff(score) >= 0).all() and score.min() >= 0.0 and score.max() <= HIGHEST < 1.0


@settings(max_examples=50, deadline=None)
@given(reference_margins)
def test_a_scale_comes_back_from_json(reference: list[float]) -> None:
    scale = Scale.fit(np.array(reference))
    asked = np.linspace(-60, 500, 100)
    assert np.array_equal(Scale.from_json(scale.to_json()).score(asked), scale.score(asked))


@pytest.mark.parametrize("tail", ["normal", "exponential", "lognormal"])
def test_half_means_one_in_a_thousand(tail: str) -> None:
    rng = np.random.default_rng(3)
    draw = {"normal": rng.normal, "exponential": rng.exponential, "lognormal": lambda size: rng.lognormal(size=size)}
    scale = Scale.fit(draw[tail](size=20_000))
    fresh = scale.score(draw[tail](size=1_000_000))
    for score, share in ((1 / 3, 1e-2), (0.5, 1e-3), (2 / 3, 1e-4)):
        assert share / 2 < (fresh >= score).mean() < share * 2, f"{tail}: {score}"


def test_far_beyond_the_reference_the_score_still_tells_apart() -> None:
    scale = Scale.fit(np.random.default_rng(1).exponential(size=5000))
    score = scale.score(np.array([5.0, 10.0, 20.0, 40.0, 80.0, 160.0]))
    assert (np.diff(score) > 0).all()


@pytest.mark.parametrize("rows", [30, 300, 3000])
def test_a_small_reference_cannot_vouch_for_great_rarity(rows: int) -> None:
    score = Scale.fit(np.random.default_rng(1).exponential(size=rows)).score(np.array([1e3, 1e6]))
    assert score[0] < score[1] <= np.log10(100 * rows) / 6


def test_bands_and_risk_follow_the_score() -> None:
    score = np.array([0.0, 0.329, 0.33, 0.5, 0.67, 0.83])
    assert severity_of(score).tolist() == ["informational", "informational", "low", "medium", "high", "critical"]
    assert risk_of(score).tolist() == [1, 33, 33, 50, 67, 83]


def test_probabilities_are_calibrated_and_never_certain() -> None:
    rng = np.random.default_rng(4)
    margin = rng.normal(size=20_000) * 2
    labels = rng.random(20_000) < 1 / (1 + np.exp(-(1.5 * margin - 2)))
    platt = Platt.fit(margin, labels)
    assert abs(platt.slope - 1.5) < 0.1 and abs(platt.offset + 2) < 0.1
    few = Platt.fit(np.array([0.0, 1.0, 5.0]), np.array([False, False, True]))
    assert 0.0 < few.probability(np.array([5.0]))[0] < 0.95
