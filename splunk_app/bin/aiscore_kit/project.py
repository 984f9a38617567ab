"""The part of a chunk that fitting needs: fewer columns, and none that only Splunk's machinery uses."""

import csv
import io
from operator import itemgetter

# Fields Splunk adds to events that say nothing about what happened; a leading underscore marks the rest of them.
HOUSEKEEPING = frozenset(("linecount", "punct", "splunk_server", "splunk_server_group", "timeendpos", "timestartpos"))


def columns(names, wanted, kept, output_names):
    """Places of the columns to send: the `wanted` fields, or (None) every field of the events themselves
    and the `kept` ones of Splunk's own.

    >>> columns(["_time", "_raw", "user", "punct", "ai_score"], None, ("_time",), ("ai_score",))
    [0, 2]
    """
    found = {}
    for at, name in enumerate(names):
        base = name[5:] if name.startswith("__mv_") else name
        if wanted is not None:
            keep = base in wanted
        else:
            keep = base in kept or not (
                base.startswith(("_", "date_", "orig_ai_")) or base in HOUSEKEEPING or base in output_names
            )
        if keep:
            found.setdefault(name, at)
    return sorted(found.values())


def project(body, places):
    """The csv `body` with the columns at `places` alone. Short rows are filled up, unreadable bytes replaced."""
    csv.field_size_limit(1 << 30)
    text = body.decode("utf-8", "replace").replace("\0", "\ufffd")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    pick = itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)
    width = max(places) + 1
    for row in csv.reader(io.StringIO(text, newline="")):
        if len(row) < width:
            row += [""] * (width - len(row))
        writer.writerow(pick(row))
    return out.getvalue().encode("utf-8")
