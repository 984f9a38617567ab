"""Enterprise Security's risk action: one risk event for each result and each entry of `_risk`.

What is known of it comes from public content and from the Common Action Model; where that ends is said here:
- the fields of the row go along, those of every event as orig_*; the time is the row's _time, or that of the run;
- a row that lacks an entry's field makes no risk for that entry; several values make a risk event each;
- a row with a risk_object of its own has it in place of every entry's (seen on Enterprise Security 8): the objects of
  the entries get nothing. This is a mistake to be found, not a service;
- scores are whole numbers of the stanza: how a score of the row is taken is not settled by anything public;
- the annotations of the stanza and those of the row are put together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.splunkd.knowledge import Row, filled
from tests.splunkd.savedsearches import SavedSearch
from tests.splunkd.spl.errors import SplError

Fields = dict[str, str | list[str]]

_RISK_KEYS = {"risk_object_field", "risk_object_type", "risk_score"}
_THREAT_KEYS = {"threat_object_field", "threat_object_type"}


@dataclass(frozen=True)
class RiskEntry:
    """Who gets how much."""

    field: str
    kind: str
    score: int
    message: str | None = None


@dataclass(frozen=True)
class ThreatEntry:
    """What it came from."""

    field: str
    kind: str


@dataclass(frozen=True)
class RiskEvent:
    """A risk event before it is written; `row` counts the results from 0."""

    row: int
    fields: Fields


def parse(text: str) -> tuple[list[RiskEntry], list[ThreatEntry]]:
    """The entries of `_risk`; raises SplError for what is not exactly of the agreed form."""
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise SplError(f"action.risk.param._risk is not JSON: {error}") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SplError("action.risk.param._risk is not a list of objects")
    risks = [_risk_entry(entry) for entry in entries if "risk_object_field" in entry]
    threats = [_threat_entry(entry) for entry in entries if "risk_object_field" not in entry]
    if not risks:
        raise SplError("action.risk.param._risk names no risk object")
    return risks, threats


def _risk_entry(entry: dict[str, Any]) -> RiskEntry:
    if set(entry) - {"risk_message"} != _RISK_KEYS:
        raise SplError(f"an entry of _risk has the keys {sorted(entry)}")
    score = entry["risk_score"]
    if type(score) is not int or not 0 <= score <= 100:
        raise SplError(f"an entry of _risk has the score {score!r}: a whole number up to 100 is expected")
    return RiskEntry(
        _word(entry, "risk_object_field"), _word(entry, "risk_object_type"), score, entry.get("risk_message")
    )


def _threat_entry(entry: dict[str, Any]) -> ThreatEntry:
    if set(entry) != _THREAT_KEYS:
        raise SplError(f"an entry of _risk has the keys {sorted(entry)}")
    return ThreatEntry(_word(entry, "threat_object_field"), _word(entry, "threat_object_type"))


def _word(entry: dict[str, Any], key: str) -> str:
    value = entry[key]
    if not isinstance(value, str) or not value.strip():
        raise SplError(f"an entry of _risk has the {key} {value!r}")
    return value


def events(search: SavedSearch, rows: Sequence[Row]) -> list[RiskEvent]:
    """The risk events of these results."""
    params = search.actions["risk"]
    risks, threats = parse(params.get("param._risk", ""))
    default_message = params.get("param._risk_message", "")
    notes = annotation_fields(search.correlation.get("annotations", ""))
    found = []
    for number, row in enumerate(rows):
        common = dict(row) | _threats(row, threats) | _together(notes, row)
        common["savedsearch_description"] = search.description
        for entry in risks:
            message = filled(default_message if entry.message is None else entry.message, row)
            for value in values(row.get("risk_object")) or values(row.get(entry.field)):
                kind = values(row.get("risk_object_type")) if values(row.get("risk_object")) else []
                fields: Fields = common | {
                    "risk_object": value,
                    "risk_object_type": kind[0] if kind else entry.kind,
                    "risk_score": str(entry.score),
                    "risk_message": message,
                    "contributing_events_search": _contributing(search.name, entry.field, value),
                }
                found.append(RiskEvent(number, fields))
    return found


def values(value: str | list[str] | None) -> list[str]:
    """The values of a field that are there."""
    several = value if isinstance(value, list) else [value or ""]
    return [one for one in several if one]


def _threats(row: Row, threats: list[ThreatEntry]) -> Fields:
    pairs = [(value, entry.kind) for entry in threats for value in values(row.get(entry.field))]
    if not pairs:
        return {}
    return {"threat_object": [value for value, _ in pairs], "threat_object_type": [kind for _, kind in pairs]}


def annotation_fields(text: str) -> Fields:
    """The fields `annotations.*` that the stanza's annotations become."""
    if not text:
        return {}
    try:
        given = json.loads(text)
    except ValueError as error:
        raise SplError(f"action.correlationsearch.annotations is not JSON: {error}") from None
    found: Fields = {"annotations": json.dumps(given)}
    lists = {name: [str(one) for one in value] for name, value in given.items() if isinstance(value, list)}
    for name, several in lists.items():
        found[f"annotations.{name}"] = several
    found["annotations._frameworks"] = list(lists)
    found["annotations._all"] = [one for several in lists.values() for one in several]
    if "mitre_attack" in lists:
        found["annotations.mitre_attack.mitre_technique_id"] = lists["mitre_attack"]
    return found


def _together(notes: Mapping[str, str | list[str]], row: Row) -> Fields:
    """Lists of the stanza with what the row has under the same name before them."""
    found: Fields = {}
    for name, value in notes.items():
        own = values(row.get(name)) if isinstance(value, list) else []
        found[name] = list(dict.fromkeys([*own, *value])) if isinstance(value, list) else value
    return found


def _contributing(name: str, field: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'| savedsearch "{name}" | search {field}="{quoted}"'
