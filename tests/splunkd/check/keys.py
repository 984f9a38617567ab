"""The conf files, stanzas and keys that the app may have, each with what its values may be.

From Splunk's .spec files of 10.2 and from what Enterprise Security 7 and 8 read of a saved search. A key that is right
in Splunk but not used here is added here first.
"""

from __future__ import annotations

from tests.splunkd.check.values import (
    Kind,
    anything,
    bit,
    cron,
    duration,
    json_value,
    matching,
    one_of,
    pythons,
    text,
    time,
    truth,
    whole,
)

Keys = dict[str, Kind]
"""Key (a name, or a pattern where it holds `*`) -> what its values may be."""

DOMAINS = ("access", "audit", "endpoint", "identity", "network", "threat")
SEVERITIES = ("informational", "low", "medium", "high", "critical")
VERSION = matching(r"\d+\.\d+\.\d+", "a version such as 1.2.3")
NAMES = matching(r"[\w.:*-]+(\s*,\s*[\w.:*-]+)*", "names with commas between")

SAVED_SEARCH: Keys = {
    "description": text,
    "search": text,
    "disabled": bit,
    "enableSched": bit,
    "cron_schedule": cron,
    "realtime_schedule": bit,
    "schedule_window": matching(r"auto|\d+", "auto or minutes"),
    "schedule_priority": one_of("default", "higher", "highest"),
    "allow_skew": matching(r"\d+%|\d+[mh]", "a share such as 100% or a duration"),
    "max_concurrent": whole,
    "dispatch.earliest_time": time,
    "dispatch.latest_time": time,
    "dispatch.rt_backfill": bit,
    "dispatch.ttl": matching(r"\d+p?", "seconds, or periods such as 2p"),
    "is_visible": bit,
    "request.ui_dispatch_app": text,
    "counttype": one_of("number of events", "number of hosts", "number of sources", "always", "custom"),
    "relation": one_of("greater than", "less than", "equal to", "not equal to"),
    "quantity": whole,
    "alert.digest_mode": bit,
    "alert.expires": duration,
    "alert.severity": matching("[1-6]", "1 to 6"),
    "alert.suppress": bit,
    "alert.suppress.fields": NAMES,
    "alert.suppress.group_name": text,
    "alert.suppress.period": duration,
    "alert.track": bit,
    "action.summary_index": bit,
    "action.summary_index._name": text,
    "action.aiscore_rescore": bit,
    "action.aiscore_rescore.param.model": anything,
    "action.correlationsearch.enabled": bit,
    "action.correlationsearch.label": text,
    "action.correlationsearch.detection_type": one_of("ebd"),
    "action.correlationsearch.annotations": json_value,
    "action.correlationsearch.metadata": json_value,
    "action.risk": bit,
    "action.risk.forceCsvResults": bit,
    "action.risk.param._risk": json_value,
    "action.risk.param._risk_message": text,
    "action.risk.param._risk_score": whole,
    "action.risk.param.verbose": bit,
    "action.notable": bit,
    "action.notable.param.rule_title": text,
    "action.notable.param.rule_description": text,
    "action.notable.param.security_domain": one_of(*DOMAINS),
    "action.notable.param.severity": one_of(*SEVERITIES, "$severity$"),
    "action.notable.param.nes_fields": NAMES,
    "action.notable.param._entities": json_value,
    "action.notable.param.drilldown_searches": json_value,
    "action.notable.param.drilldown_dashboards": json_value,
    "action.notable.param.next_steps": json_value,
    "action.notable.param.recommended_actions": NAMES,
    "action.notable.param.extract_artifacts": json_value,
    "action.notable.param.investigation_type": one_of("default"),
    "action.notable.param.verbose": bit,
}

REST: Keys = {
    "match": matching(r"(/\w+)+", "a path"),
    "script": matching(r"\w+\.py", "a program in bin/"),
    "scripttype": one_of("persist"),
    "handler": matching(r"\w+\.\w+", "module.Class"),
    "python.version": one_of("python3"),
    "python.required": pythons,
    "requireAuthentication": one_of("true"),
    "passSystemAuth": truth,
    "passPayload": truth,
    "passHttpHeaders": truth,
    "passHttpCookies": truth,
    "output_modes": one_of("json"),
    "capability": text,
    "capability.*": text,
}

