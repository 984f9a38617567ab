"""Events that know themselves again: chunks, and the replies an honest sidecar makes to them.

Every cell of a reply's line that could differ between two events is derived from the event's key, so that what
stands on an event tells for which event it was made. Nothing of the command's own code is used here.
"""

import csv
import hashlib
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.splunk_app.scripted import FIELDS

PREFIX = "ai_"
MODELS = ("toy@aaaabbbbcccc/ddddeeeeffff", "toy@aaaabbbbcccc/eeeeffff0000", "other@000011112222/333344445555")
SEVERITIES = ("informational", "low", "medium", "high", "critical")
NOTES = ("", "cold_entity", "unsupervised_only,cold_entity", "missing_fields")


def header(prefix: str = PREFIX) -> list[str]:
    """The columns of a reply."""
    return ["ordinal", *(prefix + name for name in FIELDS)]


def line(key: str, model: str) -> list[str]:
    """What the model says of the event with this key, without the ordinal: every mark is the event's own."""
    mark = hashlib.sha256(key.encode()).hexdigest()
    number = int(mark[:8], 16)
    if number % 11 == 0:
        return ["", "", "", "", "", "", "", "", mark[:32], "unscored", "bad_features"]
    score = f"0.{number:012d}"
    threat = f"0.{number + 1:012d}" if number % 3 else ""
    reasons = f'user="{key}" seen, never {{0}} (+1.8)' if number % 7 else f'user={key} line\nend, "q"'
    scored = [score, SEVERITIES[number % 5], str(number % 100 + 1), f"0.{number + 2:012d}", threat, reasons]
    return [*scored, f"user:{number}", model, mark[:32], ("scored", "partial")[number % 2], NOTES[number % 4]]


@dataclass(frozen=True)
class Asked:
    """A chunk: the `keys` of its events in order, and the `model` that answers."""

    keys: Sequence[str]
    model: str
    body: bytes = field(repr=False)

    def table(self) -> list[list[str]]:
        """The honest reply, header first."""
        lines = [line(key, self.model) for key in self.keys]
        return [header(), *([str(at), *cells] for at, cells in enumerate(lines))]


def part(body: bytes, model: str) -> Asked:
    """What a request's body asks for: a chunk, or some of its events."""
    rows = list(csv.DictReader(io.StringIO(body.decode(), newline="")))
    return Asked([row["key"] for row in rows], model, body)


def asked(chance: random.Random, first: int, count: int, model: str) -> Asked:
    """A chunk of `count` events that no other chunk has; sometimes with outputs of an earlier command in it."""
    keys = [f"k{number}" for number in range(first, first + count)]
    came_in = chance.random() < 0.15
    names = ["key", "user", *(["ai_score", "ai_note"] if came_in else []), "_raw"]
    rows = []
    for key in keys:
        raw = chance.choice((f"raw of {key}", f'two\nlines, "{key}"', f"grün {key}\r\nx", ""))
        rows.append([key, chance.choice(("ann", "bob", "")), *(["0.9", "old"] if came_in else []), raw])
    return Asked(keys, model, to_csv([names, *rows], chance.choice(("\n", "\n", "\r\n"))))


def to_csv(rows: Sequence[Sequence[str]], end: str = "\n") -> bytes:
    """Rows as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows(rows)
    return out.getvalue().encode()
