"""`fit`.

Learn a model from events. The bundle, the generation and the learned days become blobs, the fact a ledger
entry.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl
from pydantic import Field

from models.features.peers import Membership
from models.features.recipe import load_recipe
from models.features.spec import parse_peers
from models.plan import FitPlan
from models.scoring import Model
from models.training import fit
from sidecar.errors import CallerError, StoreError
from sidecar.house import House, Reply
from sidecar.options import Options, Words
from sidecar.sealing import Kept, contents, sealed

MOST_FIELDS = 5
"""So many doubtful fields the reply names; the card names all."""


class FitOptions(Options):
    """What to learn from, and under which name."""

    model: str = Field(description="name of the model", pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    entity: Words = Field(
        (), description="fields that own a baseline, by commas; without it one baseline of everyone's"
    )
    time: str = Field("_time", min_length=1, description="field of the event's time, or none")
    label: str | None = Field(
        None, description="field that is 1 or true on known attacks; without it only unsupervised voices"
    )
    fields: Words = Field(
        (),
        description="input fields, by commas; without it every field that is not time, entity or label: the hour of "
        "day counts where it is named, _time:hour",
    )
    scope: str | None = Field(None, description="field that separates contexts, such as site or tenant")
    peers: Words = Field(
        (),
        description="entity:field, by commas: the field that names the group an entity is compared with; entity alone "
        "for groups that the fit learns",
    )
    recipe: str | None = Field(None, description="name of a recipe, such as authentication or alerts")
    seed: int = Field(7, ge=0, le=2**31 - 1, description="seed of everything random")
    alert_budget: float | None = Field(
        None, gt=0, le=1e6, description="rows a day and 1,000 entities that may be called high or more"
    )
    false_positive_rate: float | None = Field(
        None, ge=1e-9, le=0.1, description="share of ordinary rows that may be called high or more"
    )
    force: bool = Field(False, description="true: fit although the data was found unfit; the card tells")
    challenger: bool = Field(
        False, description="true: it does not score before it is promoted, not even the first of a name"
    )


def run(table: pl.DataFrame, options: FitOptions, house: House) -> Reply:
    """Fit on `table` (text cells) and record it.

    The reply is one row: model, bundle, generation, rows, positives, ...
    """
    tables = [table]
    del table  # the fit lets go of the text of the rows once it has read them, and so must we
    plan = replace(_plan(options), now_s=house.clock())
    fitted = fit(tables.pop(), plan, house.progress, _groups_before(options, house))
    bundle = sealed("bundle", fitted.bundle, house.key)
    generation = sealed("generation", fitted.generation, house.key)
    days = {day: sealed("partition", files, house.key) for day, files in fitted.partitions.items()}
    card = json.dumps(fitted.card, sort_keys=True).encode()
    if not house.local:
        _rehearse(options.model, bundle, generation, house)
    fact = _fact(options.model, bundle, generation, fitted.card) | {
        "card": hashlib.sha256(card).hexdigest(),
        "partitions": {day: part.told() for day, part in days.items()},
        "job": house.job,
    }
    if options.challenger:
        fact["challenger"] = True
    with house.blobs.naming():
        house.blobs.put([card, *contents(bundle, generation, *days.values())])
        # The job's id is the key: what a job was to do is recorded once.
        house.ledger.append("fit", fact, by=house.by, key=f"fit {house.job}" if house.job else None)
    if house.local and not options.challenger and not _serving(options.model, bundle, house):
        house.ledger.append("promote", {"model": options.model, "bundle": bundle.version}, by=house.by)
    return Reply(_told(options.model, fact, house), told=_in_words(fitted.card))


def _in_words(card: Mapping[str, Any]) -> str:
    """What somebody should look at; mostly nothing."""
    told = []
    if untimed := card.get("rows_without_time"):
        told.append(f"{untimed:,} rows have no time and were left out")
    if future := card.get("rows_in_the_future"):
        told.append(
            f"{future:,} rows lie more than a day in the future and were left out: look for a clock that is wrong"
        )
    for finding in card["quality"]:
        told.append(f"{finding['field']}: {finding['words']}" if finding["field"] else finding["words"])
    if fields := card["left_out"]:
        more = f" and {len(fields) - MOST_FIELDS:,} more" if len(fields) > MOST_FIELDS else ""
        told.append(f"doubtful fields: {', '.join(fields[:MOST_FIELDS])}{more}")
    return "; ".join(told)


def _rehearse(name: str, bundle: Kept, generation: Kept, house: House) -> None:
    # A first fit serves at once: its first request must not wait while code is compiled, which can take its whole time.
    model = Model.load(name, bundle.files, bundle.version, generation.files, generation.version)
    model.rehearse(house.nthread)


def _groups_before(options: FitOptions, house: House) -> Mapping[str, Membership]:
    """The learned peer groups of the champion, whose names a new fit goes on with; none where there is no champion that
    can be read, and none where no group is to be learned."""
    asked = tuple(parse_peers(text) for text in options.peers)
    peers = asked or (load_recipe(options.recipe).spec.peers if options.recipe else ())
    if all(group.field for group in peers):
        return {}
    try:
        champion = house.shelf.champion(options.model)
    except (CallerError, StoreError):
        return {}
    return champion.generation.memberships(champion.trained.spec)


def _plan(options: FitOptions) -> FitPlan:
    return FitPlan(
        name=options.model,
        entities=options.entity,
        time=None if options.time == "none" else options.time,
        label=options.label,
        fields=options.fields,
        scope=options.scope,
        peers=options.peers,
        recipe=options.recipe,
        seed=options.seed,
        force=options.force,
        alert_budget=options.alert_budget,
        false_positive_rate=options.false_positive_rate,
    )


def _fact(model: str, bundle: Kept, generation: Kept, card: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "model": model,
        "bundle": bundle.version,
        "bundle_signature": bundle.signature,
        "generation": generation.version,
        "generation_signature": generation.signature,
        "rows": card["rows"],
        "positives": card["positives"],
        "entities": list(card["entities"]),
        "voices": [voice for voice, weight in card["weights"].items() if weight > 0],
    }


def _serving(model: str, bundle: Kept, house: House) -> bool:
    champion = house.shelf.line(model).champion
    return champion is not None and champion.bundle == bundle.version


def _told(model: str, fact: Mapping[str, Any], house: House) -> pl.DataFrame:
    line = house.shelf.line(model)
    row = {
        "model": model,
        "bundle": fact["bundle"][:12],
        "generation": fact["generation"][:12],
        "state": line.state(line.versions[fact["bundle"]]),
        "rows": fact["rows"],
        "positives": fact["positives"],
        "entities": ",".join(fact["entities"]),
        "voices": ",".join(fact["voices"]),
    }
    return pl.DataFrame([row])
