"""Fit a model: from a table of past events to a bundle, a generation and a card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from models.bundle import seal, version_of
from models.calibration import Platt
from models.card import card_of, told_after
from models.detectors.base import Floats, Matrix
from models.detectors.boost import Boost
from models.detectors.ensemble import Margin, told_by, weights_of
from models.detectors.forest import POINT_TREES, TREES, Forest
from models.errors import DataError
from models.examples import Examples, training_rows
from models.features.hashing import MISSING
from models.features.own import Own, with_own
from models.features.peers import Membership
from models.features.prequential import encode_past
from models.folds import Mask, out_of_fold
from models.history import History, is_quiet, read_history
from models.labels import MIN_POSITIVES
from models.plan import MIN_ROWS, FitPlan, Resolved, resolve
from models.quality.gate import gate
from models.quality.normal import Normal
from models.scale import Scale
from models.thresholds import Reference, bands_of, told
from models.trained import Trained

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Fit:
    """The result of a fit as files: the bundle, the generation, the learned days by name; and the model's card."""

    bundle: dict[str, bytes]
    generation: dict[str, bytes]
    partitions: dict[str, dict[str, bytes]]
    card: dict[str, Any]


@dataclass(frozen=True)
class Lesson:
    """A history encoded: the examples that train the detectors, and what is written whatever they learn. normal: what
    its fields were like."""

    examples: Examples
    normal: Normal
    resolved: Resolved
    own: Own | None
    generation: dict[str, bytes]
    partitions: dict[str, dict[str, bytes]]
    card: dict[str, Any]


def fit(
    table: pl.DataFrame,
    plan: FitPlan,
    progress: Progress = lambda share, words: None,
    before: Mapping[str, Membership] | None = None,
) -> Fit:
    """Fit a model. table: events, strings or typed; progress: called with a share 0..1 and words; before: the groups of
    peers of the model in service, so that learned ones keep their names (see Generation.memberships).

    Each stage lets go of what the one before has read: the table, too, unless the caller keeps it. Raises DataError
    naming the field and the mend when the data cannot carry the plan.
    """
    tables = [table]
    del table
    lesson = _lesson(tables, plan, progress, before)
    trained = _train(lesson, plan, progress)
    progress(1.0, "done")
    return Fit(
        bundle=replace(trained, fitted_with=version_of(seal("generation", lesson.generation))).files(),
        generation=lesson.generation,
        partitions=lesson.partitions,
        card=trained.card,
    )


def _lesson(
    tables: list[pl.DataFrame], plan: FitPlan, progress: Progress, before: Mapping[str, Membership] | None
) -> Lesson:
    """Read and encode the only table of a list, which is taken out."""
    progress(0.0, "reading fields")
    table = tables.pop()
    resolved = resolve(table, plan)
    history = read_history(table, resolved.spec, plan)
    given = table.height
    del table
    found = gate(history.values, resolved.spec, given, plan.now_s, force=plan.force)
    untimed = {"rows_without_time": given - history.values.count} if given > history.values.count else {}
    history, future = _past_of(history, plan)
    progress(0.05, "learning baselines")
    resolved = replace(resolved, spec=replace(resolved.spec, context=is_quiet(history, resolved.spec)))
    rows = training_rows(history, plan)
    past = encode_past(
        history.values,
        resolved.spec,
        ~history.positive,
        history.trim,
        rows,
        lambda share: progress(0.1 + 0.4 * share, "encoding"),
        plan.seed,
        before,
        history.known,
    )
    past, own = with_own(past, history.values, resolved.spec, rows)
    examples = Examples.of(history, past, resolved.spec, rows)
    return Lesson(
        examples=examples,
        normal=Normal.of(history.values, examples.matrix, examples.mature, resolved.spec),
        resolved=resolved,
        own=own,
        generation=past.generation.files(resolved.spec),
        partitions=past.partitions,
        card=card_of(plan, resolved, history, past) | {"quality": found} | untimed | future,
    )


