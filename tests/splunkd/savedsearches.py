"""A stanza of savedsearches.conf as something typed; a key that is not on the list is an error that names it.

Keys and defaults are those of savedsearches.conf.spec, and of Enterprise Security for its three actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.splunkd import cron
from tests.splunkd.confs import Conf
from tests.splunkd.spl.errors import NotSupported, SplError

_PLAIN = {
    "search", "disabled", "description", "enableSched", "cron_schedule", "realtime_schedule", "max_concurrent",
    "is_visible", "counttype", "relation", "quantity", "alert_condition", "alert.track", "alert.severity",
    "alert.suppress", "alert.suppress.period", "alert.suppress.fields", "alert.suppress.group_name",
    "alert.digest_mode", "dispatch.earliest_time", "dispatch.latest_time", "dispatchAs",
}  # fmt: skip
"""Keys that mean something here."""

_WITHOUT_EFFECT = {
    "schedule_window", "schedule_priority", "allow_skew", "alert.expires", "alert.managedBy", "alert.display_view",
    "dispatch.ttl", "dispatch.buckets", "dispatch.lookups", "dispatch.max_time", "dispatch.spawn_process",
    "dispatch.auto_cancel", "dispatch.auto_pause", "dispatch.reduce_freq", "dispatch.allow_partial_results",
    "dispatch.rt_backfill", "displayview", "vsid", "request.ui_dispatch_app", "request.ui_dispatch_view",
    "embed.enabled",
}  # fmt: skip
"""Keys that change neither which events are read nor what follows."""

_NOTABLE = {
    "rule_title", "rule_description", "security_domain", "severity", "nes_fields", "_entities", "drilldown_searches",
    "drilldown_dashboards", "next_steps", "recommended_actions", "extract_artifacts", "investigation_type",
    "default_status", "default_owner", "default_disposition", "verbose",
}  # fmt: skip
_RISK = {"_risk", "_risk_message", "_risk_score", "verbose"}
_CORRELATION = {"enabled", "label", "detection_type", "annotations", "metadata", "related_searches"}
ACTION_KEYS: dict[str, set[str]] = {
    "notable": {f"param.{name}" for name in _NOTABLE} | {"forceCsvResults"},
    "risk": {f"param.{name}" for name in _RISK} | {"forceCsvResults"},
    "correlationsearch": _CORRELATION,
}
COUNT_TYPES = ("always", "number of events", "number of hosts", "number of sources", "custom")
RELATIONS = ("", "greater than", "less than", "equal to", "not equal to")


@dataclass(frozen=True)
class Condition:
    """When a run is an alert; `search` is alert_condition."""

    counttype: str = "always"
    relation: str = ""
    quantity: float = 0
    search: str = ""


@dataclass(frozen=True)
class Suppression:
    """alert.suppress: for how long, by which fields of a result, and shared with which other searches."""

    period_s: float
    fields: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True)
class SavedSearch:
    """One saved search. `actions`: each that is on, with its own keys (`param.x`, `_name`, ...)."""

    name: str
    search: str
    description: str = ""
    disabled: bool = False
    schedule: cron.Cron | None = None
    continuous: bool = False
    earliest: str = ""
    latest: str = ""
    condition: Condition = Condition()
    suppression: Suppression | None = None
    digest: bool = True
    track: bool = False
    severity: int = 3
    actions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    correlation: Mapping[str, str] = field(default_factory=dict)


def parse(name: str, stanza: Mapping[str, str], alert_actions: Conf) -> SavedSearch:
    """The stanza `name`; raises SplError for a value that is none, NotSupported for a key that is not on the list."""
    try:
        return _parsed(name, stanza, alert_actions)
    except ValueError as error:
        raise SplError(f"savedsearches.conf [{name}]: {error}") from None


def _parsed(name: str, stanza: Mapping[str, str], alert_actions: Conf) -> SavedSearch:
    for key in stanza:
        known = key in _PLAIN or key in _WITHOUT_EFFECT or key.startswith(("action.", "display."))
        if not known:
            raise NotSupported(f"savedsearches.conf [{name}]: {key}")
    if not stanza.get("search", "").strip():
        raise ValueError("search is missing")
    scheduled = _boolean(stanza, "enableSched", False)
    if scheduled and not stanza.get("cron_schedule"):
        raise ValueError("enableSched needs a cron_schedule")
    if stanza.get("max_concurrent", "1") != "1":
        raise NotSupported(f"savedsearches.conf [{name}]: max_concurrent other than 1")
    severity = int(stanza.get("alert.severity", "3"))
    if not 1 <= severity <= 6:
        raise ValueError(f"alert.severity = {severity}")
    actions, correlation = _actions(name, stanza, alert_actions)
    return SavedSearch(
        name,
        stanza["search"],
        stanza.get("description", ""),
        _boolean(stanza, "disabled", False),
        cron.parse(stanza["cron_schedule"]) if scheduled else None,
        not _boolean(stanza, "realtime_schedule", True),
        stanza.get("dispatch.earliest_time", ""),
        stanza.get("dispatch.latest_time", ""),
        _condition(stanza),
        _suppression(stanza),
        _boolean(stanza, "alert.digest_mode", True),
        # `auto` leaves it to the actions, and none that runs here tracks.
        stanza.get("alert.track", "auto") != "auto" and _boolean(stanza, "alert.track", False),
        severity,
        actions,
        correlation,
    )


def _boolean(stanza: Mapping[str, str], key: str, default: bool) -> bool:
    value = stanza.get(key, "").strip().lower()
    if not value:
        return default
    if value in ("1", "true", "t", "yes"):
        return True
    if value in ("0", "false", "f", "no"):
        return False
    raise ValueError(f"{key} = {value} is neither true nor false")


def _condition(stanza: Mapping[str, str]) -> Condition:
    counttype = stanza.get("counttype", "always")
    relation = stanza.get("relation", "")
    if counttype not in COUNT_TYPES:
        raise ValueError(f"counttype = {counttype}")
    if relation not in RELATIONS:
        raise NotSupported(f"relation = {relation}")
    if counttype == "custom" and not stanza.get("alert_condition"):
        raise ValueError("counttype = custom needs an alert_condition")
    if counttype.startswith("number") and not (relation and stanza.get("quantity")):
        raise ValueError(f"counttype = {counttype} needs relation and quantity")
    return Condition(counttype, relation, float(stanza.get("quantity") or 0), stanza.get("alert_condition", ""))


def _suppression(stanza: Mapping[str, str]) -> Suppression | None:
    if not _boolean(stanza, "alert.suppress", False):
        return None
    fields = tuple(part.strip() for part in stanza.get("alert.suppress.fields", "").split(",") if part.strip())
    if not fields and not _boolean(stanza, "alert.digest_mode", True):
        raise ValueError("alert.suppress needs alert.suppress.fields where alert.digest_mode is off")
    period_s = duration_s(stanza.get("alert.suppress.period", ""))
    return Suppression(period_s, fields, stanza.get("alert.suppress.group_name", ""))


def duration_s(text: str) -> float:
    """`60`, `60s`, `5m`, `24h`, `1d` in seconds."""
    number, unit = (text[:-1], text[-1]) if text and not text[-1].isdigit() else (text, "s")
    if not number.isdigit() or unit not in "smhd":
        raise ValueError(f"{text!r} is not a length of time")
    return int(number) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]


def _actions(
    name: str, stanza: Mapping[str, str], alert_actions: Conf
) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """The actions that are on, and the keys of correlationsearch, which is no action."""
    found: dict[str, dict[str, str]] = {}
    switched: dict[str, bool] = {}
    for key in stanza:
        if not key.startswith("action."):
            continue
        action, dot, rest = key.removeprefix("action.").partition(".")
        if not dot:
            switched[action] = _boolean(stanza, key, False)
        elif _allowed(action, rest, alert_actions):
            found.setdefault(action, {})[rest] = stanza[key]
        else:
            raise NotSupported(f"savedsearches.conf [{name}]: {key}")
    for action, on in switched.items():
        known = action in ACTION_KEYS or action == "summary_index" or action in alert_actions
        if on and not known:
            raise NotSupported(f"savedsearches.conf [{name}]: action.{action}")
    correlation = found.pop("correlationsearch", {})
    return {action: found.get(action, {}) for action, on in switched.items() if on}, correlation


def _allowed(action: str, key: str, alert_actions: Conf) -> bool:
    if action == "summary_index":
        # Every other key is a field that is added to the summary's events.
        return key in ("_name", "inline") or not key.startswith("_")
    if action in ACTION_KEYS:
        return key in ACTION_KEYS[action]
    return key in alert_actions.get(action, {})
