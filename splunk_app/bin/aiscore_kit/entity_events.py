"""The scored events behind a notable: it names an entity, and the summary index holds what earned its risk."""

import json
import math
import re

_KEY = re.compile(r"[0-9a-f]{32}")
# Only the key goes into the search, and it is a hash: no value can change it. JSON shows _time in words.
_SEARCH = (
    '| `aiscore_rows("*")` | `aiscore_entities` | where entity_key="%s" | dedup ai_event_id model '
    "| sort 0 _time | eval orig_time=_time | head %d"
)
_LONGEST_S = 60
_ORIGIN = ("orig_sid", "orig_rid", "search_name")


def is_entity(row):
    """Whether a result is about an entity and not about one event."""
    key = row.get("entity_key")
    return isinstance(key, str) and _KEY.fullmatch(key) is not None and not row.get("ai_event_id")


def behind(service, row, most):
    """The rows of its events, at most so many, oldest first."""
    earliest, latest = _window(row)
    reply = service.post(
        "search/jobs",
        owner="nobody",
        app="aiscore",
        sharing="app",
        search=_SEARCH % (row["entity_key"], most),
        exec_mode="oneshot",
        output_mode="json",
        earliest_time=earliest,
        latest_time=latest,
        max_time=_LONGEST_S,
        count=most,
    )
    found = json.loads(reply.body.read().decode("utf-8")).get("results", [])
    # A new event keeps where the notable came from, not where its own score did.
    return [dict(event, **{name: row.get(name, "") for name in _ORIGIN}) for event in found]


def _window(row):
    """When its events happened; a day where the result does not say."""
    try:
        first, last = float(row["ai_first"]), float(row["ai_last"])
    except (KeyError, TypeError, ValueError):
        return "-24h@h", "now"
    if not 0 <= first <= last < math.inf:
        return "-24h@h", "now"
    return "%d" % first, "%d" % (last + 1)
