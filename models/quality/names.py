"""Checks of what entities are called: who goes by several names has several pasts, many under one name share one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from models.features.hashing import MISSING, Coded
from models.features.values import Ints
from models.quality.finding import EVENTS, Finding, clipped, grade_of

LEAST_SPELLED = 0.001
LEAST_NOBODY = 0.01
NOBODY = ("-", "--", "?", "n/a", "na", "nil", "none", "null", "(null)", "undefined", "unknown")
"""What sources write where they know no name, in small letters. `unknown` is what data models fill in."""


def names(owners: dict[str, Coded], rows: int) -> Iterator[Finding]:
    """Both checks of each entity."""
    for entity, owner in owners.items():
        counts = np.bincount(owner.at, minlength=len(owner.texts))
        counts[owner.distinct == MISSING] = 0
        folded = owner.texts.str.strip_chars().str.to_lowercase()
        yield from _nobody(entity, owner.texts, folded, counts, rows)
        yield from _spelling(entity, owner.texts, folded, counts, rows)


def _nobody(entity: str, texts: pl.Series, folded: pl.Series, counts: Ints, rows: int) -> Iterator[Finding]:
    """Rows whose entity is a word for none: they share one past, that of nobody."""
    found = np.where(folded.is_in(NOBODY).to_numpy(), counts, 0)
    total = int(found.sum())
    if total >= max(LEAST_NOBODY * rows, 1):
        example = clipped(str(texts[int(found.argmax())]))
        words = f"{total:,} of {rows:,} rows have a {entity} that names nobody, and share one baseline"
        mend = (
            f"leave {entity} empty there (eval {entity}=if(match({entity}, ...), null(), {entity})), or leave them out"
        )
        yield Finding(EVENTS, "nobody", grade_of(total / rows), words, mend, total, total / rows, example=example)


def _spelling(entity: str, texts: pl.Series, folded: pl.Series, counts: Ints, rows: int) -> Iterator[Finding]:
    """Rows in another spelling than the commonest of the same name: in other letters, or with blanks around it."""
    table = pl.DataFrame({"name": folded, "count": counts, "place": np.arange(len(counts))}).filter(pl.col("count") > 0)
    rarer = table.filter(pl.len().over("name") > 1).sort("count", "place", descending=[True, False])
    rarer = rarer.filter(~pl.col("name").is_first_distinct())
    total = int(rarer["count"].sum())
    if total >= max(LEAST_SPELLED * rows, 1):
        example = clipped(str(texts[int(rarer["place"][0])]))
        words = f"{total:,} of {rows:,} rows spell their {entity} as others do not (capital letters or blanks)"
        several = rarer["name"].n_unique()
        words += f": {several:,} {'names have' if several != 1 else 'name has'} several baselines"
        mend = f"eval {entity}=lower(trim({entity})) in every search that fits, learns and scores"
        yield Finding(EVENTS, "spelling", grade_of(total / rows), words, mend, total, total / rows, example=example)
