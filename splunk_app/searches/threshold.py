"""The rule that stacks risk: enough of it on one entity becomes a notable, or a triggered alert without ES."""

from __future__ import annotations

import json

from splunk_app.searches.definitions import Definitions
from splunk_app.searches.rules import SUFFIX, correlation, schedule, throttle

NEXT_STEPS = """\
1) Read ai_reasons: what was not usual, and for whom.
2) Open the drilldown: every event that earned the risk, oldest first.
3) Ask the owner of the account or host, and compare with changes and deliveries of the day.
4) Score the events again with the model that serves now: [[action|aiscore_rescore]]
5) Say what it was: the event menu's AIScore entries keep the verdict with the event."""


def threshold_keys(found: Definitions) -> dict[str, str]:
    """The keys of the stacking rule."""
    rule = found.threshold
    annotated: dict[str, list[str] | str] = {
        "mitre_attack": sorted(found.techniques),
        "kill_chain_phases": sorted({p for t in found.techniques.values() for p in t.kill_chain_phases}),
        "cis20": ["CIS 10"],
        "nist": ["DE.AE"],
        "analytic_story": ["AIScore"],
        "type": "Correlation",
        "type_list": ["Correlation"],
        "data_source": sorted({recipe.data_source for recipe in found.recipes.values()}),
    }
    return {
        "description": rule.description,
        "search": rule.search,
        **schedule(rule.cron_schedule, rule.earliest, rule.latest),
        **correlation(rule.name, annotated, found.publish_time),
        **_notable(rule.name.removesuffix(SUFFIX)),
        **throttle(rule.suppress_fields, rule.suppress_period, digest=False),
        "alert.track": "1",
        "alert.severity": str(rule.severity),
    }


def _notable(label: str) -> dict[str, str]:
    """A title holds the entity and figures only; the drilldown finds the entity by a hash, so no value becomes SPL."""
    drilldown = {
        "name": "The events that earned the risk",
        "search": '| `aiscore_rows("*")` | `aiscore_band` | `aiscore_entities` | where entity_key="$entity_key$"'
        " | sort 0 _time | table _time ai_recipe ai_behaviour ai_band ai_score ai_reasons user src dest ai_event_id",
        "earliest_offset": "$info_min_time$",
        "latest_offset": "$info_max_time$",
    }
    return {
        "action.notable": "1",
        "action.notable.param.rule_title": "AIScore: risk $ai_risk_sum$ on $entity_type$ $entity$",
        "action.notable.param.rule_description": "$ai_events$ unusual events ($ai_behaviours$). $ai_reasons$",
        "action.notable.param.security_domain": "threat",
        "action.notable.param.severity": "$severity$",
        "action.notable.param.nes_fields": "entity,entity_type",
        "action.notable.param._entities": json.dumps(
            [{"risk_object_field": "entity", "risk_object_type": "other", "risk_score": 0}]
        ),
        "action.notable.param.drilldown_searches": json.dumps([drilldown]),
        "action.notable.param.drilldown_dashboards": "[]",
        "action.notable.param.next_steps": json.dumps({"version": 1, "data": NEXT_STEPS}),
        "action.notable.param.recommended_actions": "aiscore_rescore",
        "action.notable.param.extract_artifacts": json.dumps({"asset": ["src", "dest"], "identity": ["user"]}),
        "action.notable.param.investigation_type": "default",
        "action.notable.param.verbose": "0",
    }
