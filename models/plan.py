"""What to fit: the caller's choices, resolved against the data."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from models.errors import DataError
from models.features.bands import edges_of
from models.features.infer import infer_fields
from models.features.recipe import event_ids, load_recipe
from models.features.spec import FeatureSpec, Field, Peers, parse_field, parse_peers
from models.features.values import read_numbers, require_time, with_derived
from models.labels import read_labels

MIN_ROWS = 20


@dataclass(frozen=True)
class FitPlan:
    """The options of a fit, as a person gives them.

    entities, time (None: no clock), scope, peers (`entity:field`, or `entity` for groups that the fit learns) and
    fields override the recipe's; label: the field of 0/1 labels or None;
    max_rows: how many rows train the detectors at most (baselines take every row); now_s: the time of the fit, epoch
    seconds, or None where no event can lie in the future; force: fit although the data was found unfit;
    alert_budget: rows a day and 1,000 entities that may be called high or more; false_positive_rate: the share of
    benign rows that may.
    """

    name: str
    entities: tuple[str, ...] = ()
    time: str | None = "_time"
    label: str | None = None
    fields: tuple[str, ...] = ()
    scope: str | None = None
    peers: tuple[str, ...] = ()
    recipe: str | None = None
    seed: int = 7
    max_rows: int = 1_000_000
    nthread: int = 1
    now_s: float | None = None
    force: bool = False
    alert_budget: float | None = None
    false_positive_rate: float | None = None


@dataclass(frozen=True)
class Resolved:
    """A spec that the data can carry, the fields that earn risk, and what was left out with the reason."""

    spec: FeatureSpec
    risk: tuple[str, ...]
    left_out: tuple[str, ...]


def resolve(table: pl.DataFrame, plan: FitPlan) -> Resolved:
    """Check the data against the plan. Raises DataError naming the field and the mend."""
    if table.height < MIN_ROWS:
        raise DataError(
            f"{table.height} rows are too few to learn what is normal",
            field="events",
            mend=f"give {MIN_ROWS} or more",
        )
    _refuse_clashes(plan)
    found = _from_recipe(table, plan) if plan.recipe else _from_table(table, plan)
    if (shadowed := found.spec.shadowed()) is not None:
        raise DataError(
            "an entity, scope or time cannot be derived", field=shadowed, mend="give the field another name"
        )
    if found.spec.time is not None:
        require_time(table, found.spec.time)
    groups = tuple(peers.field for peers in found.spec.peers)
    roles = {"entity": found.spec.entities, "scope": (plan.scope,), "label": (plan.label,), "peers": groups}
    for role, names in roles.items():
        for name in names:
            if name and name not in table.columns:
                mend = _spelling(name, table.columns, role)
                raise DataError(f"the {role} field is not in the data", field=name, mend=mend)
    found = replace(found, spec=replace(found.spec, fields=with_edges(table, found.spec.fields, plan.label)))
    if found.spec.fault():
        raise DataError(found.spec.fault(), field="peers", mend="give peers=ENTITY:FIELD for fields of entity=")
    return found


def _spelling(name: str, known: Sequence[str], option: str) -> str:
    """What to do about a name that the data do not have.

    >>> _spelling("usr", ["_time", "user"], "entity")
    "did you mean 'user'? name a field of the events in entity="
    """
    close = difflib.get_close_matches(name, known, 1)
    return (f"did you mean '{close[0]}'? " if close else "") + f"name a field of the events in {option}="


def with_edges(table: pl.DataFrame, fields: tuple[Field, ...], label: str | None = None) -> tuple[Field, ...]:
    """The fields with the bands that the data give those that are read in bands; known attacks do not count."""
    if all(field.kind != "band" for field in fields):
        return fields
    if label in table.columns:
        table = table.filter(~read_labels(table, label)[0])
    return tuple(
        replace(field, edges=edges_of(read_numbers(with_derived(table, [field]), field.name)))
        if field.kind == "band"
        else field
        for field in fields
    )


def _refuse_clashes(plan: FitPlan) -> None:
    """The label as an input would be learned by heart, and a field named twice would speak twice."""
    asked = [parse_field(text) for text in plan.fields]
    inputs, sources = [one.name for one in asked], [source for one in asked for source in one.of]
    groups = [parse_peers(text).field for text in plan.peers]
    if plan.label and plan.label in (*inputs, *sources, *plan.entities, *groups, plan.scope, plan.time):
        raise DataError(
            "the label cannot be an input, entity, group, scope or time",
            field=plan.label,
            mend="name another field in label=, or leave this one out of the others",
        )
    for option, names in (("fields", inputs), ("entity", list(plan.entities))):
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise DataError("named twice", field=twice, mend=f"name it once in {option}=")


def _from_recipe(table: pl.DataFrame, plan: FitPlan) -> Resolved:
    recipe = load_recipe(plan.recipe or "")
    if plan.fields:
        raise DataError("a recipe brings its own fields", field="fields", mend="leave out fields= or recipe=")
    present = tuple(f for f in recipe.spec.fields if not _lacking(table, f))
    if not present:
        names = ", ".join(recipe.spec.inputs())
        raise DataError("none of the recipe's fields is in the data", field="recipe", mend=f"give {names}")
    entities = plan.entities or tuple(e for e in recipe.spec.entities if e in table.columns)
    absent = tuple(_absence(f, lacking) for f in recipe.spec.fields if (lacking := _lacking(table, f)))
    time = recipe.spec.time if plan.time == "_time" else plan.time
    peers = _peers(plan) or tuple(p for p in recipe.spec.peers if p.entity in entities and _offered(p, table))
    absent += tuple(f"{p.field}: not in the data" for p in recipe.spec.peers if not _offered(p, table))
    spec = FeatureSpec(present, entities, time, plan.scope or recipe.spec.scope, ids=recipe.spec.ids, peers=peers)
    return Resolved(spec, recipe.risk, absent)


def _lacking(table: pl.DataFrame, field: Field) -> list[str]:
    """What the table does not have of all that a field is read from."""
    return [source for source in field.sources if source not in table.columns]


def _absence(field: Field, lacking: list[str]) -> str:
    return f"{field.name}: {', '.join(lacking)} not in the data" if field.how else f"{field.name}: not in the data"


def _from_table(table: pl.DataFrame, plan: FitPlan) -> Resolved:
    peers = _peers(plan)
    groups = {p.field for p in peers}
    reserved = {*plan.entities, *groups, plan.time or "", plan.label or "", plan.scope or ""}
    fields, left_out = infer_fields(table, plan.fields, reserved)
    ids = event_ids(plan.time, plan.entities, tuple(source for field in fields for source in field.sources))
    spec = FeatureSpec(tuple(fields), plan.entities, plan.time, plan.scope, ids=ids, peers=peers)
    return Resolved(spec, plan.entities, tuple(left_out))


def _peers(plan: FitPlan) -> tuple[Peers, ...]:
    return tuple(parse_peers(text) for text in plan.peers)


def _offered(peers: Peers, table: pl.DataFrame) -> bool:
    """Whether the data name these groups, or need not."""
    return not peers.field or peers.field in table.columns
