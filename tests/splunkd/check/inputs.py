"""What there is to read: fields of events, of data models, of the summary index, and of our commands' output."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from tests.splunkd.datamodels import DATASETS
from tests.splunkd.spl.tree import And, Compare, Filter, InList, Or

EVENT = frozenset((
    "_time", "_raw", "_indextime", "_bkt", "_cd", "host", "source", "sourcetype", "index", "linecount",
    "splunk_server", "tag", "eventtype",
))  # fmt: skip
"""What every event has."""

SUMMARY = EVENT | frozenset((
    "info_min_time", "info_max_time", "info_search_time", "search_name", "search_now",
))  # fmt: skip
RISK = SUMMARY | frozenset((
    "risk_object", "risk_object_type", "normalized_risk_object", "risk_score", "calculated_risk_score",
    "risk_message", "threat_object", "threat_object_type", "orig_sid", "orig_rid", "orig_time", "orig_source",
    "annotations", "savedsearch_description",
))  # fmt: skip
"""What `collect` and the risk action add to the fields of a row."""

NOTABLE = frozenset((
    "info_min_time", "info_max_time", "info_search_time", "search_name", "orig_time", "event_id",
))  # fmt: skip
"""What the tokens of a notable can name beside the fields of its row."""

MAY_LACK = frozenset({"bytes_out", "src_country", "src_lat", "src_lon", "user_agent", "vendor_region"})
"""Inputs that a site's events may not have: CIM's Authentication has no bytes, a place needs an iplocation, and what
models do not fill up (clients, regions of a cloud) is not grouped by."""

AISCORE = (
    "score", "severity", "risk", "anomaly", "threat", "reasons", "contributions", "model", "event_id", "status",
    "note",
)  # fmt: skip
ASKED = {
    "aiaudit": {
        "list": "number at by kind model what hash",
        "head": "number hash at home",
        "verify": "state entries heads entry fault told",
    },
    "aimodels": {
        "list": "model champion generation challengers versions fitted_at rows positives entities voices state "
        "version fitted_by notes",
        "show": "",
        "contract": "field role",
    },
    "ailearn": {
        "learn": "job verb model state rows progress message started_at finished_at",
        "forget": "",
    },
    "aiquality": {
        "list": "field kind grade coverage distinct found since events share example words mend",
    },
    "aifit": {
        "list": "job verb model state rows progress message started_at finished_at",
    },
}
"""Command -> action -> the fields of its table; none listed: any."""

RESCORED = (
    "time ai_record ai_event_id same_input model ai_recipe missing_fields ai_score_before ai_severity_before "
    "ai_model_before ai_score ai_severity ai_risk ai_reasons ai_model ai_status ai_note orig_action_name orig_sid "
    "orig_rid orig_search_name user_asked"
)
"""The fields of an event that the action aiscore_rescore writes."""

_RECIPES = Path(__file__).resolve().parents[3] / "models" / "features" / "recipes"


@cache
def recipes() -> dict[str, frozenset[str]]:
    """Recipe -> the fields that a model made from it is given."""
    found = {}
    for path in _RECIPES.glob("*.toml"):
        entry = tomllib.loads(path.read_text(encoding="utf-8"))
        fields = {name for one in entry["fields"] for name in one.get("of", [one["name"]])}
        found[path.stem] = frozenset(fields | {*entry["entities"], *entry["key"], entry.get("time", "_time")})
    return found


@dataclass(frozen=True)
class Fields:
    """The fields that rows may have at one place of a search; `open`: any other too. `fixed`: fields of one value.

    `sources`: the fields that came from each source; those that the search made since are in `made`.
    """

    names: frozenset[str] = frozenset()
    open: bool = False
    fixed: tuple[tuple[str, str], ...] = ()
    sources: tuple[tuple[str, frozenset[str]], ...] = ()
    made: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Whether a row can have the field; a name with `*` needs one that matches."""
        if self.open or name in self.names:
            return True
        return "*" in name and any(fnmatchcase(known, name) for known in self.names)

    def plus(self, *names: str) -> Fields:
        """With these fields too, whose value is not known."""
        fixed = tuple(pair for pair in self.fixed if pair[0] not in names)
        return replace(self, names=self.names | set(names), fixed=fixed, made=self.made | set(names))

    def only(self, *patterns: str) -> Fields:
        """The fields that match one of the patterns."""
        kept = {name for name in self.names if any(fnmatchcase(name, pattern) for pattern in patterns)}
        # What may come from outside may have a name that is asked for.
        kept |= {pattern for pattern in patterns if self.open and "*" not in pattern}
        return Fields(frozenset(kept), fixed=tuple(pair for pair in self.fixed if pair[0] in kept))

    def without(self, *patterns: str) -> Fields:
        """The fields that match none of the patterns."""
        gone = {name for name in self.names if any(fnmatchcase(name, pattern) for pattern in patterns)}
        fixed = tuple(pair for pair in self.fixed if pair[0] not in gone)
        return replace(self, names=self.names - gone, fixed=fixed)

    def union(self, other: Fields) -> Fields:
        """The rows of both."""
        fixed = tuple(pair for pair in self.fixed if pair in other.fixed)
        sources = (*self.sources, *other.sources)
        return Fields(self.names | other.names, self.open or other.open, fixed, sources, self.made | other.made)

    def of_source(self, source: str) -> Fields:
        """Of these rows, those from one source."""
        there = frozenset().union(*(names for name, names in self.sources if fnmatchcase(source, name)))
        elsewhere = frozenset().union(*(names for _, names in self.sources)) - there - self.made
        return replace(self, names=self.names - elsewhere)


