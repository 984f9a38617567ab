"""`audit`: what the ledger holds, its head to keep elsewhere, and whether it is still what was written."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import polars as pl
from pydantic import Field

from sidecar.errors import CallerError, LedgerBroken
from sidecar.forgetting import FIRST, LAST
from sidecar.house import House, Reply
from sidecar.options import Options
from sidecar.store.base import Entry, Head

SHORT = 12
MOST_HEADS = 200
HEAD = re.compile(r"([1-9][0-9]{0,14}):([0-9a-f]{64})")


def read_heads(text: str) -> tuple[Head, ...]:
    """Heads as `| aiaudit action=head` gives them: NUMBER:HASH, commas between, or `none`."""
    if text.strip() == "none":
        return ()
    found = [HEAD.fullmatch(part) for part in text.replace(",", " ").split()]
    if not found or not all(found) or len(found) > MOST_HEADS:
        mend = f"give at most {MOST_HEADS} of NUMBER:HASH, commas between, or none"
        raise CallerError("that is no head of a ledger", code="bad_option", field="head", mend=mend)
    return tuple(Head(int(match[1]), match[2]) for match in found if match)


class AuditOptions(Options):
    """What to look at."""

    action: Literal["list", "head", "verify"] = Field("list", description="list, head or verify")
    head: str = Field("none", description="heads kept elsewhere, to verify: NUMBER:HASH, commas between, or none")
    after: int | None = Field(None, ge=0, le=10**15, description="list entries above this number, oldest first")
    most: int = Field(1000, ge=1, le=10_000, description="how many entries to list")
    kind: str | None = Field(None, description="list entries of this kind")
    model: str | None = Field(None, description="list entries about this model")


def run(table: pl.DataFrame, options: AuditOptions, house: House) -> Reply:
    """Rows about the ledger; `table` is not used, and nothing is written."""
    rows, columns = ACTIONS[options.action](options, house)
    return Reply(pl.DataFrame(rows, schema=columns, orient="row"))


def _list(options: AuditOptions, house: House) -> tuple[list[Any], Mapping[str, Any]]:
    entries = [entry for entry in house.ledger.entries(_first(options, house)) if _asked(entry, options)]
    # The newest, unless somebody reads on from a number.
    shown = entries[-options.most :] if options.after is None else entries[: options.most]
    return [_row(entry) for entry in shown], LIST_COLUMNS


def _first(options: AuditOptions, house: House) -> int:
    """The number above which to read; a ledger is not read whole for its last entries."""
    if options.after is not None:
        ends = house.ledger.ends()
        return min(options.after, ends[1].number if ends else 0)
    ends = None if options.kind or options.model else house.ledger.ends()
    return max(0, ends[1].number - options.most) if ends else 0


def _asked(entry: Entry, options: AuditOptions) -> bool:
    return options.kind in (None, entry.kind) and options.model in (None, entry.body.get("model"))


def _row(entry: Entry) -> tuple[Any, ...]:
    model = str(entry.body.get("model", ""))
    return entry.number, entry.at, entry.by, entry.kind, model, _words(entry), entry.hash[:SHORT]


def _words(entry: Entry) -> str:
    """What happened, in a line; never a secret's hash."""
    body = entry.body.items()
    facts = {name: _short(value) for name, value in body if name in TOLD and value not in UNTOLD}
    told = ", ".join(f"{TOLD[name]} {value}".strip() for name, value in facts.items())
    what = WHAT.get(entry.kind, entry.kind.replace("_", " "))
    return f"{what}: {told}" if told else what


def _short(value: Any) -> str:
    if isinstance(value, Mapping):  # learned days, by name
        return " to ".join(dict.fromkeys((min(value), max(value))))
    if isinstance(value, list):
        return " ".join(str(each) for each in value)
    text = " ".join(str(value).split())
    return text[:SHORT] if re.fullmatch(r"[0-9a-f]{64}", text) else text[:200]


def _head(options: AuditOptions, house: House) -> tuple[list[Any], Mapping[str, Any]]:
    ends = house.ledger.ends()
    rows = [(ends[1].number, ends[1].hash, ends[1].at, ends[0].hash[:SHORT])] if ends else []
    return rows, HEAD_COLUMNS


def _verify(options: AuditOptions, house: House) -> tuple[list[Any], Mapping[str, Any]]:
    heads = read_heads(options.head)
    # That the ledger is broken is the answer to the question, not a fault of whoever answers.
    try:
        count = house.ledger.verify(heads)
    except LedgerBroken as broken:
        return [("broken", None, len(heads), broken.entry, broken.fault, broken.told)], VERIFY_COLUMNS
    return [("holds", count, len(heads), None, "", "")], VERIFY_COLUMNS


WHAT = {
    "fit": "fitted",
    "learn": "learned",
    "learn_refused": "not learned: canaries went quiet",
    "forget": "an entity was forgotten",
    "promote": "put into service",
    "retire": "taken out of service",
    "rollback": "put back into service",
    "job": "a job was queued",
    "job_done": "a job was done",
    "job_failed": "a job failed",
    "token": "a token was made",  # nosec B105  # words for people
    "token_revoked": "a token was revoked",  # nosec B105  # words for people
    "secret_rotated": "the ticket secret was changed",  # nosec B105  # words for people
    "secret_forgotten": "the former ticket secret was ended",  # nosec B105  # words for people
}
TOLD = {
    "bundle": "version",
    "days": "days",
    "rows": "rows",
    "taught": "of which taught",
    "positives": "positives",
    "first": "from",
    "last": "to",
    "verb": "",
    "job": "job",
    "message": "",
    "id": "id",
    "name": "name",
    "scopes": "for",
    "former_until": "the former one valid until",
}
UNTOLD: tuple[Any, ...] = ("", [], {}, None, FIRST, LAST)
"""What says nothing, such as the ends of a range without ends."""
LIST_COLUMNS = {
    "number": pl.Int64,
    "at": pl.String,
    "by": pl.String,
    "kind": pl.String,
    "model": pl.String,
    "what": pl.String,
    "hash": pl.String,
}
HEAD_COLUMNS = {"number": pl.Int64, "hash": pl.String, "at": pl.String, "home": pl.String}
VERIFY_COLUMNS = {
    "state": pl.String,
    "entries": pl.Int64,
    "heads": pl.Int64,
    "entry": pl.Int64,
    "fault": pl.String,
    "told": pl.String,
}
ACTIONS: dict[str, Callable[[AuditOptions, House], tuple[Sequence[Any], Mapping[str, Any]]]] = {
    "list": _list,
    "head": _head,
    "verify": _verify,
}
