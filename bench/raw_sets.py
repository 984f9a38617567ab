"""Raw events of public sets, found by what the files hold: CloudTrail records, Splunk's CSV exports, Windows logs."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

STRATUS = "stratus-red-team_"
"""How the client of a simulated attack begins: it would give the label away."""
LONGEST_FIELD = 1 << 27
TIMES = ("eventTime", "CreationTime", "eventTimestamp", "createdDateTime", "activityDateTime", "EventTime")
"""Where records of the known forms bear their time, in UTC."""


@dataclass(frozen=True)
class RawSet:
    """name: the folder it was found in. events: `_time` (epoch seconds, ascending), `_raw`, `label` (1: simulated
    attack, 0: not, null: nobody knows)."""

    name: str
    events: pl.DataFrame


def raw_sets(data: Path, only: str = "") -> list[RawSet]:
    """Every folder of the data that holds raw events, or one of them."""
    found = []
    for folder in sorted(path for path in data.iterdir() if path.is_dir() and only in ("", path.name)):
        rows = [row for path in sorted(folder.rglob("*")) if path.is_file() for row in _of_file(path)]
        if rows:
            schema = {"_time": pl.Float64, "_raw": pl.String, "label": pl.Int8}
            table = pl.DataFrame(rows, schema=schema, orient="row").sort("_time", maintain_order=True)
            found.append(RawSet(folder.name, table))
    return found


Row = tuple[float, str, int | None]


def _of_file(path: Path) -> Iterator[Row]:
    """The events of a file, or of every file of an archive."""
    if ".tar" in path.suffixes or path.suffix == ".tgz":
        with tarfile.open(path) as tar:
            for member in tar:
                if member.isfile() and (held := tar.extractfile(member)):
                    yield from _of_bytes(member.name, held.read)
    else:
        yield from _of_bytes(path.name, path.read_bytes)


def _of_bytes(name: str, read: Callable[[], bytes]) -> Iterator[Row]:
    name = name.lower()
    if name.endswith(".evtx"):
        yield from _windows(read())
    elif name.endswith((".json", ".json.gz")):
        yield from _json(_plain(name, read()))
    elif name.endswith((".csv", ".csv.gz")):
        yield from _export(_plain(name, read()))


def _plain(name: str, content: bytes) -> bytes:
    return gzip.decompress(content) if name.endswith(".gz") else content


def _json(content: bytes) -> Iterator[Row]:
    """Records that bear a time: in a file that CloudTrail delivers, {"Records": [...]}, in a list, or a line each. Only
    of CloudTrail's it is known which are attacks."""
    for record in _records(content):
        at = next((record[name] for name in TIMES if record.get(name)), None)
        if at is None:
            continue
        client = str(record.get("userAgent") or "")
        attack = client.startswith(STRATUS)
        if attack:
            record["userAgent"] = client.removeprefix(STRATUS)
        label = int(attack) if "eventTime" in record else None
        yield _epoch_s(at), json.dumps(record, separators=(",", ":")), label


def _records(content: bytes) -> Iterator[dict[str, Any]]:
    try:
        found = [json.loads(content)]
    except ValueError:
        found = [_line(line) for line in content.splitlines()]
    for one in found:
        records = one.get("Records", [one]) if isinstance(one, dict) else one
        yield from (record for record in records or () if isinstance(record, dict))


def _line(line: bytes) -> Any:
    """A line of JSON; of what is none nothing comes."""
    try:
        return json.loads(line)
    except ValueError:
        return None


def _export(content: bytes) -> Iterator[Row]:
    """Events that Splunk exported with their text."""
    text = io.StringIO(content.decode("utf-8"), newline="")
    if "_raw" not in (head := text.readline()) or "_time" not in head:
        return
    text.seek(0)
    csv.field_size_limit(LONGEST_FIELD)
    for row in csv.DictReader(text):
        yield _exported_s(row["_time"]), row["_raw"], None


def _windows(content: bytes) -> Iterator[Row]:
    """An event log file."""
    from evtx import PyEvtxParser  # Of the dev extra.

    with tempfile.NamedTemporaryFile(suffix=".evtx") as file:
        file.write(content)
        file.flush()
        for record in PyEvtxParser(file.name).records():
            # The time of the record itself is lost where a log was copied; that of the event is in its text.
            created = re.search(r'<TimeCreated SystemTime="([^"]+)"', record["data"])
            yield _epoch_s(created[1] if created else record["timestamp"]), record["data"], None


def _exported_s(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return _epoch_s(text)


def _epoch_s(text: Any) -> float:
    found = datetime.fromisoformat(str(text).removesuffix(" UTC"))
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
