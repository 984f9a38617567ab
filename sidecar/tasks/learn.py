"""`learn`.

Learn days of events without refitting, or forget an entity. Days and generations become blobs, the fact a ledger
entry, and the generation that the model scores with follows.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field, StringConstraints, model_validator

from models.canaries import listen
from models.features.ageing import Ageing, fold
from models.guard import Guard
from models.learning import Learned, kept_days, learn_days
from models.registry import Version
from models.scoring import Model
from sidecar import forgetting, leftovers, meanwhile
from sidecar.days import Opened
from sidecar.errors import CallerError, StoreError
from sidecar.house import House, Reply
from sidecar.options import Names, Options
from sidecar.sealing import Kept, contents, sealed

SHORT = 12
NOTHING = Learned({}, 0, 0, dict.fromkeys(("entity", "strange", "alarmed", "values", "undated", "future"), 0))
"""What a search without events teaches."""
FOR_FORGET = ("entity", "field", "earliest", "latest", "dry")
FOR_LEARN = ("teach_below", "teach_bits", "alarm", "withhold", "window_days", "half_life_days", "cap_share")


class LearnOptions(Options):
    """What may teach and how days age; or what is to be forgotten."""

    model: str = Field(description="name of the model", pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    action: Literal["learn", "forget"] = Field("learn", description="learn the days of the events, or forget an entity")
    teach_below: float = Field(
        0.5, gt=0.0, le=1.0, description="score, by the model as it was fitted, that a row must not reach to teach"
    )
    teach_bits: float = Field(
        6.0, gt=0.0, le=1000.0, description="bits of surprise, by the same, that a value must not reach to be taught"
    )
    alarm: float | None = Field(
        None, gt=0.0, le=1.0, description="score at which nothing of that entity's day teaches; by default that of high"
    )
    withhold: Names = Field(
        (), description="entities that do not teach, by commas: each its name, or md5: and the MD5 of the name"
    )
    window_days: int = Field(30, ge=1, le=3650, description="days, from the newest learned one back, that count")
    half_life_days: int = Field(0, ge=0, le=3650, description="age at which a day weighs half; 0: all weigh the same")
    cap_share: float = Field(
        1.0, gt=0.0, le=1.0, description="share that one entity may have in what everyone showed of a field"
    )
    # With its spaces: "ann " is not ann, who would be forgotten in its place.
    entity: Annotated[str, StringConstraints(strip_whitespace=False)] | None = Field(
        None, min_length=1, description="the entity to forget, as it stands in the events"
    )
    field: str | None = Field(None, min_length=1, description="entity field that it stands in; any without it")
    earliest: str | None = Field(None, description="first day to forget: 2026-01-31, ISO 8601 or epoch seconds, UTC")
    latest: str | None = Field(None, description="last day to forget, as earliest")
    dry: bool = Field(False, description="only tell what would be forgotten")

    @model_validator(mode="after")
    def _of_one_action(self) -> "LearnOptions":
        given = [name for name in FOR_FORGET if getattr(self, name)]
        other = "forget"
        if self.action == "forget":
            given, other = [name for name in FOR_LEARN if name in self.model_fields_set], "learn"
        if given:
            mend = f"leave {given[0]}= out, or say action={other}"
            raise CallerError(f"this is for action={other}", code="bad_option", field=given[0], mend=mend)
        if self.action == "forget":
            self.wish()
        return self

    def wish(self) -> forgetting.Wish:
        """What is to be forgotten."""
        if not self.entity:
            mend = "add entity=NAME"
            raise CallerError("action=forget needs an entity", code="bad_option", field="entity", mend=mend)
        days = forgetting.days_between(self.earliest, self.latest)
        return forgetting.Wish(self.entity, self.field or "", *days, self.dry)

    @property
    def rowless(self) -> bool:
        return self.action == "forget"

    @property
    def at_once(self) -> bool:
        return self.dry


def scope(options: LearnOptions | None) -> str:
    """Who fits may learn; forgetting takes knowledge away, and telling what is known of somebody is not for all.
    options: None for the rows that come before them."""
    return "admin" if options and options.action == "forget" else "fit"


def run(table: pl.DataFrame, options: LearnOptions, house: House) -> Reply:
    """Learn the days of `table` (text cells), or forget; `table` is not used then.

    The reply is one row: model, bundle, generation, days, rows, taught, withheld; or what was forgotten of each day.
    """
    if options.action == "forget":
        return forgetting.run(options.model, options.wish(), house)
    return _learn([table], options, house)


def _learn(tables: list[pl.DataFrame], options: LearnOptions, house: House) -> Reply:
    version = house.shelf.serving(options.model)
    if not tables[0].height:
        return _told(options.model, version, version.generation, NOTHING)
    reference = house.shelf.reference(options.model, version)
    house.progress(0.05, "choosing what may teach")
    guard = Guard(options.teach_below, options.withhold, options.teach_bits, options.alarm)
    absent, now_s = _absent(tables[0], reference), house.clock()
    learned = learn_days(tables.pop(), reference, guard, house.nthread, now_s)
    house.progress(0.5, "publishing a generation")
    ageing = Ageing(options.window_days, options.half_life_days, options.cap_share)
    days = {name: sealed("partition", day.files(), house.key) for name, day in learned.days.items() if day.rows}
    kept = kept_days({name for name in version.days if name not in learned.days} | days.keys(), ageing, now_s)
    with meanwhile.told(options.model, version, house.shelf):
        generation = _published(reference, version, learned, kept, ageing, house)
    house.progress(0.8, "keeping it")
    made = reference.with_generation(options.model, version.bundle, generation.files, generation.version)
    fact = _fact(options, version, generation, learned, ageing) | {
        "days": {name: day.told() for name, day in days.items() if name in kept},
        "removed": sorted(version.days.keys() - kept),
        "job": house.job,
    }
    _listen(made, reference, fact, house)
    _rehearse(made, house)
    less = _lessened(version, learned, house)
    with house.blobs.naming():
        house.blobs.put(contents(generation, *days.values()))
        house.ledger.append("learn", fact, by=house.by, key=f"learn {house.job}" if house.job else None)
    if house.shelf.line(options.model).versions[version.bundle].generation != generation.version:
        raise meanwhile.moved()
    stays = _swept(house)
    old = len([name for name, day in learned.days.items() if day.rows and name not in ageing.weights(kept)])
    reply = _told(options.model, version, generation.version, learned, absent, old, less)
    return reply._replace(told=reply.told + stays)


def _swept(house: House) -> str:
    """Remove what the days replace. What was learned is learned, whether or not there is room for that: in words."""
    try:
        leftovers.drop(house)
    except CallerError as held:
        return f"; what they replace goes with the next run: {held.message}"
    return ""


def _lessened(version: Version, learned: Learned, house: House) -> list[str]:
    """Days that had taught more than twice as much before: perhaps only a part of them was given."""
    less = []
    for name in learned.days.keys() & version.days.keys():
        with suppress(StoreError):  # a stored day that cannot be read is replaced by this one
            if 2 * learned.days[name].rows < house.shelf.partition(version.days[name]).rows:
                less.append(name)
    return sorted(less)


def _absent(table: pl.DataFrame, reference: Model) -> list[str]:
    """The fields that the model reads and no event has; CallerError where that is all of them."""
    fields = [name for name in reference.contract.inputs if name != reference.trained.spec.time]
    absent = [name for name in fields if name not in table.columns]
    if absent and absent == fields:
        mend = "give the events these fields (alias, eval or lookup)"
        raise CallerError(f"no event has {', '.join(absent)}, which the model reads", field=absent[0], mend=mend)
    return absent


def _published(
    reference: Model, version: Version, learned: Learned, kept: set[str], ageing: Ageing, house: House
) -> Kept:
    """The generation of all days that are kept: the learned ones, and those that were there before."""
    at_hand = {name: learned.days[name] for name in kept & learned.days.keys()}
    days = Opened(at_hand, {name: version.days[name] for name in kept - at_hand.keys()}, house.shelf)
    spec = reference.trained.spec
    return sealed("generation", fold(days, spec, ageing, reference.generation.memberships(spec)).files(spec), house.key)


def _listen(made: Model, reference: Model, lesson: Mapping[str, Any], house: House) -> None:
    """Refuse what would let attacks pass that the model as it was fitted catches. Nothing of it is kept: the days stay
    as they were learned before, and their events can be learned again."""
    heard = listen(reference, made.generation, house.nthread)
    if heard.safe:
        return
    named = {name: lesson[name] for name in ("model", "bundle", "base", "generation", "job")}
    fact = named | {"canaries": asdict(heard)}
    house.ledger.append("learn_refused", fact, by=house.by, key=f"refuse {house.job}" if house.job else None)
    raise CallerError(
        f"not published: of {heard.drawn:,} made-up attacks the model as it was fitted catches {heard.before:,}, with "
        f"these days {heard.after:,}; {heard.silent} of {heard.entities} entities went silent; most of it in "
        f"{', '.join(heard.fields)}",
        field="model",
        mend="look at these days, withhold= whom they are of, or fit the model again",
    )


def _rehearse(made: Model, house: House) -> None:
    """What cannot score must not go into service."""
    if not house.local:
        made.rehearse(house.nthread)


def _fact(
    options: LearnOptions, version: Version, generation: Kept, learned: Learned, ageing: Ageing
) -> dict[str, Any]:
    return {
        "model": options.model,
        "bundle": version.bundle,
        "base": version.generation,
        "generation": generation.version,
        "generation_signature": generation.signature,
        "rows": learned.rows,
        "taught": learned.taught,
        "withheld": dict(learned.withheld),
        "teach_below": options.teach_below,
        "teach_bits": options.teach_bits,
        "alarm": options.alarm,
        "ageing": ageing.to_json(),
    }


def _told(
    model: str,
    version: Version,
    generation: str,
    learned: Learned,
    absent: Sequence[str] = (),
    old: int = 0,
    less: Sequence[str] = (),
) -> Reply:
    """absent: fields that no event had; old: how many learned days are older than the window; less: days that had
    taught far more before."""
    row = {
        "model": model,
        "bundle": version.bundle[:SHORT],
        "generation": generation[:SHORT],
        "days": ",".join(learned.days),
        "rows": learned.rows,
        "taught": learned.taught,
        **{f"withheld_{reason}": count for reason, count in learned.withheld.items()},
    }
    return Reply(pl.DataFrame([row]), told=_in_words(learned, absent, old, less))


def _in_words(learned: Learned, absent: Sequence[str], old: int, less: Sequence[str]) -> str:
    if not learned.rows:
        return "no events: nothing was learned, and what was learned before stays as it is"
    told = f"{learned.taught:,} of {learned.rows:,} rows taught {len(learned.days)} day{'s' * (len(learned.days) != 1)}"
    if old:
        told += f"; {old} of them older than the window, which count for nothing"
    if learned.withheld["future"]:
        told += f"; {learned.withheld['future']:,} lie more than a day in the future: look for a clock that is wrong"
    if less:
        told += f"; {', '.join(less)} had taught more than twice as much before: give whole days"
    return told + (f"; no event had {', '.join(absent)}" if absent else "")
