"""One fault of each kind, and words of what the checker must say of it."""

from __future__ import annotations

from tests.splunkd.check.planting import (
    CORRELATION,
    HEALTH,
    NOTABLE,
    OTHER_RULE,
    RISK,
    RULE,
    SAVED,
    SCORE,
    SHIPPED,
    STACK,
    Plant,
    added,
    behind,
    change,
    in_json,
    renamed,
    text,
)

VIEWS = "default/data/ui/views"
EXPLAIN = f"{VIEWS}/aiscore_explain.xml"


TWINS: list[tuple[str, Plant, str]] = [
    # structure
    ("an unknown conf", added("default/inputs.conf", "[monitor:///x]\n"), "inputs.conf []: is no conf file"),
    ("an unknown stanza", change("transforms", "wrong_name", "filename", "x.csv"), "[wrong_name]: is no stanza"),
    ("a misspelt key", change(SAVED, RULE, "alert.supress", "1"), f"[{RULE}]: unknown key alert.supress"),
    (
        "a key of another version",
        change(SAVED, RULE, "action.risk.param._risk_object", "user"),
        "unknown key action.risk",
    ),
    ("a bad cron", change(SAVED, SCORE, "cron_schedule", "61 * * * *"), "is not a cron schedule"),
    ("too many runs", change(SAVED, SCORE, "cron_schedule", "*/4 * * * *"), "is not at most 12 runs an hour"),
    ("a bad time", change(SAVED, SCORE, "dispatch.earliest_time", "2 hours"), "is not a relative time"),
    ("no snap", change(SAVED, SCORE, "dispatch.earliest_time", "-125m"), "relative time with a snap"),
    ("a bad duration", change(SAVED, RULE, "alert.suppress.period", "a day"), "is not a duration"),
    ("a word for a bit", change(SAVED, RULE, "disabled", "yes"), "disabled = yes is not 0 or 1"),
    ("broken JSON", change(SAVED, RULE, RISK, "[{"), f"{RISK} = [{{ is not JSON"),
    ("no window", change(SAVED, SCORE, "dispatch.latest_time", None), "has no dispatch.latest_time"),
    (
        "a doubled key",
        text("default/savedsearches.conf", "\ndisabled = 1", "\ndisabled = 0\ndisabled = 1"),
        "stands 2 times",
    ),
    ("a doubled stanza", added("default/savedsearches.conf", f"[{RULE}]\ndisabled = 1\n"), "the stanza stands 2 times"),
    ("a blank behind", text("default/savedsearches.conf", "\\\n", "\\ \n"), "blanks stand behind the last backslash"),
    ("no setting", added("default/macros.conf", "what is this\n"), "neither a stanza nor a setting"),
    ("one Python", change("commands", "aiscore", "python.required", "3.9"), "is not 3.9,3.13"),
    ("no Python", change("alert_actions", "aiscore_rescore", "python.required", None), "has no python.required"),
    ("old protocol", change("commands", "aiscore", "streaming", "true"), "unknown key streaming"),
    # saved searches
    ("shipped enabled", change(SAVED, SCORE, "disabled", "0"), f"[{SCORE}]: is not shipped disabled"),
    ("no schedule", change(SAVED, SCORE, "cron_schedule", None), "is scheduled without a cron_schedule"),
    ("a lonely $", change(SAVED, SCORE, "search", behind('| rex field=user "x$"')), "$ in a scheduled search is taken"),
    (
        "suppression by nothing",
        change(SAVED, RULE, "alert.suppress.period", None),
        "suppresses without fields or period",
    ),
    (
        "suppression by what is not there",
        change(SAVED, RULE, "alert.suppress.fields", "hostname"),
        "names hostname, which",
    ),
    (
        "risk_object given out",
        change(SAVED, RULE, "search", behind("| eval risk_object=user")),
        "gives out risk_object,",
    ),
    # cross-references of searches
    ("no macro", change(SAVED, SCORE, "search", behind("| `aiscore_gone`")), "the macro aiscore_gone cannot be found"),
    (
        "a macro's arguments",
        change(SAVED, SCORE, "search", behind("| `aiscore_rows(a, b)`")),
        "aiscore_rows(2) cannot be",
    ),
    ("no lookup", change(SAVED, RULE, "search", behind("| lookup gone user")), "the lookup gone does not exist"),
    (
        "no lookup field",
        change(SAVED, RULE, "search", behind("| lookup aiscore_thresholds model OUTPUT limit")),
        "field limit",
    ),
    (
        "no saved search",
        change(SAVED, HEALTH, "search", '| savedsearch "AIScore - Gone"'),
        "AIScore - Gone does not exist",
    ),
    ("no option", change(SAVED, SCORE, "search", behind("| aiscore model=m limit=5")), "aiscore has no option limit"),
    (
        "a bad value",
        change(SAVED, SCORE, "search", behind("| aiscore model=m explain=most")),
        "explain=most is not usable",
    ),
    ("an option left out", change(SAVED, SCORE, "search", behind("| aiscore explain=all")), "aiscore lacks model"),
    ("a field nobody makes", change(SAVED, RULE, "search", behind("| where usr=1")), "where uses the field usr"),
    (
        "a field taken away",
        change(SAVED, HEALTH, "search", behind("| fields ai_recipe | sort told")),
        "sort uses the field told",
    ),
    ("an input left out", text("default/macros.conf", "AS failures_10m", "AS failures"), "uses the field failures_10m"),
    (
        "a data model's field",
        text("default/macros.conf", "by Authentication.user", "by Authentication.usr"),
        "Authentication.usr",
    ),
    (
        "no data model",
        text("default/macros.conf", "datamodel=Authentication.", "datamodel=Logins."),
        "Logins.Authentication is",
    ),
    ("the other way", text("default/macros.conf", "eval QA=1 |", "eval QA=hostname |"), "eval uses the field hostname"),
    (
        "a source nobody writes",
        text("default/macros.conf", 'source="AIScore - Learned" ai', 'source="AIScore - Lost" ai'),
        "no search of this app writes index=summary source=AIScore - Lost",
    ),
    ("a broken search", change(SAVED, SCORE, "search", behind("| eval x=(1")), "cannot be parsed"),
    (
        "an unknown command",
        change(SAVED, SCORE, "search", behind("| transaction user")),
        "does not know the command transaction",
    ),
    (
        "a lookup's lost field",
        change(
            SAVED,
            "AIScore - Set thresholds from the alert budget",
            "search",
            lambda old: old.replace("| outputlookup", "| eval extra=1 | outputlookup"),
        ),
        "drops the field extra",
    ),
    # macros
    (
        "a macro's name",
        text("default/macros.conf", "[aiscore_rows(1)]", "[aiscore_rows(2)]"),
        "takes 1 args, not as its name",
    ),
    (
        "an argument nobody uses",
        change("macros", "aiscore_rows(1)", "args", "other"),
        "does not use its argument other",
    ),
    (
        "no argument",
        change("macros", "aiscore_rows(1)", "definition", behind('| search x="$y$"')),
        "$y$ is no argument",
    ),
    (
        "an unused macro",
        change("macros", "aiscore_spare", "definition", "head 1"),
        "[aiscore_spare]: is used by no search",
    ),
    ("an unknown technique", text("default/macros.conf", '"T1110"', '"T9110"'), "names the unknown technique T9110"),
    # detections
    ("a name's end", renamed(RULE, RULE.removesuffix(" - Rule")), 'whose name does not end in " - Rule"'),
    ("a long name", renamed(RULE, RULE.replace(" - Rule", "x" * 60 + " - Rule")), "letters, more than 99"),
    ("no detection", change(SAVED, RULE, CORRELATION + "enabled", None), "is named like a detection and is none"),
    ("a key of ES 8", change(SAVED, RULE, CORRELATION + "detection_type", None), f"has no {CORRELATION}detection_type"),
    ("a label", change(SAVED, RULE, CORRELATION + "label", "Other"), 'its label "Other" is not its name'),
    (
        "a dynamic score",
        in_json(RISK, lambda found: found[0].update(risk_score="$ai_risk$")),
        "risk_score '$ai_risk$' is",
    ),
    ("a score of 0", in_json(RISK, lambda found: found[0].update(risk_score=0)), "risk_score 0 is not a whole number"),
    ("a wrong entity", in_json(RISK, lambda found: found[0].update(risk_object_field="usr")), "names the field usr"),
    ("a wrong type", in_json(RISK, lambda found: found[0].update(risk_object_type="host")), "risk_object_type host"),
    (
        "a wrong threat",
        in_json(RISK, lambda found: found.append({"threat_object_field": "url", "threat_object_type": "url"})),
        "names the field url",
    ),
    ("a token", change(SAVED, RULE, "action.risk.param._risk_message", "by $hostname$"), "holds $hostname$"),
    ("a token in an entry", in_json(RISK, lambda found: found[0].update(risk_message="$gone$")), "holds $gone$"),
    (
        "a technique",
        text("default/savedsearches.conf", '"mitre_attack": ["T1', '"mitre_attack": ["TA1'),
        "is no id of a technique",
    ),
    (
        "a technique unknown",
        change(
            SAVED,
            RULE,
            CORRELATION + "annotations",
            lambda old: old.replace('"mitre_attack": ["T1', '"mitre_attack": ["T9'),
        ),
        "is no known technique",
    ),
    (
        "a phase",
        text("default/savedsearches.conf", '"kill_chain_phases": ["', '"kill_chain_phases": ["X'),
        "is no phase of the",
    ),
    ("a type", text("default/savedsearches.conf", '"type": "Anomaly"', '"type": "TTP"'), "type TTP does not fit"),
    (
        "an id twice",
        change(SAVED, OTHER_RULE, CORRELATION + "metadata", SHIPPED[RULE][CORRELATION + "metadata"]),
        "has the detection_id of ",
    ),
    ("an id", change(SAVED, RULE, CORRELATION + "metadata", '{"detection_id": "7"}'), "detection_id is no UUID"),
    ("neither", change(SAVED, RULE, "action.risk", "0"), "raises neither risk nor a notable"),
    # notables
    (
        "a title's token",
        change(SAVED, STACK, NOTABLE + "rule_title", "Risk of $host_name$"),
        "rule_title holds $host_name$",
    ),
    (
        "a queue's field",
        change(SAVED, STACK, NOTABLE + "nes_fields", "host_name"),
        "nes_fields names the field host_name",
    ),
    (
        "two entities",
        in_json(NOTABLE + "_entities", lambda found: found.append(found[0]), STACK),
        "_entities has 2 entries",
    ),
    (
        "an entity's field",
        in_json(NOTABLE + "_entities", lambda found: found[0].update(risk_object_field="x"), STACK),
        "_entities names the field x",
    ),
    ("an action", change(SAVED, STACK, NOTABLE + "recommended_actions", "aiscore_gone"), "the action aiscore_gone"),
    (
        "a step's action",
        text("default/savedsearches.conf", "[[action|aiscore_rescore]]", "[[action|rescore]]"),
        "the action rescore",
    ),
    (
        "a raw value in SPL",
        in_json(
            NOTABLE + "drilldown_searches",
            lambda found: found[0].update(search='search index=summary entity="$entity$"'),
            STACK,
        ),
        "puts the raw value of entity into",
    ),
    (
        "no quotes",
        in_json(
            NOTABLE + "drilldown_searches",
            lambda found: found[0].update(search="search index=summary ai_event_id=$entity_key$"),
            STACK,
        ),
        "stands outside quotes",
    ),
    (
        "a drilldown",
        in_json(NOTABLE + "drilldown_searches", lambda found: found[0].update(search="search `gone`"), STACK),
        "drilldown_searches: cannot be parsed: the macro gone",
    ),
    (
        "a drilldown's time",
        in_json(NOTABLE + "drilldown_searches", lambda found: found[0].update(earliest_offset=""), STACK),
        "earliest_offset '' is no time",
    ),
    (
        "a severity",
        change(SAVED, STACK, NOTABLE + "severity", "severe"),
        "severity = severe is not informational or low",
    ),
    # knowledge
    (
        "a lost column",
        change("transforms", "aiscore_feedback", "fields_list", "_key, event_id"),
        "fields_list lacks verdict",
    ),
    (
        "a column too many",
        change("transforms", "aiscore_feedback", "fields_list", behind(", more")),
        "names more, which the",
    ),
    (
        "no collection",
        change("transforms", "aiscore_feedback", "collection", "gone"),
        "the collection gone does not exist",
    ),
    (
        "an acceleration",
        change("collections", "aiscore_feedback", "accelerated_fields.x", '{"gone": 1}'),
        "names gone, which",
    ),
    (
        "everybody writes",
        text("metadata/default.meta", "write : [ admin, sc_admin ]", "write : [ * ]"),
        "lets everybody write",
    ),
    ("not exported", text("metadata/default.meta", "[macros]", "[macro]"), "[macros]: macros are not exported"),
    ("no program", change("commands", "aiscore", "filename", "gone.py"), "bin/gone.py is missing"),
    (
        "no handler",
        change("restmap", "script:aiscore_ticket", "handler", "rest_aiscore_ticket.Gone"),
        "has no rest_aiscore_ticket.Gone",
    ),
    ("a path", change("web", "expose:aiscore_ticket", "pattern", "aiscore/gone"), "restmap.conf does not have"),
    (
        "an undeclared parameter",
        change("alert_actions", "aiscore_rescore", "param.more", "1"),
        "param.more is not in README",
    ),
    ("no reload", change("app", "triggers", "reload.aiscore", None), "lacks reload.aiscore"),
    # views
    ("broken XML", text(EXPLAIN, "</form>", ""), "is not well-formed XML"),
    ("no version", text(EXPLAIN, '<form version="1.1"', "<form"), 'begins <form version="None">'),
    ("an unset token", text(EXPLAIN, "$id|s$", "$event|s$"), "the token $event$ is never set"),
    ("a raw token", text(EXPLAIN, "$id|s$", '"$id$"'), "$id$ puts what somebody typed"),
    (
        "a view's macro",
        text(EXPLAIN, "`aiscore_index`", "`aiscore_gone`"),
        "aiscore_explain.xml [aiscore_explain]: cannot be",
    ),
    ("a view's field", text(EXPLAIN, "ai_severity", "ai_gravity"), "table uses the field ai_gravity"),
    ("a view's $", text(EXPLAIN, "$$", "$"), "is taken for a token"),
    (
        "no such view",
        text("default/data/ui/nav/default.xml", "aiscore_overview", "aiscore_gone"),
        "names the view aiscore_gone",
    ),
    (
        "a script",
        text(EXPLAIN, '<form version="1.1"', '<form version="1.1" script="gone.js"'),
        "appserver/static/gone.js is",
    ),
    (
        "an action's view",
        change("workflow_actions", "aiscore_true", "link.uri", "/app/aiscore/gone?form.id=$ai_event_id$"),
        "leads to the view gone",
    ),
    (
        "an action's input",
        change("workflow_actions", "aiscore_true", "link.uri", "/app/aiscore/aiscore_explain?form.x=1"),
        "sets form.x, which aiscore_explain",
    ),
    ("an action's field", change("workflow_actions", "aiscore_true", "fields", "gone"), "is for the field gone"),
    (
        "an action's token",
        change("workflow_actions", "aiscore_true", "link.uri", "/app/aiscore/aiscore_explain?form.id=$user$"),
        "uses $user$, which is not among",
    ),
]
