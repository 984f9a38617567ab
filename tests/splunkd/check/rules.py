"""Detections: names, the keys that Enterprise Security 7 and 8 read, their JSON, and every field and token in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from tests.splunkd.check.finding import Finding
from tests.splunkd.check.inputs import NOTABLE, Fields
from tests.splunkd.check.mitre import KILL_CHAIN_PHASES, TECHNIQUES
from tests.splunkd.check.searches import FILE, RULE, Followed
from tests.splunkd.check.source import names_in
from tests.splunkd.check.values import time

MOST_LETTERS = 99
STOCK_ACTIONS = frozenset({"email", "logevent", "notable", "nbtstat", "nslookup", "ping", "risk", "script", "webhook"})
SAFE_IN_SPL = NOTABLE | {"ai_event_id", "entity_key"}
"""Tokens whose values are hex, numbers or names of ours: anything else in a drilldown could change its search."""

ALWAYS = (
    "action.correlationsearch.enabled",
    "action.correlationsearch.label",
    "action.correlationsearch.detection_type",
    "action.correlationsearch.annotations",
    "action.correlationsearch.metadata",
    "alert.digest_mode",
    "alert.suppress",
    "counttype",
    "relation",
    "quantity",
    "cron_schedule",
    "enableSched",
)
RISK = ("action.risk.param._risk", "action.risk.param._risk_message", "action.risk.param._risk_score")
NOTABLE_KEYS = (
    "action.notable.param.rule_title",
    "action.notable.param.rule_description",
    "action.notable.param.security_domain",
    "action.notable.param.severity",
    "action.notable.param.nes_fields",
    "action.notable.param._entities",
    "action.notable.param.drilldown_searches",
    "action.notable.param.next_steps",
    "action.notable.param.investigation_type",
)
TEXTS = ("action.risk.param._risk_message", "action.notable.param.rule_title", "action.notable.param.rule_description")
TYPES = {("1", ""): {"Anomaly"}, ("1", "1"): {"TTP"}, ("", "1"): {"Correlation"}}


def findings(state: Followed) -> Iterator[Finding]:
    """Every detection of the app."""
    seen: dict[str, str] = {}
    for name, settings in state.app.conf("savedsearches").items():
        detection = settings.get("action.correlationsearch.enabled") == "1"
        if detection and not name.endswith(RULE):
            yield Finding(FILE, name, f'is a detection whose name does not end in "{RULE}"', "rename it")
        if not detection and name.endswith(RULE):
            yield Finding(FILE, name, "is named like a detection and is none", "set action.correlationsearch.enabled")
        if len(name) > MOST_LETTERS:
            yield Finding(FILE, name, f"has {len(name)} letters, more than {MOST_LETTERS}", "shorten the name")
        if seen.setdefault(name.lower(), name) != name:
            yield Finding(FILE, name, f"differs from {seen[name.lower()]} in case only", "rename one")
        if detection:
            yield from (Finding(FILE, name, *problem) for problem in _Rule(state, name, settings).problems())


class _Rule:
    """One detection."""

    def __init__(self, state: Followed, name: str, settings: dict[str, str]) -> None:
        self.app, self.name, self.settings = state.app, name, settings
        self.state = state
        self.ends = state.ends.get(name, Fields())
        self.risk, self.notable = settings.get("action.risk") == "1", settings.get("action.notable") == "1"

    def problems(self) -> Iterator[tuple[str, str]]:
        wanted = ALWAYS + (RISK if self.risk else ()) + (NOTABLE_KEYS if self.notable else ())
        for key in wanted:
            if key not in self.settings:
                yield f"has no {key}", "set it: Enterprise Security reads it"
        if not self.risk and not self.notable:
            yield "is a detection that raises neither risk nor a notable", "set action.risk or action.notable"
        label = self.settings.get("action.correlationsearch.label", "")
        if label + RULE != self.name:
            yield f'its label "{label}" is not its name without "{RULE}"', "make them agree"
        yield from self._annotations()
        yield from self._metadata()
        if self.risk:
            yield from self._risk()
        if self.notable:
            yield from self._notable()
        for key in TEXTS:
            yield from self._tokens(key, self.settings.get(key, ""))

    def _json(self, key: str, kind: type) -> Any:
        """The key's JSON where it is of this kind; else an empty one (structure tells what does not parse)."""
        try:
            found = json.loads(self.settings.get(key, "null"))
        except ValueError:
            return kind()
        return found if isinstance(found, kind) else kind()

    def _field(self, key: str, name: Any) -> Iterator[tuple[str, str]]:
        if not isinstance(name, str) or not self.ends.has(name):
            yield f"{key} names the field {name}, which the search does not give out", "name a field of the results"

    def _tokens(self, key: str, text: str) -> Iterator[tuple[str, str]]:
        for token in re.findall(r"\$(?:result\.)?([\w.]+)\$", text):
            if not self.ends.has(token) and token not in NOTABLE:
                yield f"{key} holds ${token}$, which the search does not give out", "name a field of the results"

    def _annotations(self) -> Iterator[tuple[str, str]]:
        found = self._json("action.correlationsearch.annotations", dict)
        kind = found.get("type")
        raised = ("1" if self.risk else "", "1" if self.notable else "")
        if kind not in TYPES.get(raised, {kind}) or found.get("type_list") != [kind]:
            yield f"its annotations' type {kind} does not fit what it raises", "Anomaly: risk; Correlation: a notable"
        if not found.get("mitre_attack"):
            yield "its annotations name no technique", "add mitre_attack"
        for technique in found.get("mitre_attack", []):
            if not re.fullmatch(r"T\d{4}(\.\d{3})?", str(technique)):
                yield f"{technique} is no id of a technique", "write T1078 or T1078.004"
            elif technique not in TECHNIQUES:
                yield f"{technique} is no known technique", "correct it, or add it to check/mitre.py with its tactics"
        for phase in found.get("kill_chain_phases", []):
            if phase not in KILL_CHAIN_PHASES:
                yield f"{phase} is no phase of the kill chain", f"use {', '.join(KILL_CHAIN_PHASES)}"

    def _metadata(self) -> Iterator[tuple[str, str]]:
        found = self._json("action.correlationsearch.metadata", dict)
        mend = "write detection_id, detection_version, deprecated and publish_time as ES 8 reads them"
        try:
            UUID(str(found.get("detection_id")))
        except ValueError:
            yield "its metadata's detection_id is no UUID", mend
        if not str(found.get("detection_version", "")).isdigit() or found.get("deprecated") not in ("0", "1"):
            yield "its metadata's detection_version or deprecated is wrong", mend
        if not isinstance(found.get("publish_time"), float):
            yield "its metadata's publish_time is no number with a point", mend
        for other, settings in self.app.conf("savedsearches").items():
            text = settings.get("action.correlationsearch.metadata", "")
            if other < self.name and found.get("detection_id") and str(found["detection_id"]) in text:
                yield f"has the detection_id of {other}", "give each its own"

    def _risk(self) -> Iterator[tuple[str, str]]:
        key = "action.risk.param._risk"
        found = self._json(key, list)
        if not any(isinstance(one, dict) and "risk_object_field" in one for one in found):
            yield f"{key} names no entity", "add risk_object_field, risk_object_type and risk_score"
        for one in (one for one in found if isinstance(one, dict)):
            yield from self._risk_entry(key, one)
        if self.settings.get("action.risk.param._risk_score") != "0":
            yield "action.risk.param._risk_score is not 0", "set it to 0: the entries carry the scores"

    def _risk_entry(self, key: str, one: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if "threat_object_field" in one:
            yield from self._field(key, one["threat_object_field"])
            if not one.get("threat_object_type"):
                yield f"{key} has a threat without a type", "add threat_object_type"
            return
        yield from self._field(key, one.get("risk_object_field"))
        if one.get("risk_object_type") not in ("user", "system", "other"):
            yield f"{key}: risk_object_type {one.get('risk_object_type')}", "use user, system or other"
        score = one.get("risk_score")
        if not isinstance(score, int) or isinstance(score, bool) or not 1 <= score <= 100:
            yield f"{key}: risk_score {score!r} is not a whole number from 1 to 100", "write a static number"
        yield from self._tokens(key, str(one.get("risk_message", "")))

    def _notable(self) -> Iterator[tuple[str, str]]:
        prefix = "action.notable.param."
        for name in names_in(self.settings.get(prefix + "nes_fields", "")):
            yield from self._field(prefix + "nes_fields", name)
        entities = self._json(prefix + "_entities", list)
        if len(entities) != 1:
            yield f"{prefix}_entities has {len(entities)} entries", "name one: a finding is raised for each"
        for one in entities:
            yield from self._field(prefix + "_entities", one.get("risk_object_field"))
        for kind, names in self._json(prefix + "extract_artifacts", dict).items():
            if not any(self.ends.has(name) for name in names):
                yield f"{prefix}extract_artifacts: no {kind} is given out by the search", "name fields of the results"
        if self.settings.get(prefix + "severity") == "$severity$":
            yield from self._field(prefix + "severity", "severity")
        yield from self._actions(prefix)
        for one in self._json(prefix + "drilldown_dashboards", list):
            if one.get("app") == "aiscore" and one.get("dashboard_id") not in self.app.views:
                yield f"{prefix}drilldown_dashboards: no view {one.get('dashboard_id')}", "name one of the app's views"
        for one in self._json(prefix + "drilldown_searches", list):
            yield from self._drilldown(prefix + "drilldown_searches", one)

    def _actions(self, prefix: str) -> Iterator[tuple[str, str]]:
        steps = self._json(prefix + "next_steps", dict)
        if "next_steps" in "".join(self.settings) and (steps.get("version") != 1 or not steps.get("data")):
            yield f'{prefix}next_steps is not {{"version": 1, "data": "..."}}', "write it so"
        named = re.findall(r"\[\[action\|(\w+)\]\]", str(steps.get("data", "")))
        for action in named + names_in(self.settings.get(prefix + "recommended_actions", "")):
            if action not in self.app.alert_actions() | STOCK_ACTIONS:
                yield f"names the action {action}, which does not exist", "name one of alert_actions.conf"

    def _drilldown(self, key: str, one: dict[str, Any]) -> Iterator[tuple[str, str]]:
        search = str(one.get("search", ""))
        for offset in ("earliest_offset", "latest_offset"):
            value = str(one.get(offset, ""))
            if not re.fullmatch(r"\$info_(min|max)_time\$|\d+", value) and (not value or time(value)):
                yield f"{key}: {offset} {value!r} is no time", "use $info_min_time$ and $info_max_time$"
        for token in re.findall(r"\$([\w.]+)\$", search):
            yield from self._tokens(key, f"${token}$")
            if token not in SAFE_IN_SPL:
                what = f"{key} puts the raw value of {token} into a search"
                yield what, "find the rows by ai_event_id or another hash: a value could change the search"
            elif not re.search(rf'"\${re.escape(token)}\$"', search):
                yield f"{key}: ${token}$ stands outside quotes", "put it in quotes"
        before = len(self.state.found)
        self.state.query(FILE, self.name, re.sub(r"\$[\w.]+\$", "0123abcd", search))
        fresh = self.state.found[before:]
        del self.state.found[before:]
        yield from ((f"{key}: {one.what}", one.mend) for one in fresh)
