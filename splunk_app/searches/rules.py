"""The risk rules: one for each behaviour and band, its score static as Enterprise Security wants it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

from splunk_app.searches.definitions import Band, Behaviour, Definitions, Recipe

SCHEDULE = "10,40 * * * *"
LOOK_BACK = "-48h@h"
PREFIX = "AIScore - "
SUFFIX = " - Rule"


def rule_name(recipe: Recipe, behaviour: Behaviour, band: Band) -> str:
    """The name of a rule, at most 99 letters as Enterprise Security asks."""
    return f"{PREFIX}{recipe.title} {behaviour.title} {band.name.title()}{SUFFIX}"


def rule_names(found: Definitions) -> tuple[str, ...]:
    """All of them."""
    return tuple(name for name, _ in rules(found))


def rules(found: Definitions) -> Iterator[tuple[str, dict[str, str]]]:
    """Name and keys of every risk rule."""
    for behaviour in found.behaviours:
        for band in found.bands:
            recipe = found.recipes[behaviour.recipe]
            yield rule_name(recipe, behaviour, band), _keys(found, recipe, behaviour, band)


def rule_search(recipe: Recipe, behaviour: Behaviour, band: Band) -> str:
    """The SPL of a rule. It raises the same news of an entity once."""
    entity = recipe.entities[0][0]
    # Any field that is the same in all rows, where every such event of the entity is the same news.
    same = behaviour.same.get(entity, "model")
    return (
        f'| `aiscore_rows({recipe.name})` | `aiscore_band` | makemv delim="," ai_behaviour\n'
        f"| search ai_behaviour={behaviour.name} ai_band={band.name}\n"
        f'| eval ai_rule="{recipe.name} {behaviour.name} {band.name}"\n'
        f"| `aiscore_once({entity}, {same})` | `aiscore_release`"
    )


def _keys(found: Definitions, recipe: Recipe, behaviour: Behaviour, band: Band) -> dict[str, str]:
    name = rule_name(recipe, behaviour, band)
    return {
        "description": description(behaviour, band),
        "search": rule_search(recipe, behaviour, band),
        **schedule(SCHEDULE, LOOK_BACK, "now"),
        **correlation(name, annotations(found, behaviour, "Anomaly", recipe), found.publish_time),
        "action.risk": "1",
        "action.risk.forceCsvResults": "1",
        "action.risk.param._risk": json.dumps(risk_entries(recipe, behaviour, band)),
        "action.risk.param._risk_message": risk_message(recipe, behaviour),
        "action.risk.param._risk_score": "0",
        "action.risk.param.verbose": "0",
        **throttle("ai_event_id", "24h"),
    }


def description(behaviour: Behaviour, band: Band) -> str:
    """What the rule finds."""
    return f"{behaviour.told[0].upper()}{behaviour.told[1:]}: {band.words}. ai_reasons says why."


def risk_message(recipe: Recipe, behaviour: Behaviour) -> str:
    """The message of a risk event, with tokens."""
    return f"{behaviour.title} of ${recipe.entities[0][0]}$, score $ai_score$: $ai_reasons$"


def risk_entries(recipe: Recipe, behaviour: Behaviour, band: Band) -> list[dict[str, str | int]]:
    """The JSON of action.risk.param._risk."""
    scored: list[dict[str, str | int]] = [
        {
            "risk_object_field": field,
            "risk_object_type": kind,
            "risk_score": band.risk,
            "risk_message": risk_message(recipe, behaviour),
        }
        for field, kind in recipe.entities
    ]
    return scored + [{"threat_object_field": field, "threat_object_type": kind} for field, kind in recipe.threats]


def annotations(found: Definitions, behaviour: Behaviour, kind: str, recipe: Recipe) -> dict[str, list[str] | str]:
    """What action.correlationsearch.annotations holds."""
    phases = [phase for name in behaviour.techniques for phase in found.techniques[name].kill_chain_phases]
    return {
        "mitre_attack": list(behaviour.techniques),
        "kill_chain_phases": list(dict.fromkeys(phases)),
        # Of CIS version 8: 13 is network monitoring and defense, 10 stands for the rest as Splunk has it.
        "cis20": ["CIS 13" if recipe.security_domain == "network" else "CIS 10"],
        "nist": ["DE.AE"],
        "analytic_story": ["AIScore"],
        "type": kind,
        "type_list": [kind],
        "data_source": [recipe.data_source],
    }


def correlation(name: str, annotated: dict[str, list[str] | str], publish_time: int) -> dict[str, str]:
    """The keys that make a saved search a detection, for ES 7 and ES 8."""
    detection = {
        "deprecated": "0",
        "detection_id": str(uuid5(NAMESPACE_URL, f"aiscore/{name}")),
        "detection_version": "1",
        "publish_time": float(publish_time),
    }
    return {
        "action.correlationsearch.enabled": "1",
        "action.correlationsearch.label": name.removesuffix(SUFFIX),
        "action.correlationsearch.detection_type": "ebd",
        "action.correlationsearch.annotations": json.dumps(annotated),
        "action.correlationsearch.metadata": json.dumps(detection),
    }


def schedule(cron: str, earliest: str, latest: str) -> dict[str, str]:
    """Off as it comes; continuous, so that no period is skipped."""
    scheduled = {"enableSched": "1", "cron_schedule": cron, "realtime_schedule": "0"} if cron else {}
    return {
        "disabled": "1",
        **scheduled,
        "dispatch.earliest_time": earliest,
        "dispatch.latest_time": latest,
        "is_visible": "0" if cron else "1",
    }


def throttle(fields: str, period: str, *, digest: bool = True) -> dict[str, str]:
    """The alert condition and its suppression.

    digest: all results at once, as Enterprise Security's actions read them. Without it each result is an alert of its
    own, which is what the specification promises the fields for.
    """
    return {
        "counttype": "number of events",
        "relation": "greater than",
        "quantity": "0",
        "alert.digest_mode": str(int(digest)),
        "alert.suppress": "1",
        "alert.suppress.fields": fields,
        "alert.suppress.period": period,
    }
