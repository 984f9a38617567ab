"""What a model reads: its fields and their kinds, its entities, and the columns that follow from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from models.errors import DataError
from models.features.derive import DERIVATIONS, fault_of
from models.written import Written, refused

Kind = Literal["category", "multivalue", "ngrams", "number", "hour", "week_hour", "sequence", "band"]
KINDS: tuple[str, ...] = get_args(Kind)

EVERYONE = ""
"""The level above all entities: the name under which everybody's history is kept."""

PEERS = "~"
"""What the level of an entity's peers is called by, before the entity's name."""

HOLDERS = "#"
"""The same for the counts of how many of the peers showed a value, and not how often."""

OF_EVERYONE = (".bits", ".new")
OF_OWNER = (".ratio", ".ratio_distinct", ".unlike", ".new")
"""The columns of a sequence at everyone's level and at an owner's, after the field's name (see features/sequence)."""

MOST_HISTORIES = 100_000
"""Fields times levels: no matrix is wider than four times this."""

MOST_LEVELS = 255
"""Whose history it is that speaks is one byte of a fact."""

CONTEXT = "context"
"""The source of the term that says how strange the rest of the network is at this moment."""


@dataclass(frozen=True)
class Field:
    """One input field: its name in the events and how its values are read.

    kind: `category` (one value), `multivalue` (several values a row, whose surprise adds up), `ngrams` (the parts of
    one text, whose surprise is their mean, so that a long one is no stranger), `number` (compared on a log scale),
    `hour` (the hour of day of the field itself, a time), `week_hour` (the same of the week), `sequence`
    (many values a row, weighed together, repeats counted), `band` (a number as one of a few bands, rare ones strange).
    how, of: a derived field is computed by this function (of derive/) from these fields of the same row; unit: what an
    analyst reads after its numbers; edges: where the bands end, ascending.
    """

    name: str
    kind: Kind
    words: str = ""
    how: str = ""
    of: tuple[str, ...] = ()
    unit: str = ""
    edges: tuple[float, ...] = ()

    @property
    def label(self) -> str:
        """What an analyst calls it."""
        return self.words or self.name

    @property
    def sources(self) -> tuple[str, ...]:
        """The fields of an event that it is read from."""
        return self.of if self.how else (self.name,)

    @classmethod
    def from_json(cls, told: Written) -> Field:
        kind = told.text("kind")
        if kind not in KINDS:
            raise refused(f"{told.place}.kind is none of {', '.join(KINDS)}")
        how, unit = (told.text(name) if told.has(name) else "" for name in ("how", "unit"))
        of = told.texts("of", 1) if told.has("of") else ()
        if (how or of) and (fault := fault_of(how, of, kind)):
            raise refused(f"{told.place}: {fault}")
        edges = tuple(told.numbers("edges", least=0).tolist()) if told.has("edges") else ()
        if any(low >= high for low, high in zip(edges, edges[1:], strict=False)):
            raise refused(f"{told.place}.edges do not rise")
        return cls(told.text("name", 1), kind, told.text("words"), how, of, unit, edges)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Column:
    """One column of the feature matrix and the field it comes from."""

    name: str
    field: str


@dataclass(frozen=True)
class Peers:
    """A group that an entity belongs to, whose history stands between everyone's and its own.

    entity: a field that owns a baseline; field: the field that names the group, or empty for groups that a fit learns.
    """

    entity: str
    field: str = ""

    @property
    def level(self) -> str:
        """The name under which the groups' histories are kept."""
        return PEERS + self.entity

    @property
    def holders(self) -> str:
        """The name under which it is kept how many members of each group showed what."""
        return HOLDERS + self.entity

    @classmethod
    def from_json(cls, told: Written) -> Peers:
        return cls(told.text("entity", 1), told.text("field"))


