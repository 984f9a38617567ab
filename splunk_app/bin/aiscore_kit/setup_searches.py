"""The app's own saved searches: listed by recipe, switched on and off."""

import re

from aiscore_kit.setup_recipes import RECIPES
from aiscore_kit.setup_splunkd import Refused

_WHERE = "saved/searches"


def read(splunkd):
    """Name, recipe ("" for what serves all), on or off, and when it runs."""
    found = [entry for entry in splunkd.entries(_WHERE) if entry["acl"]["app"] == "aiscore"]
    return {"searches": [_described(entry) for entry in sorted(found, key=lambda entry: entry["name"])]}


def switch(splunkd, asked):
    """Switch these searches on or off: all are named by the app, and what fails is told for each."""
    names, on = asked.get("names"), asked.get("enabled")
    if not isinstance(names, list) or not names or on not in (True, False):
        raise Refused(400, "names or enabled is missing", "send names=[...] and enabled=true or false", "names")
    ours = {search["name"] for search in read(splunkd)["searches"]}
    strange = [str(name) for name in names if str(name) not in ours]
    if strange:
        raise Refused(400, "no search of this app: %s" % strange[0][:100], "reload the page", "names")
    failed = []
    for name in map(str, names):
        try:
            splunkd.post(_WHERE, name, "enable" if on else "disable")
        except Refused as refused:
            failed.append({"name": name, "detail": refused.detail, "mend": refused.mend})
    return dict(read(splunkd), failed=failed)


def _described(entry):
    content = entry["content"]
    return {
        "name": entry["name"],
        "recipe": recipe_of(str(content.get("search") or "")),
        "enabled": not _is_true(content.get("disabled")),
        "scheduled": _is_true(content.get("is_scheduled")),
        "cron": str(content.get("cron_schedule") or ""),
    }


def recipe_of(text):
    """The one recipe that a search speaks of, or "".

    >>> recipe_of('| `aiscore_rows(alerts)` | `aiscore_band(alerts)`'), recipe_of('| `aiscore_rows(*)`')
    ('alerts', '')
    """
    named = {recipe for recipe in RECIPES if re.search(r"(?<![A-Za-z])%s(?![A-Za-z])" % recipe, text)}
    return named.pop() if len(named) == 1 else ""


def _is_true(value):
    return str(value).lower() in ("1", "true")
