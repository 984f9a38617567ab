"""`quality`: what is wrong with the events, a grade for each field and one for the events as a whole. Reads only."""

import polars as pl
from pydantic import Field

from models.plan import FitPlan
from models.quality.asked import spec_of
from models.quality.audit import Grade, examine
from sidecar.errors import CallerError
from sidecar.house import House, Reply
from sidecar.options import Options, Words


class QualityOptions(Options):
    """Which fields to examine: those of a model, of a recipe, some, or all."""

    model: str | None = Field(
        None, description="name of a model: the fields that it reads", pattern=r"^[A-Za-z0-9_.-]{1,64}$"
    )
    recipe: str | None = Field(None, description="name of a recipe, such as authentication or alerts")
    fields: Words = Field((), description="fields, by commas; without them every field that a fit would take")
    entity: Words = Field((), description="fields that own a baseline, by commas")
    time: str = Field("_time", min_length=1, description="field of the event's time, or none")


def run(table: pl.DataFrame, options: QualityOptions, house: House) -> Reply:
    """One row about the events, then one a field; `table` holds text cells, in the order in which they came."""
    if options.model and (options.recipe or options.fields or options.entity):
        mend = "leave out recipe=, fields= and entity=, or model="
        raise CallerError("a model brings its own fields", code="bad_option", field="model", mend=mend)
    if not table.height:
        mend = "search a longer time, or check the search before it"
        raise CallerError("there are no events to examine", code="bad_body", field="events", mend=mend)
    spec = house.shelf.champion(options.model).trained.spec if options.model else spec_of(table, _plan(options))
    rows = [_row(grade) for grade in examine(table, spec, house.clock(), has_past=bool(options.model))]
    return Reply(pl.DataFrame(rows, schema=COLUMNS, orient="row"))


def _plan(options: QualityOptions) -> FitPlan:
    time = None if options.time == "none" else options.time
    return FitPlan("", entities=options.entity, time=time, fields=options.fields, recipe=options.recipe)


def _row(grade: Grade) -> tuple[object, ...]:
    gravest = grade.findings[0] if grade.findings else None
    return (
        grade.field,
        grade.kind,
        grade.grade,
        grade.coverage,
        grade.distinct,
        ",".join(finding.check for finding in grade.findings),
        gravest.since if gravest else "",
        gravest.count if gravest else 0,
        gravest.share if gravest else 0.0,
        gravest.example if gravest else "",
        "; ".join(finding.words for finding in grade.findings),
        "; ".join(finding.mend for finding in grade.findings),
    )


COLUMNS = {
    "field": pl.String,
    "kind": pl.String,
    "grade": pl.String,
    "coverage": pl.Float64,
    "distinct": pl.Int64,
    "found": pl.String,
    "since": pl.String,
    "events": pl.Int64,
    "share": pl.Float64,
    "example": pl.String,
    "words": pl.String,
    "mend": pl.String,
}
