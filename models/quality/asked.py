"""What to examine when nothing has been fitted yet: all that a fit would look at, with what it would refuse."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from models.errors import DataError
from models.features.infer import MAX_FIELDS, kind_of, offered
from models.features.recipe import event_ids, load_recipe
from models.features.spec import Asked, FeatureSpec, Field, parse_field
from models.plan import FitPlan, with_edges

NUMBER_SHARE = 0.5
"""A field of which more than half are numbers was meant as one: what does not parse is then a fault of its values."""


def spec_of(table: pl.DataFrame, plan: FitPlan) -> FeatureSpec:
    """The spec that a plan asks for, whether or not the data carries it. Raises DataError where it cannot be meant."""
    if plan.recipe and plan.fields:
        raise DataError("a recipe brings its own fields", field="fields", mend="leave out fields= or recipe=")
    if plan.recipe:
        spec = load_recipe(plan.recipe).spec
        time = spec.time if plan.time == "_time" else plan.time
        fields = with_edges(table, spec.fields)
        return replace(
            spec, fields=fields, entities=plan.entities or spec.entities, time=time, scope=plan.scope or spec.scope
        )
    reserved = frozenset([*plan.entities, plan.time or "", plan.label or "", plan.scope or ""])
    asked = [parse_field(text) for text in plan.fields] or [Asked(name, None) for name in offered(table, reserved)]
    if len(asked) > MAX_FIELDS:
        mend = "name the ones that matter"
        raise DataError(f"{len(asked)} fields are more than {MAX_FIELDS}", field="fields", mend=mend)
    fields = with_edges(table, tuple(_field(table, one) for one in {one.name: one for one in asked}.values()))
    ids = event_ids(plan.time, plan.entities, tuple(source for field in fields for source in field.sources))
    return FeatureSpec(fields, plan.entities, plan.time, plan.scope, ids=ids)


def _field(table: pl.DataFrame, asked: Asked) -> Field:
    return Field(asked.name, asked.kind or kind_of(table, asked.name, NUMBER_SHARE), how=asked.how, of=asked.of)