KNOWN: dict[str, dict[str, Keys]] = {
    "aiscore": {"sidecar": {"*": anything}, "*": {"*": anything}},
    "alert_actions": {
        r"aiscore_\w+": {
            "is_custom": one_of("1"),
            "label": text,
            "description": text,
            "icon_path": text,
            "payload_format": one_of("json"),
            "ttl": matching(r"\d+p?", "seconds"),
            "maxtime": duration,
            "command": text,
            "python.version": one_of("python3"),
            "python.required": pythons,
            "param._cam": json_value,
            "param.*": anything,
        }
    },
    "app": {
        "install": {"is_configured": bit, "state": one_of("enabled"), "build": whole},
        "ui": {"is_visible": bit, "label": text, "setup_view": text},
        "launcher": {"author": text, "description": text, "version": VERSION},
        "package": {"id": text, "check_for_updates": bit},
        "id": {"name": text, "version": VERSION},
        "triggers": {"reload.*": one_of("simple")},
    },
    "authorize": {
        r"capability::\w+": {},
        r"role_[a-z_]+": {"*": one_of("enabled")},
    },
    "collections": {
        r"aiscore_\w+": {
            "enforceTypes": truth,
            "replicate": truth,
            "field.*": one_of("number", "bool", "string", "time"),
            "accelerated_fields.*": json_value,
        }
    },
    "commands": {
        r"ai\w+": {
            "filename": matching(r"\w+\.py", "a program in bin/"),
            "chunked": one_of("true"),
            "python.version": one_of("python3"),
            "python.required": pythons,
            "is_risky": truth,
            "run_in_preview": truth,
            "maxwait": whole,
        }
    },
    "macros": {r"aiscore_\w+(\(\d\))?": {"definition": text, "args": NAMES, "iseval": bit, "description": text}},
    "props": {
        r"aiscore:\w+": {
            "KV_MODE": one_of("json", "auto", "none"),
            "SHOULD_LINEMERGE": truth,
            "LINE_BREAKER": text,
            "TIME_PREFIX": text,
            "TIME_FORMAT": text,
            "MAX_TIMESTAMP_LOOKAHEAD": whole,
            "TRUNCATE": whole,
        }
    },
    "restmap": {r"script:aiscore_\w+": REST},
    "savedsearches": {r"AIScore - .+": SAVED_SEARCH},
    "searchbnf": {r"ai\w+(-\w+)*": {"*": text}},
    "server": {"shclustering": {"conf_replication_include.*": truth}},
    "transforms": {
        r"aiscore_\w+": {
            "external_type": one_of("kvstore"),
            "collection": text,
            "fields_list": NAMES,
            "filename": matching(r"\w+\.csv", "a file in lookups/"),
            "case_sensitive_match": truth,
            "match_type": text,
            "max_matches": whole,
            "min_matches": whole,
            "default_match": anything,
        }
    },
    "web": {r"expose:aiscore_\w+": {"pattern": text, "methods": matching(r"[A-Z]+(,[A-Z]+)*", "methods")}},
    "workflow_actions": {
        r"aiscore_\w+": {
            "type": one_of("link", "search"),
            "label": text,
            "fields": NAMES,
            "eventtypes": NAMES,
            "display_location": one_of("event_menu", "field_menu", "both"),
            "link.method": one_of("get"),
            "link.target": one_of("blank", "self"),
            "link.uri": matching(r"/app/.+|https://.+", "/app/... or https://..."),
            "search.search_string": text,
            "search.app": text,
            "search.view": text,
            "search.target": one_of("blank", "self"),
            "search.preserve_timerange": truth,
        }
    },
}
"""Conf file -> stanza (a pattern) -> keys."""

NEEDED: dict[str, tuple[str, ...]] = {
    "alert_actions": ("is_custom", "label", "payload_format", "python.version", "python.required", "param._cam"),
    "commands": ("filename", "chunked", "python.version", "python.required", "is_risky"),
    "macros": ("definition",),
    "restmap": ("match", "script", "handler", "python.version", "python.required", "requireAuthentication"),
    "savedsearches": ("search", "description", "disabled", "dispatch.earliest_time", "dispatch.latest_time"),
    "workflow_actions": ("type", "label", "fields", "display_location"),
}
"""Keys that every stanza of a conf has."""
