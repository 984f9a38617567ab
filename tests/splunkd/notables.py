"""Enterprise Security's notable action: one notable (a finding, in version 8) for each result, or for each entity.

Its time is that of the run and orig_time that of the row. Title, description, severity and the drilldowns show the
row's fields in place of `$field$`; a token that the row lacks stays to be seen, as it does in the queue.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.splunkd.knowledge import Row, filled
from tests.splunkd.risk import Fields, annotation_fields, values
from tests.splunkd.savedsearches import SavedSearch
from tests.splunkd.spl.errors import SplError

DOMAINS = ("access", "endpoint", "network", "threat", "identity", "audit")
SEVERITIES = ("informational", "low", "medium", "high", "critical")
NO_ENTITY = "N/A"


@dataclass(frozen=True)
class Drilldown:
    """A search that the notable offers."""

    name: str
    search: str
    earliest: str
    latest: str


@dataclass(frozen=True)
class Notable:
    """What stands in the queue. `entity` is empty where the stanza names none; `fields` is the whole event."""

    search_name: str
    time_s: float
    title: str
    description: str
    security_domain: str
    severity: str
    entity: str
    entity_type: str
    row: Row
    drilldowns: tuple[Drilldown, ...]
    next_steps: str
    fields: Fields


def make(search: SavedSearch, row: Row, time_s: float, info: dict[str, str]) -> list[Notable]:
    """The notables of one result."""
    params = {key.removeprefix("param."): value for key, value in search.actions["notable"].items()}
    entity_field, entity_type = _entity(params.get("_entities", ""))
    entities = values(row.get(entity_field)) if entity_field else [""]
    shown = {name: filled(params.get(name, ""), row, info) for name in ("rule_title", "rule_description", "severity")}
    domain = params.get("security_domain", "threat")
    severity = shown["severity"] or "medium"
    if domain not in DOMAINS or severity not in SEVERITIES:
        raise SplError(f"action.notable: security_domain {domain!r}, severity {severity!r}")
    fields: Fields = dict(row) | annotation_fields(search.correlation.get("annotations", ""))
    fields |= {"rule_title": shown["rule_title"], "rule_description": shown["rule_description"]}
    fields |= {"security_domain": domain, "severity": severity}
    drilldowns = tuple(_drilldown(entry, row, info) for entry in _json(params, "drilldown_searches"))
    steps = _next_steps(params.get("next_steps", ""))
    return [
        Notable(
            search.name, time_s, shown["rule_title"], shown["rule_description"], domain, severity, entity,
            entity_type, row, drilldowns, steps, fields | _entity_fields(entity, entity_type),
        )
        for entity in entities
    ]  # fmt: skip


def _entity_fields(entity: str, kind: str) -> Fields:
    return {"risk_object": entity, "risk_object_type": kind} if entity else {}


def _entity(text: str) -> tuple[str, str]:
    """(field, type) of `_entities`, which holds one object; nothing where it is left open."""
    if not text:
        return "", ""
    try:
        entries = json.loads(text)
        (entry,) = entries
        field, kind = entry["risk_object_field"], entry["risk_object_type"]
    except (ValueError, TypeError, KeyError):
        raise SplError(f"action.notable.param._entities is not a list of one object: {text}") from None
    return ("", "") if field in ("", NO_ENTITY) else (str(field), str(kind))


def _json(params: dict[str, str], name: str) -> list[dict[str, Any]]:
    text = params.get(name, "")
    if not text:
        return []
    try:
        found = json.loads(text)
    except ValueError as error:
        raise SplError(f"action.notable.param.{name} is not JSON: {error}") from None
    if not isinstance(found, list):
        raise SplError(f"action.notable.param.{name} is not a list")
    return found


def _drilldown(entry: dict[str, Any], row: Row, info: dict[str, str]) -> Drilldown:
    try:
        parts = [entry[key] for key in ("name", "search", "earliest_offset", "latest_offset")]
    except (KeyError, TypeError):
        raise SplError(f"an entry of drilldown_searches is not of the agreed form: {entry}") from None
    return Drilldown(*(filled(str(part), row, info) for part in parts))


def _next_steps(text: str) -> str:
    if not text:
        return ""
    try:
        found = json.loads(text)
        return str(found["data"])
    except (ValueError, KeyError, TypeError):
        raise SplError("action.notable.param.next_steps is not JSON with the key data") from None
