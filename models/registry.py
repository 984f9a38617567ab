"""The model registry as a pure fold: ledger facts in, what is current out.

A *line* is everything known under one model name. Its first fit becomes champion, unless that was not wanted; later
fits are challengers until a fact promotes one. `rollback` brings back the champion before; `retire` takes a version out
of service. Each version has learned days of its own and the generation folded from them: `learn` and `forget` move
these, whoever is champion. Facts about versions that do not exist change nothing, and neither does what was learned on
top of another generation than the version has, so the fold is total.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from models.errors import DataError


class Fact(Protocol):
    """What the fold reads of a ledger entry. `at` is UTC ISO 8601."""

    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> str: ...
    @property
    def by(self) -> str: ...
    @property
    def body(self) -> Mapping[str, Any]: ...


class Sealed(NamedTuple):
    """A sealed set of files: its version, 64 hex letters, and signature."""

    version: str
    signature: str


@dataclass(frozen=True)
class Version:
    """One trained bundle with its published generation; both named by 64 hex letters.

    reference: the generation it was fitted with; days: the learned days, by name as in 2026-01-31; fitted_days: those
    it was fitted on, none once it is tainted; ageing: how days become a generation, empty before anything was learned;
    tainted_at: when rows were last forgotten that it was fitted on, UTC ISO 8601, or empty.
    """

    bundle: str
    bundle_signature: str
    generation: str
    generation_signature: str
    card: str
    rows: int
    positives: int
    entities: tuple[str, ...]
    voices: tuple[str, ...]
    fitted_at: str
    fitted_by: str
    reference: Sealed
    days: Mapping[str, Sealed]
    fitted_days: Mapping[str, Sealed]
    ageing: Mapping[str, Any] = field(default_factory=dict)
    tainted_at: str = ""
    retired: bool = False


@dataclass(frozen=True)
class Line:
    """All versions of one model name, oldest first.

    `champions` are those that were in service, last one now.
    """

    name: str
    versions: Mapping[str, Version]
    champions: tuple[str, ...] = ()
    serving: bool = False

    @property
    def champion(self) -> Version | None:
        """The version in service, if any."""
        return self.versions[self.champions[-1]] if self.serving else None

    @property
    def before(self) -> Version | None:
        """The version a rollback would bring back: the newest earlier champion that is not retired."""
        earlier = self.champions[:-1] if self.serving else self.champions
        fit = [self.versions[name] for name in earlier if not self.versions[name].retired]
        return fit[-1] if fit else None

    def state(self, version: Version) -> str:
        """champion, retired, former (was champion) or challenger."""
        if version is self.champion:
            return "champion"
        if version.retired:
            return "retired"
        return "former" if version.bundle in self.champions else "challenger"

    def find(self, letters: str) -> Version:
        """The version whose bundle starts with `letters` (12 at least); DataError when none or several do."""
        known = ", ".join(name[:12] for name in self.versions)
        if len(letters) < 12:
            raise DataError("a version has 12 letters or more", field="version", mend=f"one of {known}")
        found = [version for name, version in self.versions.items() if name.startswith(letters)]
        if len(found) != 1:
            raise DataError(f"'{self.name}' has no version '{letters}'", field="version", mend=f"one of {known}")
        return found[0]


Registry = Mapping[str, Line]
EMPTY: Registry = MappingProxyType({})


def fold(facts: Iterable[Fact], start: Registry = EMPTY) -> Registry:
    """The registry after these facts; `start` is left as it was.

    >>> from types import SimpleNamespace as Fact
    >>> body = dict(model="ait", bundle="b" * 64, bundle_signature="", generation="g" * 64,
    ...             generation_signature="", card="c" * 64, rows=9, positives=0, entities=[], voices=[])
    >>> line = fold([Fact(kind="fit", at="2026-01-01", by="ann", body=body)])["ait"]
    >>> line.state(line.champion)
    'champion'
    """
    lines = dict(start)
    for fact in facts:
        step = STEPS.get(fact.kind)
        if step is not None:
            name = str(fact.body["model"])
            line = step(lines.get(name) or Line(name, MappingProxyType({})), fact)
            if line.versions:
                lines[name] = line
    return MappingProxyType(lines)


def _fitted(line: Line, fact: Fact) -> Line:
    body = fact.body
    if body["bundle"] in line.versions:
        return line  # a bundle names its generation too: the same bundle is the same model, and stays what it was
    days = _sealed(body.get("partitions", {}))
    version = Version(
        bundle=body["bundle"],
        bundle_signature=body["bundle_signature"],
        generation=body["generation"],
        generation_signature=body["generation_signature"],
        card=body["card"],
        rows=body["rows"],
        positives=body["positives"],
        entities=tuple(body["entities"]),
        voices=tuple(body["voices"]),
        fitted_at=fact.at,
        fitted_by=fact.by,
        reference=Sealed(body["generation"], body["generation_signature"]),
        days=days,
        fitted_days=days,
    )
    fitted = _with(line, version)
    return fitted if line.versions or body.get("challenger") else _promoted(fitted, fact)


def _promoted(line: Line, fact: Fact) -> Line:
    version = line.versions.get(fact.body["bundle"])
    if version is None or version is line.champion:
        return line
    revived = _with(line, replace(version, retired=False))
    return replace(revived, champions=(*line.champions, version.bundle), serving=True)


def _retired(line: Line, fact: Fact) -> Line:
    version = line.versions.get(fact.body["bundle"])
    if version is None:
        return line
    serving = line.serving and version is not line.champion
    return replace(_with(line, replace(version, retired=True)), serving=serving)


def _rolled_back(line: Line, fact: Fact) -> Line:
    target = line.before
    if target is None or target.bundle != fact.body["bundle"]:
        return line
    last = len(line.champions) - 1 if line.serving else len(line.champions)
    at = max(place for place in range(last) if line.champions[place] == target.bundle)
    return replace(line, champions=line.champions[: at + 1], serving=True)


def _learned(line: Line, fact: Fact) -> Line:
    return _moved(line, fact.body["bundle"], fact.body, ageing=MappingProxyType(dict(fact.body["ageing"])))


def _forgotten(line: Line, fact: Fact) -> Line:
    for bundle, change in fact.body["versions"].items():
        # What it was fitted on is asked for only to see whether it is tainted.
        tainted = {"tainted_at": fact.at, "fitted_days": MappingProxyType({})} if change["tainted"] else {}
        line = _moved(line, bundle, change, **tainted)
    return line


def _moved(line: Line, bundle: str, change: Mapping[str, Any], **more: Any) -> Line:
    """A version with other learned days, and the generation folded from them. `base`: that which it had before."""
    version = line.versions.get(bundle)
    if version is None or version.generation != change["base"]:
        return line
    kept = {day: sealed for day, sealed in version.days.items() if day not in change["removed"]}
    days = MappingProxyType({**kept, **_sealed(change["days"])})
    generation = {name: change[name] for name in ("generation", "generation_signature")}
    return _with(line, replace(version, days=days, **generation, **more))


def _sealed(told: Mapping[str, Mapping[str, str]]) -> Mapping[str, Sealed]:
    return MappingProxyType({day: Sealed(part["version"], part["signature"]) for day, part in told.items()})


def _with(line: Line, version: Version) -> Line:
    return replace(line, versions=MappingProxyType({**line.versions, version.bundle: version}))


STEPS = MappingProxyType(
    {
        "fit": _fitted,
        "learn": _learned,
        "forget": _forgotten,
        "promote": _promoted,
        "retire": _retired,
        "rollback": _rolled_back,
    }
)
