"""Holding what left the command against what went in and what the sidecar really said, byte for byte."""

import csv
import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tests.reliability.faults import events, lines
from tests.reliability.faults.events import Chunk
from tests.reliability.faults.proxy import Asked

_OUTPUTS = (
    b",ai_score,ai_severity,ai_risk,ai_anomaly,ai_threat,ai_reasons,ai_contributions"
    b",ai_model,ai_event_id,ai_status,ai_note"
)
HEADER = events.HEADER + _OUTPUTS
_BLANK = b"," * 8


@dataclass(frozen=True)
class Seen:
    """A chunk's rows as they left: `note` is empty when they were scored."""

    scored: int = 0
    note: str = ""
    lost: int = 0
    mislabelled: int = 0
    wrong: tuple[str, ...] = ()


def judge(chunk: Chunk, body: bytes, asked: Iterable[Asked], notes: Collection[str]) -> Seen:
    """Every row once, in order, with its bytes; all scored with the sidecar's own lines, or all labelled alike.

    `asked` are the requests for this chunk; `notes` the words that may stand on rows without a score.
    """
    genuine = suffixes(asked)
    if genuine and body == _joined(chunk, genuine):
        strange = _strange(chunk, genuine)
        return Seen(scored=len(chunk), mislabelled=len(strange), wrong=tuple(strange[:2]))
    note = body[-64:].rstrip(b"\n").rpartition(b",")[2].decode("latin-1")
    for event_ids in (chunk.event_ids, [b""] * len(chunk)):
        if body == _joined(chunk, [_BLANK + event_id + b",unscored," + note.encode() for event_id in event_ids]):
            if note in notes:
                return Seen(note=note)
            return Seen(note=note, mislabelled=len(chunk), wrong=(f"the rows are labelled {note!r}",))
    return _found(chunk, body, genuine)


def suffixes(asked: Iterable[Asked]) -> list[bytes]:
    """The output columns of each row as the sidecar made them for this chunk, in all its parts."""
    parts = {request.body: request.reply.body for request in asked if request.reply and request.scores}
    return [line.partition(b",")[2] for body in parts.values() for line in lines.cut(body)[1:]]


def _joined(chunk: Chunk, suffixes: list[bytes]) -> bytes:
    if len(suffixes) != len(chunk):
        return b""
    rows = [record + b"," + suffix for record, suffix in zip(chunk.records, suffixes, strict=True)]
    return b"\n".join([HEADER, *rows, b""])


def _strange(chunk: Chunk, genuine: list[bytes]) -> list[str]:
    """Lines that the sidecar made for another event than theirs, as the event id tells."""
    pairs = zip(chunk.event_ids, genuine, strict=True)
    return [f"row {at} has the score of another event" for at, (own, line) in enumerate(pairs) if own not in line]


def _found(chunk: Chunk, body: bytes, genuine: list[bytes]) -> Seen:
    """What is wrong, row by row; slow."""
    header, *rows = lines.cut(body) or [b""]
    wrong = [] if header == HEADER else [f"the header is {header[:300]!r}"]
    kept = [row.startswith(record + b",") for row, record in zip(rows, chunk.records, strict=False)]
    lost = len(chunk) - sum(kept)
    if len(rows) != len(chunk):
        wrong.append(f"{len(rows)} rows came back for {len(chunk)}")
    elif lost:
        at = kept.index(False)
        wrong.append(f"row {at} was {chunk.records[at][:200]!r} and is {rows[at][:200]!r}")
    bad = 0
    for at, (row, record) in enumerate(zip(rows, chunk.records, strict=False)):
        if kept[at] and row[len(record) + 1 :] != (genuine[at] if at < len(genuine) else None):
            bad += 1
            wrong += [f"row {at} says {row[len(record) + 1 :][:200]!r}"] if bad == 1 else []
    return Seen(lost=lost, mislabelled=bad, wrong=tuple(wrong) or ("the reply has bytes that belong to no row",))


def table(body: bytes) -> list[dict[str, str]]:
    """A small body as dicts."""
    return list(csv.DictReader(io.StringIO(body.decode("utf-8", "surrogateescape"), newline="")))
