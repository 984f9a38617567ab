"""What the recipes read and where scores go: macros of the app, written through splunkd."""

import re

from aiscore_kit import setup_source, setup_watched
from aiscore_kit.recipe_table import RECIPES
from aiscore_kit.setup_splunkd import Refused

INPUTS = ("cim", "index", "raw")
RELEASES = ("live", "shadow")
CUSTOM = "custom"
_INDEX = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_SHOWN = 10
# splunkd ends a preview after so long; Splunk Web waits for 30 s.
_LONGEST_S = 25
_QUIET = ("DEBUG", "INFO")


def read(splunkd):
    """Every recipe with its input, the index of the scores, and whether risk is released."""
    return {
        "recipes": [_recipe(splunkd, name) for name in RECIPES],
        "index": re.sub(r"^index=", "", _macro(splunkd, "aiscore_index")),
        "release": _choice(splunkd, "aiscore_release", RELEASES),
    }


def save_input(splunkd, asked):
    """Choose what a recipe reads: its data model, or events of this source, plain or without fields (raw); and whose
    events it watches (own), where it asks. custom: a definition written by hand stays."""
    name, chosen = _name(asked), asked.get("input")
    choices = _inputs(name)
    if chosen not in (*choices, CUSTOM):
        raise Refused(400, "input must be %s" % " or ".join(choices), "choose one of them", "input")
    written = {}
    own = _own(name, asked)
    if own:
        written["aiscore_%s_own" % name] = setup_watched.search(own, RECIPES[name].watched)
    if chosen in ("index", "raw"):
        written["aiscore_%s_source" % name] = setup_source.clean(asked.get("source"))
    if chosen != CUSTOM:
        written["aiscore_" + name] = "`aiscore_%s_%s`" % (name, chosen)
    for macro, definition in written.items():
        _write(splunkd, macro, definition)
    return {"recipe": _recipe(splunkd, name)}


def _own(name, asked):
    """Whom a recipe is asked to watch; empty leaves it as it is."""
    own = str(asked.get("own") or "").strip()
    if own and not RECIPES[name].watched:
        raise Refused(400, "the recipe %s watches whatever it reads" % name, "leave own out", "own")
    return own


def save_index(splunkd, asked):
    """Choose the index that scores are kept in."""
    index = str(asked.get("index") or "").strip()
    if not _INDEX.fullmatch(index) or "kvstore" in index:
        mend = "use an index that exists: small letters, digits, _ and -, a letter or digit first"
        raise Refused(400, "this cannot be the name of an index: %s" % (index[:80] or "(empty)"), mend, "index")
    _write(splunkd, "aiscore_index", "index=" + index)
    return {"index": index}


def save_release(splunkd, asked):
    """Let the risk rules through (live), or keep what they would have raised (shadow)."""
    release = asked.get("release")
    if release not in RELEASES:
        raise Refused(400, "release must be live or shadow", "choose one of them", "release")
    _write(splunkd, "aiscore_release", "`aiscore_release_%s`" % release)
    return {"release": release}


def preview(splunkd, asked):
    """What the recipe would read of the last day: how many rows with which fields filled, and some of them."""
    name = _name(asked)
    fields, filled_up = RECIPES[name].fields, RECIPES[name].filled_up
    rows = "| `aiscore_%s` | `aiscore_%s_rows`" % (name, name)
    if asked.get("part") == "left_out":
        return _left_out(splunkd, name)
    if asked.get("part") == "rows":
        shown = ["_time"] + fields
        found, told = _search(splunkd, "%s | table %s | head %d" % (rows, " ".join(shown), _SHOWN))
        return {"fields": shown, "rows": [[row.get(field) for field in shown] for row in found], "told": told}
    filled = " ".join("count(eval(%s)) AS %s_filled" % (_is_filled(field, filled_up), field) for field in fields)
    found, told = _search(splunkd, "%s | stats count AS ai_rows %s" % (rows, filled))
    counts = {field: int(float(number or 0)) for field, number in (found or [{}])[0].items()}
    filled = [[field, counts.get(field + "_filled", 0)] for field in fields]
    return {"count": counts.get("ai_rows", 0), "filled": filled, "told": told}


def _left_out(splunkd, name):
    """How many raw events of the last day are read, and why the others are not."""
    if not RECIPES[name].raw:
        return {"fields": [], "rows": [], "told": []}
    shown = ["ai_form", "ai_left_out", "count"]
    found, told = _search(splunkd, "| `aiscore_%s_left_out` | head %d" % (name, _SHOWN))
    rows = [[row.get(field) for field in shown] for row in found]
    return {"fields": ["form", "what becomes of it", "events"], "rows": rows, "told": told}


def _inputs(name):
    return INPUTS if RECIPES[name].raw else INPUTS[:2]


def _is_filled(field, filled_up):
    """Where an event lacks a field, data models say "unknown"."""
    return '%s!="unknown"' % field if field in filled_up else "isnotnull(%s)" % field


def _search(splunkd, text):
    """The results of a search over the last day, and what splunkd warned of."""
    form = {
        "search": text,
        "exec_mode": "oneshot",
        "earliest_time": "-24h",
        "latest_time": "now",
        "max_time": str(_LONGEST_S),
        "count": str(_SHOWN),
    }
    reply = splunkd.post("search/jobs", **form)
    told = [str(message.get("text")) for message in reply.get("messages", []) if message.get("type") not in _QUIET]
    return reply.get("results", []), told


def _recipe(splunkd, name):
    recipe = RECIPES[name]
    return {
        "name": name,
        "title": recipe.title,
        "data_model": recipe.data_model,
        "raw": recipe.raw,
        "input": _choice(splunkd, "aiscore_" + name, INPUTS),
        "source": _macro(splunkd, "aiscore_%s_source" % name),
        "own": _watched(splunkd, name),
    }


def _watched(splunkd, name):
    """Whom the recipe watches; empty for a definition of one's own, None where it does not ask."""
    entity = RECIPES[name].watched
    return (setup_watched.read(_macro(splunkd, "aiscore_%s_own" % name), entity) or "") if entity else None


def _choice(splunkd, macro, choices):
    """Which of the app's definitions a macro names; "custom" when it has become something else."""
    text = _macro(splunkd, macro)
    return next((choice for choice in choices if text == "`%s_%s`" % (macro, choice)), CUSTOM)


def _macro(splunkd, name):
    return str(splunkd.get("configs/conf-macros", name).get("definition") or "").strip()


def _write(splunkd, name, definition):
    splunkd.post("configs/conf-macros", name, definition=definition)


def _name(asked):
    name = str(asked.get("recipe"))
    if name not in RECIPES:
        raise Refused(400, "there is no such recipe", "use %s" % ", ".join(RECIPES), "recipe")
    return name