@dataclass(frozen=True)
class FeatureSpec:
    """All that is needed to turn events into a matrix, given a baseline.

    entities: the fields that own a baseline, the first being the main one; time: the time field or None;
    scope: the field within which the context of the moment is kept, or None for all rows together;
    context: whether the context of the moment says anything here; ids: the fields that make `ai_event_id`;
    peers: the groups of some of the entities, one kind an entity at most.
    """

    fields: tuple[Field, ...]
    entities: tuple[str, ...] = ()
    time: str | None = None
    scope: str | None = None
    context: bool = True
    ids: tuple[str, ...] = ()
    peers: tuple[Peers, ...] = ()

    @property
    def has_context(self) -> bool:
        """The context of the moment needs a clock, too."""
        return self.context and self.time is not None

    def peers_of(self, entity: str) -> Peers | None:
        """The groups of an entity, if it has any."""
        return next((peers for peers in self.peers if peers.entity == entity), None)

    def all_levels(self) -> tuple[str, ...]:
        """All that a history may be whose: everyone's, then for each entity its peers', if it has any, and its own.

        >>> FeatureSpec((), ("user", "dest"), peers=(Peers("user", "department"),)).all_levels()
        ('', '~user', 'user', 'dest')
        """
        found = [EVERYONE]
        for entity in self.entities:
            peers = self.peers_of(entity)
            found += [peers.level, entity] if peers else [entity]
        return tuple(found)

    def levels(self, field: Field) -> tuple[str, ...]:
        """Whose history a field is compared with, in the order of all_levels; never its own name's: who says its name
        or its group's says nothing about it."""
        silent = {field.name, PEERS + field.name, *(p.level for p in self.peers if p.field == field.name)}
        if field.kind == "sequence":  # its columns compare an owner with everyone else already
            silent |= {peers.level for peers in self.peers}
        return (EVERYONE, *(level for level in self.all_levels()[1:] if level not in silent))

    def above(self, field: Field, level: str) -> str:
        """The level that smooths this one: of an entity its peers', where there is one, else everyone's."""
        return PEERS + level if PEERS + level in self.levels(field) else EVERYONE

    def fault(self) -> str:
        """What is wrong with its levels, in words; empty when nothing is."""
        grouped = [peers.entity for peers in self.peers]
        if len(set(grouped)) < len(grouped) or not {*grouped} <= {*self.entities}:
            return "peers of no entity, or one entity's twice"
        own = {peers.level for peers in self.peers} | {peers.holders for peers in self.peers}
        if own & {*self.entities, *(field.name for field in self.fields)}:
            return "a field that is called as a level of peers is"
        if any(peers.field == peers.entity for peers in self.peers):
            return "an entity that is its own group"
        return f"more than {MOST_LEVELS} levels" if len(self.all_levels()) > MOST_LEVELS else ""

    def inputs(self) -> tuple[str, ...]:
        """The fields of an event that fields are read from, each once."""
        return tuple(dict.fromkeys(source for field in self.fields for source in field.sources))

    def shadowed(self) -> str | None:
        """A derived field with the name of an entity, a group, the scope or the time, which are read as they come; or
        None."""
        taken = {*self.entities, *(peers.field for peers in self.peers), self.scope, self.time}
        return next((field.name for field in self.fields if field.how and field.name in taken), None)

    @property
    def plain(self) -> bool:
        """Whether rows are nothing but numbers, of nobody and at no time: points, which the forest sees as they are."""
        return self.time is None and not self.entities and all(field.kind == "number" for field in self.fields)

    def columns(self) -> tuple[Column, ...]:
        """The columns of the matrix, in order.

        >>> spec = FeatureSpec((Field("dest", "category"),), entities=("user",))
        >>> [column.name for column in spec.columns()]
        ['dest', 'dest.new', 'dest@user', 'dest@user.new']
        """
        found = [
            Column(name, field.name)
            for field in self.fields
            for level in self.levels(field)
            for name in column_names(field, level, plain=self.plain)
        ]
        if self.has_context:
            found.append(Column(CONTEXT, CONTEXT))
        return tuple(found)

    def sources(self) -> tuple[str, ...]:
        """The fields that a contribution can be booked on, in order."""
        return tuple(field.name for field in self.fields) + ((CONTEXT,) if self.has_context else ())

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> FeatureSpec:
        """The spec back. Raises DataError where it is none that a fit could have made."""
        told = Written.of("spec", found)
        fields = tuple(Field.from_json(field) for field in told.parts("fields"))
        entities = told.texts("entities", 1)
        if not fields or len({field.name for field in fields}) < len(fields):
            raise refused("spec.fields is empty, or names one field twice")
        peers = tuple(Peers.from_json(each) for each in told.parts("peers", MOST_LEVELS))
        if len(fields) * (1 + len(entities) + 2 * len(peers)) > MOST_HISTORIES:
            raise refused(f"spec.fields and spec.entities ask for more than {MOST_HISTORIES} histories")
        time, scope = (told.text(name, 1) if told.has(name) else None for name in ("time", "scope"))
        spec = cls(fields, entities, time, scope, told.flag("context"), told.texts("ids", 1), peers)
        if spec.shadowed() is not None:
            raise refused("spec.fields derives an entity, the scope or the time")
        if spec.fault():
            raise refused(f"spec has {spec.fault()}")
        return spec


