"""The fields the command adds to every row, and the rows that have no score."""

import hashlib

from aiscore_kit import cells, wire

SUFFIXES = (
    "score",
    "severity",
    "risk",
    "anomaly",
    "threat",
    "reasons",
    "contributions",
    "model",
    "event_id",
    "status",
    "note",
)
STATUS = SUFFIXES.index("status")
NOTE = SUFFIXES.index("note")


def names(prefix="ai_"):
    """The output fields, always all of them, always in this order.

    >>> names()[0], names("net_")[-1]
    ('ai_score', 'net_note')
    """
    return tuple(prefix + suffix for suffix in SUFFIXES)


def unscored(rows, note, id_fields):
    """One line of output columns a row (bytes), all empty but event id, status and note.

    `id_fields` (None: unknown, the event id stays empty) are the model's event-id fields in order.
    """
    end = b",unscored," + note.encode("ascii")
    blank = b"," * (len(SUFFIXES) - 3)
    if id_fields is None:
        return [blank + end] * len(rows)
    return [blank + event_id.encode("ascii") + end for event_id in event_ids(rows, id_fields)]


def event_ids(rows, id_fields):
    """The event id of each row: 32 hex digits of a hash over its id fields, the same the sidecar gives."""
    places = [rows.raw_names.index(name.encode("utf-8")) if name in rows.names else None for name in id_fields]
    heads = [b"\x1f" + name.encode("utf-8") + b"=" for name in id_fields]
    for record in rows.records:
        found = cells.split(record)
        width = len(found)
        digest = hashlib.sha256(b"1")
        for head, place in zip(heads, places):
            digest.update(head)
            if place is not None and place < width:
                digest.update(wire.sent(cells.value(found[place])))
        yield digest.hexdigest()[:32]
