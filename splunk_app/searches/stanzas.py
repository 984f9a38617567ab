"""Every stanza of savedsearches.conf, and how it is written."""

from __future__ import annotations

from splunk_app.searches.definitions import Definitions, SearchDefinition
from splunk_app.searches.rules import rules, schedule, throttle
from splunk_app.searches.threshold import threshold_keys

HEAD = """\
# Written by `python -m splunk_app.searches` from splunk_app/searches/searches.toml.
# All are off as they come: the setup page switches them on, and docs/rba.md says what each does.
"""


def stanzas(found: Definitions) -> dict[str, dict[str, str]]:
    """Name -> key -> value, in the order of the file."""
    written = {search.name: _keys(search) for search in found.searches}
    written |= dict(rules(found))
    written[found.threshold.name] = threshold_keys(found)
    return written


def _keys(search: SearchDefinition) -> dict[str, str]:
    keys = {"description": search.description, "search": search.search}
    keys |= schedule(search.cron_schedule, search.earliest, search.latest)
    if search.summary_index:
        keys |= {"action.summary_index": "1", "action.summary_index._name": search.summary_index}
    if search.alert:
        keys |= {"alert.track": "1", "alert.severity": str(search.severity)}
        keys |= (
            throttle(search.suppress_fields, search.suppress_period, digest=False)
            if search.suppress_fields
            else _any_row()
        )
    return keys


def _any_row() -> dict[str, str]:
    return {"counttype": "number of events", "relation": "greater than", "quantity": "0", "alert.digest_mode": "1"}


def conf_text(found: Definitions) -> str:
    """The file."""
    return HEAD + "".join(_stanza(name, keys) for name, keys in stanzas(found).items())


def _stanza(name: str, keys: dict[str, str]) -> str:
    lines = [f"\n[{name}]\n"]
    # Splunk goes on with the next line where one ends with a backslash.
    lines += [f"{key} = {value}\n".replace("\n", " \\\n", value.count("\n")) for key, value in keys.items()]
    return "".join(lines)