def column_names(field: Field, level: str, *, plain: bool = False) -> tuple[str, ...]:
    """The columns that one field gives at one level. plain: in a spec of nothing but numbers.

    >>> column_names(Field("short", "multivalue"), "")
    ('short.sum', 'short.max', 'short.values', 'short.new')
    >>> column_names(Field("bytes", "number"), "user")
    ('bytes@user', 'bytes@user.z')
    """
    stem = f"{field.name}@{level}" if level else field.name
    if plain:
        return (stem,)
    if field.kind == "number":
        return (stem, f"{stem}.z")
    if field.kind == "sequence":
        return tuple(stem + name for name in (OF_OWNER if level else OF_EVERYONE))
    if field.kind == "multivalue":
        values = () if level else (f"{stem}.values",)
        return (f"{stem}.sum", f"{stem}.max", *values, f"{stem}.new")
    return (f"{stem}.mean" if field.kind == "ngrams" else stem, f"{stem}.new")


_DERIVED = re.compile(r"([^=]+)=\s*(\w+)\(([^()]*)\)", re.DOTALL)


@dataclass(frozen=True)
class Asked:
    """A field as a caller names it; kind: None where it is to be inferred."""

    name: str
    kind: Kind | None
    how: str = ""
    of: tuple[str, ...] = ()


def parse_field(text: str) -> Asked:
    """`name`, `name:kind`, `name=how(field, field)` or `name=how(field):kind`, as written in `fields=`.

    A kind that is left out is inferred, or the one that the function gives.

    >>> parse_field("dest_port:category")
    Asked(name='dest_port', kind='category', how='', of=())
    >>> parse_field("way=pair(user, dest)")
    Asked(name='way', kind='category', how='pair', of=('user', 'dest'))
    """
    name, kind = _kind_apart(text.strip())
    derived = _DERIVED.fullmatch(name)
    if not derived:
        return Asked(name, kind)
    name, how = derived[1].strip(), derived[2]
    of = tuple(source.strip() for source in derived[3].split(",") if source.strip())
    found = DERIVATIONS.get(how)
    kind = kind or (found.kinds[0] if found else "category")  # type: ignore[assignment]
    if fault := fault_of(how, of, str(kind)):
        mend = "write name=function(field, field) in fields=, with :kind behind it where the function has several"
        raise DataError(fault, field=name or "fields", mend=mend)
    return Asked(name, kind, how, of)


def _kind_apart(text: str) -> tuple[str, Kind | None]:
    name, colon, kind = text.rpartition(":")
    if not colon or kind.endswith(")"):
        return text, None
    if kind not in KINDS:
        raise DataError(f"unknown kind {kind!r}", field="fields", mend=f"use one of {', '.join(KINDS)}")
    return name, kind  # type: ignore[return-value]


def parse_peers(text: str) -> Peers:
    """`entity:field`, or `entity` for groups that the fit learns, as written in `peers=`.

    >>> parse_peers("user:department")
    Peers(entity='user', field='department')
    >>> parse_peers("user")
    Peers(entity='user', field='')
    """
    entity, _, field = text.strip().partition(":")
    return Peers(entity.strip(), field.strip())