def _past_of(history: History, plan: FitPlan) -> tuple[History, dict[str, int]]:
    """The rows of a history that are not in the future, and what the card tells of the others. Where most are, and the
    fit is forced, there is no other past than that."""
    past = history.until(plan.now_s)
    future = history.values.count - past.values.count
    if not future or past.values.count < future:
        return history, {}
    if past.values.count < MIN_ROWS:
        words = (
            f"{past.values.count} rows are too few to learn what is normal; {future} lie more than a day in the future"
        )
        raise DataError(words, field="events", mend=f"give {MIN_ROWS} of the past; look for a clock that is wrong")
    return past, {"rows_in_the_future": future}


def _train(lesson: Lesson, plan: FitPlan, progress: Progress) -> Trained:
    examples, positive = lesson.examples, lesson.examples.positive
    progress(0.5, "growing the forest")
    trees = POINT_TREES if lesson.resolved.spec.plain else TREES
    forest = Forest.fit(_benign(examples, plan), plan.seed, trees, plan.nthread)
    heard_by_forest = forest.score(examples.matrix)
    boost, unseen = _boost(examples, plan, lambda share: progress(0.6 + 0.3 * share, "fitting the boost"))
    voices = np.column_stack([examples.surprise, heard_by_forest, unseen])
    heard = ~np.isnan(unseen)
    reference = ~positive & heard
    if not reference.any():
        raise DataError("no benign rows are left to compare with", field=plan.label or "events", mend="give more days")
    progress(0.9, "scaling")
    ranks = told_by(unseen[heard], positive[heard]) if boost else 0.0
    weights = weights_of(lesson.resolved.spec, ranks, complete=bool(examples.known.all()))
    margin = Margin.standardised(voices, reference, weights)
    margins = margin.score(np.nan_to_num(voices))
    mature = reference & examples.mature
    mature = mature if mature.any() else reference
    scale = Scale.fit(margins[mature])
    compared = _reference(examples, mature, scale.score(margins[mature]))
    bands = bands_of(plan, compared, scale)
    platt = Platt.fit(margins[heard], positive[heard]) if boost and positive[heard].any() else None
    return Trained(
        spec=lesson.resolved.spec,
        own=lesson.own,
        risk=lesson.resolved.risk,
        forest=forest,
        boost=boost,
        margin=margin,
        scale=scale,
        platt=platt,
        normal=lesson.normal,
        anomaly_grid=np.quantile(margin.unsupervised(voices[mature]), np.linspace(0, 1, 1001)),
        card=lesson.card
        | told_after(plan, lesson.card["positives"], margin, int(mature.sum()))
        | told(bands, compared, plan),
        thresholds=tuple(band.score for band in bands),
    )


def _reference(examples: Examples, rows: Mask, scores: Floats) -> Reference:
    """The rows that thresholds are taken from, with their days and entities."""
    entities = 0 if examples.owners is None else len(np.setdiff1d(examples.owners[rows], [MISSING]))
    return Reference.of(scores, None if examples.time is None else examples.time[rows], entities, examples.kept)


def _benign(examples: Examples, plan: FitPlan) -> Matrix:
    if not examples.teaches.any():
        raise DataError("no benign rows are left to learn from", field=plan.label or "events", mend="give more days")
    return taken(examples.matrix, examples.teaches)


def taken(matrix: Matrix, rows: Mask) -> Matrix:
    """Some of the rows; the matrix itself where it is all of them."""
    return matrix if rows.all() else matrix[rows]


def _boost(examples: Examples, plan: FitPlan, progress: Callable[[float], None]) -> tuple[Boost | None, Floats]:
    """The boost and its predictions of rows it has not seen (NaN where it could not be tried); no boost: zeros."""
    progress(0.0)
    known, positive = examples.known, examples.positive
    if int((positive & known).sum()) < MIN_POSITIVES:
        return None, np.zeros(len(positive))
    owners = None if examples.owners is None else examples.owners[known]
    data, labels = taken(examples.matrix, known), positive[known]

    def fit_and_score(train: Mask, test: Mask) -> Floats:
        return Boost.fit(data[train], labels[train], plan.seed, nthread=plan.nthread).score(data[test])

    unseen = np.full(len(positive), np.nan)
    unseen[known] = out_of_fold(labels, owners, fit_and_score, lambda share: progress(0.7 * share))
    if not (positive & ~np.isnan(unseen)).any():
        return None, np.zeros(len(positive))
    return Boost.fit(data, labels, plan.seed, nthread=plan.nthread), unseen
