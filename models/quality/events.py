"""Checks of the events as a whole: their entities, order, time and whether they come twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from models.features.baseline import MIN_HISTORY_ROWS
from models.features.hashing import MISSING, Coded
from models.features.spec import FeatureSpec
from models.features.values import Floats, texts
from models.quality.finding import EVENTS, Finding, clipped, grade_of

LEAST_MISSING = 0.01
LEAST_THIN = 0.1
LEAST_UNTIMED = 0.001
LEAST_UNORDERED = 0.001
LEAST_TWICE = 0.01
ADDRESS = frozenset(["_bkt", "_cd"])
"""Where Splunk keeps an event: the same event indexed twice has two."""


def entities(owners: dict[str, Coded], rows: int) -> Iterator[Finding]:
    """Rows without the entities that own a baseline, and rows of entities that are too rarely seen to have one."""
    for entity, owner in owners.items():
        codes = owner.codes
        missing = int((codes == MISSING).sum())
        if missing >= LEAST_MISSING * rows:
            words = f"{missing:,} of {rows:,} rows have no {entity}, and so no baseline of their own"
            mend = f"fill {entity} (coalesce of its aliases), or search only events that have one"
            yield Finding(EVENTS, "no_entity", grade_of(missing / rows), words, mend, missing, missing / rows)
        counts = np.bincount(owner.at, minlength=len(owner.texts))
        few = (counts > 0) & (counts < MIN_HISTORY_ROWS) & (owner.distinct != MISSING)
        thin = int(counts[few].sum())
        if thin >= LEAST_THIN * rows:
            words = f"{thin:,} of {rows:,} rows are of a {entity} with fewer than {MIN_HISTORY_ROWS} rows"
            mend = f"search a longer time, or take another entity than {entity}"
            example = clipped(str(owner.texts[int(np.flatnonzero(few)[0])]))
            share = thin / rows
            yield Finding(EVENTS, "thin_history", grade_of(share), words, mend, thin, share, example=example)


def untimed(time: Floats, text: pl.Series) -> Iterator[Finding]:
    """Rows whose time is empty or cannot be read."""
    lost = np.isnan(time)
    count = int(lost.sum())
    if count > LEAST_UNTIMED * len(time):
        words = f"{count:,} of {len(time):,} rows have no time that can be read; they teach nothing"
        mend = "give _time as epoch seconds or ISO 8601 (strptime)"
        example = clipped(str(text[int(np.flatnonzero(lost)[0])]))
        share = count / len(time)
        yield Finding(EVENTS, "no_time", grade_of(share), words, mend, count, share, example=example)


def unordered(time: Floats) -> Iterator[Finding]:
    """Rows that stand after a later one, unless all descend, as a search gives them by itself."""
    known = time[~np.isnan(time)]
    if not len(known) or (np.diff(known) <= 0).all():
        return
    count = int((known < np.maximum.accumulate(known)).sum())
    if count > LEAST_UNORDERED * len(known):
        words = f"{count:,} of {len(known):,} rows stand after a later one"
        mend = "put | sort 0 _time before aiscore; a fit sorts by itself"
        yield Finding(EVENTS, "unordered", "B", words, mend, count, count / len(known))


def twice(table: pl.DataFrame, spec: FeatureSpec) -> Iterator[Finding]:
    """Events that stand in the table more than once: all that names an event is the same but where it is kept."""
    names = [name for name in spec.ids if name in table.columns and name not in ADDRESS]
    if not names or not table.height:
        return
    hashed = pl.DataFrame([texts(table, name) for name in names]).hash_rows(seed=0)
    again = table.height - hashed.n_unique()
    if again >= LEAST_TWICE * table.height:
        share = again / table.height
        words = f"{again:,} of {table.height:,} rows say again what another says in {', '.join(names)[:200]}"
        mend = "| dedup these fields, and look for a source that is read twice"
        since = texts(table, names[0])[int(np.flatnonzero(hashed.is_duplicated().to_numpy())[0])]
        yield Finding(EVENTS, "duplicates", grade_of(share), words, mend, again, share, example=clipped(since))