@dataclass
class Kept:
    """What searches write: (index, source) -> the fields of each search that writes it."""

    written: dict[tuple[str, str], list[Fields]] = field(default_factory=dict)
    rules: dict[str, Fields] = field(default_factory=dict)

    def add(self, index: str, source: str, fields: Fields) -> None:
        """One more search that writes there."""
        self.written.setdefault((index, source), []).append(fields)


def read(found: Filter, kept: Kept) -> tuple[Fields, list[str]]:
    """The fields of the events that a filter lets through, and what is wrong with where it reads."""
    fields, wrong = Fields(), []
    for named in _ways(found):
        one, said = _one_way(named, kept)
        fields = fields.union(one)
        wrong += said
    return fields, wrong


def _one_way(named: dict[str, str], kept: Kept) -> tuple[Fields, list[str]]:
    index, source = named.get("index", ""), named.get("source", "")
    if not index:
        return Fields(open=True), ["reads no index by its name"]
    if index.startswith("_"):
        return Fields(EVENT, open=True), []
    summaries = {written for written, _ in kept.written} | {"summary"}
    if index == "risk":
        rules = [fields for name, fields in kept.rules.items() if fnmatchcase(name, source or "*")]
        return _together(rules, RISK, named), [] if rules else [f'no rule is named like source="{source}"']
    if index in summaries:
        found = [
            fields
            for (written, name), several in kept.written.items()
            if written == index and fnmatchcase(name, source or "*")
            for fields in several
            if _may_be(fields, named)
        ]
        told = " ".join(f"{name}={value}" for name, value in named.items())
        return _together(found, SUMMARY, named), [] if found else [f"no search of this app writes {told}"]
    tags = {value for name, value in named.items() if name.startswith("tag")}
    for entry in DATASETS.values():
        if entry.tags and set(entry.tags) <= tags:
            return Fields(EVENT | set(entry.fields) | MAY_LACK), []
    return Fields(open=True), []


def _together(several: list[Fields], always: frozenset[str], named: dict[str, str]) -> Fields:
    names = frozenset().union(*(fields.names for fields in several), always)
    source = ((named.get("source", "*"), names),)
    return Fields(names, any(fields.open for fields in several), tuple(named.items()), source)


def _may_be(fields: Fields, named: dict[str, str]) -> bool:
    """Whether rows with these fields of one value can pass."""
    return all(name not in named or fnmatchcase(value, named[name]) for name, value in fields.fixed)


def _ways(found: Filter) -> Iterator[dict[str, str]]:
    """The filter's alternatives, each as the comparisons that must hold in it. Tags are numbered."""
    if isinstance(found, Or):
        for part in found.parts:
            yield from _ways(part)
    elif isinstance(found, And):
        ways: list[dict[str, str]] = [{}]
        for part in found.parts:
            ways = [_merged(way, more) for way in ways for more in _ways(part)]
        yield from ways
    elif isinstance(found, Compare) and found.op == "=":
        yield {found.name: found.value}
    elif isinstance(found, InList):
        for value in found.values:
            yield {found.name: value}
    else:
        yield {}


def _merged(way: dict[str, str], more: dict[str, str]) -> dict[str, str]:
    merged = dict(way)
    for name, value in more.items():
        merged[name if name not in merged or name != "tag" else f"tag{len(merged)}"] = value
    return merged
