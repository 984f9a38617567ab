"""The table of contents of the product: every verb, with the options it takes and the scope it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from sidecar.errors import CallerError
from sidecar.house import House, Reply
from sidecar.options import Options
from sidecar.tasks import audit, fit, learn, models, quality, score


@dataclass(frozen=True)
class Verb:
    """One verb.

    `kind`: `rows` gives one row of new columns for each row, `gather` reads all rows first, `ask` needs none.
    `slow`: over HTTP it is a job in the background.
    """

    name: str
    help: str
    options: type[Options]
    run: Callable[[pl.DataFrame, Any, House], Reply]
    scope: Callable[[Any], str]
    kind: Literal["rows", "gather", "ask"]
    slow: bool = False


def find(name: str) -> Verb:
    """The verb of this name; CallerError when there is none."""
    if name not in VERBS:
        raise CallerError(f"no verb '{name}'", code="no_verb", field="verb", mend="verbs are " + ", ".join(VERBS))
    return VERBS[name]


VERBS = {
    verb.name: verb
    for verb in (
        Verb(
            "score",
            "score events, each with its reasons",
            score.ScoreOptions,
            score.run,
            lambda _: "score",
            "rows",
        ),
        Verb("fit", "learn a model from events", fit.FitOptions, fit.run, lambda _: "fit", "gather", slow=True),
        Verb(
            "learn",
            "learn days without refitting, or forget an entity",
            learn.LearnOptions,
            learn.run,
            learn.scope,
            "gather",
            slow=True,
        ),
        Verb(
            "quality",
            "examine the quality of events, field by field",
            quality.QualityOptions,
            quality.run,
            lambda _: "score",
            "gather",
        ),
        Verb("models", "list, show and promote models", models.ModelsOptions, models.run, models.scope, "ask"),
        Verb("audit", "list and check the ledger", audit.AuditOptions, audit.run, lambda _: "admin", "ask"),
    )
}
